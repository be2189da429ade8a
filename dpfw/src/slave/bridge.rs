//! [`Bridge`]: carries a link between a connection and the socket pair whose other end an evaluator polls.
//!
//! Evaluators poll sockets of the operating system. TLS ends here, so that neither they nor child processes need its keys.

use std::io;

#[cfg(all(feature = "tls", unix))]
pub(super) use self::tls::Bridge;
use super::stream::Stream;
use crate::transport::Secured;

/// The socket for the evaluator, and the bridge to it, if the connection is not the socket itself.
pub(super) fn lead(secured: Secured) -> io::Result<(Stream, Option<Bridge>)> {
    match secured {
        Secured::Plain(stream) => Ok((Stream::tcp(stream.into_std()?)?, None)),
        #[cfg(all(feature = "tls", unix))]
        Secured::Tls(stream) => Bridge::to(stream).map(|(stream, bridge)| (stream, Some(bridge))),
        #[cfg(all(feature = "tls", not(unix)))]
        Secured::Tls(_) => Err(io::Error::new(io::ErrorKind::Unsupported, "slaves under TLS need Unix")),
    }
}

/// There are none.
#[cfg(not(all(feature = "tls", unix)))]
#[derive(Debug)]
pub(super) enum Bridge {}

#[cfg(not(all(feature = "tls", unix)))]
impl Bridge {
    pub(super) async fn carry(self, _ended: tokio::sync::oneshot::Receiver<crate::LinkError>) -> crate::LinkError {
        match self {}
    }
}

#[cfg(all(feature = "tls", unix))]
mod tls {
    use std::{
        io,
        pin::Pin,
        task::{Context, Poll, ready},
        time::Duration,
    };

    use tokio::{
        io::{AsyncRead, AsyncWrite, ReadBuf},
        net::{TcpStream, UnixStream},
        sync::oneshot,
    };
    use tokio_rustls::TlsStream;

    use super::Stream;
    use crate::link::LinkError;

    /// Room for each direction.
    const BUFFER_BYTES: usize = 64 * 1024;
    /// How long the last words of a link may take to the peer, an answer among them.
    const LAST_WORDS_MAX: Duration = Duration::from_secs(2);

    /// Two ends between which bytes are carried.
    #[derive(Debug)]
    pub(in crate::slave) struct Bridge {
        outer: Outer,
        inner: UnixStream,
    }

    /// The connection, of which nothing is read any more once this side has said its last word.
    ///
    /// What comes then is of no use to anybody. It is taken off the socket, so that the last words are not lost by a reset,
    /// but it is not deciphered: where it is wrong rustls would answer with an alert, and in debug builds it panics at one
    /// after its last word.
    #[derive(Debug)]
    struct Outer {
        stream: Box<TlsStream<TcpStream>>,
        is_shut: bool,
    }

    impl Bridge {
        /// A bridge from a connection to a new socket for an evaluator.
        pub(super) fn to(outer: Box<TlsStream<TcpStream>>) -> io::Result<(Stream, Self)> {
            let (inner, socket) = UnixStream::pair()?;
            let outer = Outer { stream: outer, is_shut: false };
            Ok((Stream::unix(socket.into_std()?)?, Self { outer, inner }))
        }

        /// Carries until the link has ended, and says why it did. `ended` is told by the evaluator.
        pub(in crate::slave) async fn carry(mut self, mut ended: oneshot::Receiver<LinkError>) -> LinkError {
            let copied = {
                let copy = tokio::io::copy_bidirectional_with_sizes(
                    &mut self.outer,
                    &mut self.inner,
                    BUFFER_BYTES,
                    BUFFER_BYTES,
                );
                tokio::pin!(copy);
                tokio::select! {
                    copied = &mut copy => copied,
                    why = &mut ended => {
                        // A peer that does not read holds nothing here for ever, and one that has gone needs no words.
                        let _ = tokio::time::timeout(LAST_WORDS_MAX, copy).await;
                        return why.unwrap_or(LinkError::Shutdown);
                    }
                }
            };
            // The evaluator sees the end now, if it did not bring it about.
            drop(self);
            let why = ended.await.unwrap_or(LinkError::Shutdown);
            match copied.map_err(LinkError::from) {
                // The evaluator has only seen the connection end.
                Err(refused @ LinkError::Refused { .. }) => refused,
                _ => why,
            }
        }
    }

    impl AsyncRead for Outer {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            if !self.is_shut {
                return Pin::new(&mut self.stream).poll_read(cx, buffer);
            }
            let mut scrap = [0; 1024];
            loop {
                let mut scrap = ReadBuf::new(&mut scrap);
                ready!(Pin::new(&mut *self.stream.get_mut().0).poll_read(cx, &mut scrap))?;
                if scrap.filled().is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    impl AsyncWrite for Outer {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.stream).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.is_shut = true;
            Pin::new(&mut self.stream).poll_shutdown(cx)
        }
    }
}
