//! Connections of TCP for links, dialled and accepted: in clear, or under TLS.

pub(crate) mod address;
#[cfg(feature = "tls")]
mod handshakes;
mod strangers;

#[cfg(feature = "tls")]
use std::sync::Arc;
use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

#[cfg(feature = "tls")]
use self::handshakes::Handshakes;
pub(crate) use self::strangers::{STRANGERS_MAX, Strangers};
#[cfg(feature = "tls")]
use crate::security::Tls;
use crate::{
    security::{Security, TlsError},
    wire::Role,
};

/// How long to wait after an accept failed, as it does when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A connection whose peer has proved itself as far as TLS goes, where it is asked for.
#[derive(Debug)]
pub(crate) enum Secured {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::TlsStream<TcpStream>>),
}

/// How one side secures its connections.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    #[cfg(feature = "tls")]
    tls: Option<Arc<Tls>>,
    #[cfg(feature = "tls")]
    handshake_max: Duration,
}

impl Transport {
    /// What `security` asks for, of a side in `role`; a peer has so much time to shake hands.
    #[cfg_attr(not(feature = "tls"), expect(unused_variables, reason = "all connections are in clear"))]
    pub(crate) fn new(security: Option<&Security>, role: Role, handshake_max: Duration) -> Result<Self, TlsError> {
        #[cfg(feature = "tls")]
        let tls = match security {
            Some(Security::Tls(dir) | Security::TlsAndToken { dir, .. }) => Some(Arc::new(Tls::load(dir, role)?)),
            _ => None,
        };
        Ok(Self {
            #[cfg(feature = "tls")]
            tls,
            #[cfg(feature = "tls")]
            handshake_max,
        })
    }

    /// Secures a connection that was dialled.
    pub(crate) async fn secure(&self, stream: TcpStream) -> Result<Secured, TlsError> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Ok(Secured::Tls(Box::new(tls.connect(stream, self.handshake_max).await?)));
        }
        Ok(Secured::Plain(stream))
    }
}

/// What is said of those who could not be taken in, once in a while: strangers can make it happen as often as they like.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    last: Option<Instant>,
    unsaid: u64,
}

const COMPLAINT_EVERY: Duration = Duration::from_secs(1);

impl Complaints {
    pub(crate) fn say(&mut self, err: &io::Error, what: &str) {
        if self.last.is_some_and(|last| last.elapsed() < COMPLAINT_EVERY) {
            self.unsaid += 1;
            return;
        }
        self.last = Some(Instant::now());
        let before = std::mem::take(&mut self.unsaid);
        tracing::warn!(%err, unsaid_before = before, "{what}");
    }
}

/// Where peers dial in.
#[derive(Debug)]
pub(crate) struct Entrance {
    listener: TcpListener,
    complaints: Complaints,
    #[cfg(feature = "tls")]
    transport: Transport,
    #[cfg(feature = "tls")]
    handshakes: Handshakes,
}

impl Entrance {
    #[cfg_attr(not(feature = "tls"), expect(unused_variables, reason = "all connections are in clear"))]
    pub(crate) fn new(listener: TcpListener, transport: &Transport) -> Self {
        Self {
            listener,
            complaints: Complaints::default(),
            #[cfg(feature = "tls")]
            transport: transport.clone(),
            #[cfg(feature = "tls")]
            handshakes: Handshakes::default(),
        }
    }

    /// The next peer who came in. Those who are still at the door hold up nobody.
    ///
    /// If the future is dropped no peer is lost.
    pub(crate) async fn next(&mut self) -> (Secured, SocketAddr) {
        loop {
            #[cfg(feature = "tls")]
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                (stream, peer) = self.handshakes.next() => return (Secured::Tls(stream), peer),
            };
            #[cfg(not(feature = "tls"))]
            let accepted = self.listener.accept().await;
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(err) => {
                    self.complaints.say(&err, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            if let Err(err) = prepare(&stream) {
                tracing::debug!(%err, %peer, "a peer went away at once");
                continue;
            }
            #[cfg(feature = "tls")]
            if let Some(tls) = &self.transport.tls {
                self.handshakes.begin(Arc::clone(tls), stream, peer, self.transport.handshake_max);
                continue;
            }
            return (Secured::Plain(stream), peer);
        }
    }
}

/// Bytes that the system keeps of a connection before it sends them. Left alone it takes megabytes of what is said to a peer
/// that does not read, and a slave works for all its masters until that much is there.
#[cfg(target_os = "linux")]
const UNSENT_MAX: u32 = 128 * 1024;

/// Sets what all connections have set.
pub(crate) fn prepare<'s>(socket: impl Into<SockRef<'s>>) -> io::Result<()> {
    let socket = socket.into();
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(UNSENT_MAX)?;
    // A task is one small write that somebody waits for, and so is its answer.
    socket.set_tcp_nodelay(true)
}
