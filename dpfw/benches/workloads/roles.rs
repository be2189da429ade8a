//! What this program does as a child process: a slave, several slaves, or the server of a bare loop.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use dpfw::Slave;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{Outcome, bare, compute, peer};

pub(crate) fn play(role: &[&str]) -> Outcome<()> {
    peer::end_with_parent();
    match role {
        ["slave"] => current_thread()?.block_on(slave()),
        ["slaves", count, master] => current_thread()?.block_on(slaves(count.parse()?, master.parse()?)),
        ["fib"] => current_thread()?.block_on(compute::serve()),
        ["ping-std"] => bare::serve_std(),
        ["bare", how] => current_thread()?.block_on(bare::serve(how.parse()?)),
        other => Err(format!("unknown role {other:?}").into()),
    }
}

pub(crate) fn current_thread() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Listens, and tells the parent where.
pub(crate) async fn listen() -> Outcome<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_address(listener.local_addr()?)?;
    Ok(listener)
}

pub(crate) fn say_address(address: SocketAddr) -> io::Result<()> {
    println!("{address}");
    io::stdout().flush()
}

async fn slave() -> Outcome<()> {
    Ok(Slave::new().serve_listener(listen().await?).await?)
}

async fn slaves(count: usize, master: SocketAddr) -> Outcome<()> {
    let slaves: Vec<Slave> = (0..count).map(|_| Slave::new()).collect();
    futures::future::try_join_all(slaves.iter().map(|slave| slave.connect(master))).await?;
    Ok(())
}
