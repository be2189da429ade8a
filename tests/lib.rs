//! What tests of several processes share.

pub mod script;
#[cfg(target_os = "linux")]
pub mod system;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

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
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its first line");
        line.truncate(line.trim_end().len());
        Self { child, line }
    }

    /// The number by which the system knows it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The first line that it printed: a slave prints its address.
    pub fn line(&self) -> &str {
        &self.line
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
