//! A supervised slave with tight limits, for `hostile.rs`. Listens on a free port, says where, and ends with its parent.

use std::{io::Write, time::Duration};

use dpfw::{Limits, Slave};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    dpfw::child_main();
    let limits = Limits {
        memory_bytes: Some(64 << 20),
        cpu_time: Some(Duration::from_secs(20)),
        output_bytes: Some(64 << 20),
        result_bytes: 16 << 20,
        table_entries: 20_000,
        ..Limits::default()
    };
    let slave = Slave::builder().limits(limits).supervised(1).build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    // The children come by here as well.
    if std::env::var_os("DPFW_CHILD").is_none() {
        println!("{}", listener.local_addr()?);
        std::io::stdout().flush()?;
    }
    if std::env::var_os("DPFW_CHILD").is_none() {
        std::thread::spawn(|| {
            // The parent holds the other end and writes nothing.
            std::io::stdin().lines().for_each(drop);
            std::process::exit(0);
        });
    }
    Ok(slave.serve_listener(listener).await?)
}
