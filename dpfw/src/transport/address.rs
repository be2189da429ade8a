//! Addresses: looked up, dialled and listened on, with the address in what goes wrong.

use std::{fmt, io, net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs, lookup_host};

/// The addresses that `addr` stands for.
pub(crate) async fn resolve(addr: impl ToSocketAddrs) -> io::Result<Vec<SocketAddr>> {
    match lookup_host(addr).await {
        Ok(addrs) => Ok(addrs.collect()),
        Err(err) if err.kind() == io::ErrorKind::InvalidInput => {
            Err(explained(&err, "an address is HOST:PORT, such as 127.0.0.1:10000"))
        }
        Err(err) => Err(explained(&err, "cannot look the address up")),
    }
}

/// How long it may take until somebody answers who is dialled.
pub(crate) const DIAL_MAX: Duration = Duration::from_secs(10);

/// Connects to the first of `addrs` that answers; `None` if none does in time. Each has its share of that.
pub(crate) async fn dial(addrs: &[SocketAddr]) -> io::Result<Option<TcpStream>> {
    let share = DIAL_MAX / u32::try_from(addrs.len()).unwrap_or(u32::MAX).max(1);
    let mut refused = None;
    for addr in addrs {
        match tokio::time::timeout(share, TcpStream::connect(addr)).await {
            Ok(Ok(stream)) => return Ok(Some(stream)),
            Ok(Err(err)) => refused = Some(err),
            Err(_) => {}
        }
    }
    match refused {
        Some(err) => Err(explained(&err, format_args!("cannot connect to {}", Listed(addrs)))),
        None if addrs.is_empty() => Err(io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address")),
        None => Ok(None),
    }
}

/// Says that nobody answered who was dialled.
#[cfg(feature = "slave")]
pub(crate) fn no_answer(addrs: &[SocketAddr]) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer from {} within {DIAL_MAX:?}", Listed(addrs)))
}

/// Listens on the first of `addrs` that can be had.
pub(crate) async fn listen(addrs: &[SocketAddr]) -> io::Result<TcpListener> {
    let bound = TcpListener::bind(addrs).await;
    bound.map_err(|err| explained(&err, format_args!("cannot listen on {}", Listed(addrs))))
}

fn explained(err: &io::Error, what: impl fmt::Display) -> io::Error {
    io::Error::new(err.kind(), format!("{what}: {err}"))
}

struct Listed<'a>(&'a [SocketAddr]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, addr) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { " or " };
            write!(f, "{separator}{addr}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_goes_wrong_names_the_address() {
        let taken = listen(&resolve("127.0.0.1:0").await.unwrap()).await.unwrap();
        let addr = taken.local_addr().unwrap();
        let err = listen(&[addr]).await.unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::AddrInUse);
        assert!(err.to_string().starts_with(&format!("cannot listen on {addr}: ")), "{err}");
        drop(taken);
        let err = dial(&[addr]).await.unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::ConnectionRefused);
        assert!(err.to_string().starts_with(&format!("cannot connect to {addr}: ")), "{err}");
        let err = resolve("127.0.0.1").await.unwrap_err();
        assert!(err.to_string().starts_with("an address is HOST:PORT, such as 127.0.0.1:10000: "), "{err}");
    }
}
