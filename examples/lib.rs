//! What the examples share: slaves in processes of their own, and an end to everything.
//!
//! An example starts itself again with a role as its argument; the new process prints the address on which it listens.

use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{self, Child, Command, Stdio},
    thread,
    time::Duration,
};

use dpfw::Slave;
use tokio::{net::TcpListener, sync::oneshot};

/// What the examples return.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How long an example may take. None needs more than a few seconds.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Ends this program with an error after a minute, whatever it does then: a hang becomes a failure.
pub fn limit_time() {
    thread::spawn(|| {
        thread::sleep(TIME_MAX);
        eprintln!("not done after {TIME_MAX:?}");
        process::exit(1);
    });
}

/// This program once more, as a process in another role. It ends with the value, and with this process however that ends.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts this program with `arguments`, and waits until it says where it listens.
    ///
    /// # Errors
    ///
    /// If it cannot be started or does not say so.
    pub fn start(arguments: &[&str]) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            // Nothing is written there: the child reads its end when this process is gone.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("a child without output")?;
        // From here on the child ends with this value, also if what follows fails.
        let mut process = Self { child, address: ([0, 0, 0, 0], 0).into() };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        process.address = line.trim().parse()?;
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves `slave` on a free port of this machine, which it tells the program that started this one, until that ends.
///
/// # Errors
///
/// If the slave cannot serve.
pub async fn serve(slave: Slave) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    // Not `println!`, which panics if the other program is gone already.
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    tokio::select! {
        served = slave.serve_listener(listener) => Ok(served?),
        () = parent_is_gone() => Ok(()),
    }
}

/// Waits for the end of the program that started this one, whose end of the pipe closes then.
async fn parent_is_gone() {
    let (gone, waiting) = oneshot::channel::<()>();
    // A thread of tokio's would hold the end of this process up.
    thread::spawn(move || {
        let _gone = gone;
        std::io::stdin().lines().count()
    });
    let _ = waiting.await;
}
