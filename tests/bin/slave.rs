//! A slave process for the tests: listens on the port given, or a free one, under TLS if a directory of keys is given as
//! well, says where, and ends with its parent.

use std::io::Write;

use dpfw::{Security, Slave};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let slave = match std::env::args().nth(2) {
        Some(keys) => Slave::builder().security(Security::tls(keys)).build(),
        None => Slave::new(),
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    std::thread::spawn(|| {
        // The parent holds the other end and writes nothing.
        std::io::stdin().lines().for_each(drop);
        std::process::exit(0);
    });
    Ok(slave.serve_listener(listener).await?)
}
