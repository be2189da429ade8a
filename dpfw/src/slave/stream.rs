//! The sockets that an evaluator serves.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
};

use mio::{Interest, Registry, Token};

use crate::transport;

/// A socket that does not block.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(mio::net::TcpStream),
    #[cfg(unix)]
    Unix(mio::net::UnixStream),
}

impl Stream {
    /// # Errors
    /// If the socket cannot be set not to block.
    pub(super) fn tcp(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        transport::prepare(&stream)?;
        Ok(Self::Tcp(mio::net::TcpStream::from_std(stream)))
    }

    /// # Errors
    /// If the socket cannot be set not to block.
    #[cfg(unix)]
    pub(super) fn unix(stream: std::os::unix::net::UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self::Unix(mio::net::UnixStream::from_std(stream)))
    }

    /// The socket alone, and whether it is a Unix socket.
    #[cfg(unix)]
    pub(super) fn into_fd(self) -> (std::os::fd::OwnedFd, bool) {
        match self {
            Self::Tcp(stream) => (stream.into(), false),
            Self::Unix(stream) => (stream.into(), true),
        }
    }

    /// The other way round, for a socket that was a `Stream` before.
    #[cfg(unix)]
    pub(super) fn from_fd(socket: std::os::fd::OwnedFd, is_unix: bool) -> Self {
        if is_unix { Self::Unix(socket.into()) } else { Self::Tcp(socket.into()) }
    }

    /// The peer, for people.
    pub(super) fn peer(&self) -> String {
        match self {
            Self::Tcp(stream) => stream.peer_addr().map_or_else(|_| "unknown".to_owned(), |addr| addr.to_string()),
            #[cfg(unix)]
            Self::Unix(_) => "local".to_owned(),
        }
    }

    /// Ends this side of the connection, whoever else holds the socket.
    pub(super) fn shutdown(&self) {
        // The peer may have ended it before.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        match self {
            Self::Tcp(stream) => registry.register(stream, token, both),
            #[cfg(unix)]
            Self::Unix(stream) => registry.register(stream, token, both),
        }
    }

    pub(super) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => registry.deregister(stream),
            #[cfg(unix)]
            Self::Unix(stream) => registry.deregister(stream),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buf),
            #[cfg(unix)]
            Self::Unix(stream) => stream.read(buf),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buf),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write(buf),
        }
    }

    fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write_vectored(bufs),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write_vectored(bufs),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
