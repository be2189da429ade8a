//! What the examples share: slaves in processes of their own.
//!
//! An example starts itself again with a role as its argument; the new process prints the address on which it listens.

use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use dpfw::Slave;
use tokio::net::TcpListener;

/// What the examples return.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// This program once more, as a process in another role. It ends with the value.
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
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("a child without output")?).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Listens on a free port of this machine, and says so to the program that started this one.
///
/// # Errors
///
/// If there is no free port.
pub async fn listen() -> Outcome<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    Ok(listener)
}

/// Serves `slave` until the program that started this one ends, however it does: its end of the pipe closes then.
///
/// # Errors
///
/// If the slave cannot serve.
pub async fn serve(slave: Slave) -> Outcome {
    let listener = listen().await?;
    tokio::select! {
        served = slave.serve_listener(listener) => Ok(served?),
        () = parent_is_gone() => Ok(()),
    }
}

/// Waits for the end of the program that started this one.
pub async fn parent_is_gone() {
    // Nobody writes there: the read ends with the parent.
    let watch = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
    let _ = watch.await;
}
