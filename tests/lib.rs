//! What tests of several processes share.

pub mod script;
#[cfg(target_os = "linux")]
pub mod system;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use dpfw::LinkConfig;

/// Links on which silence is noticed within two seconds, and not where the machine is slow.
pub fn short_silence() -> LinkConfig {
    let mut link = LinkConfig::default();
    link.heartbeat = Duration::from_millis(500);
    link.silence_max = Duration::from_secs(2);
    link
}

/// A process of a test; it is killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    line: String,
}

impl Process {
    /// Starts `program` and waits for the first line that it prints.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        Self::spawn(Command::new(program).args(arguments))
    }

    /// Starts what `command` says and waits for the first line that it prints.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn spawn(command: &mut Command) -> Self {
        let mut process = Self::launch(command);
        let stdout = process.child.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut process.line).expect("its first line");
        process.line.truncate(process.line.trim_end().len());
        process
    }

    /// Starts what `command` says and waits for nothing.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn launch(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self { child: command.spawn().expect("a process"), line: String::new() }
    }

    /// The number by which the system knows it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The first line that it printed: a slave prints its address.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// How it ended, if it did, by itself or otherwise.
    ///
    /// # Panics
    ///
    /// If the system does not know.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child's state")
    }

    /// Kills it and waits for its end.
    ///
    /// # Panics
    ///
    /// If it was waited for before.
    pub fn kill(&mut self) {
        self.child.kill().expect("a running process");
        self.child.wait().expect("its end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be stopped, or have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
