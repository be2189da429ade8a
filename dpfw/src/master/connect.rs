//! Dialling slaves, and driving links whoever dialled.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, ToSocketAddrs},
    sync::oneshot,
};

use super::{Master, Shared, SlaveId, shared::Source, slave_link::SlaveLink};
use crate::{
    link::{Event, LinkError},
    retry::Backoff,
    security::{self, SecurityError},
};

/// Why a master could not connect or listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The connection could not be made.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The address is not covered by the security chosen.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// The other end did not become a slave's link.
    #[error("no link was made")]
    Link(#[from] LinkError),
    /// Nothing answered in time.
    #[error("no answer within {limit:?}")]
    Timeout {
        /// How long was waited.
        limit: Duration,
    },
}

/// How long one attempt to connect may take.
const DIAL_MAX: Duration = Duration::from_secs(10);

impl Master {
    /// Connects to the slave that listens on `addr`, and returns when it can be given tasks. If the link breaks later,
    /// the master dials again, less and less often, until it is shut down; the slave that answers then is a new one.
    ///
    /// # Errors
    ///
    /// If the first attempt fails, or the address is off loopback and no [`Security`](crate::Security) covers it.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped there is no link.
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> Result<SlaveId, ConnectError> {
        let shared = Arc::clone(&self.keeper.shared);
        let addrs: Vec<SocketAddr> = tokio::net::lookup_host(addr).await?.collect();
        for addr in &addrs {
            security::check_address(shared.security().as_ref(), addr.ip())?;
        }
        let source = shared.source();
        let stream = dial(&addrs).await?;
        let peer = stream.peer_addr()?.to_string();
        let first = Connecting::new(&shared, stream, peer);
        let (id, ended) = first.ready().await?;
        shared.tracker.spawn(redial(Arc::clone(&shared), source, addrs, ended));
        Ok(id)
    }

    /// Makes a link to the slave at the other end of `stream`: for transports other than TCP. There is nothing to dial
    /// again when it ends.
    ///
    /// # Errors
    ///
    /// If the other end is no slave.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped there is no link.
    pub async fn connect_stream<S>(&self, stream: S) -> Result<SlaveId, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let shared = &self.keeper.shared;
        let _source = shared.source();
        let connecting = Connecting::new(shared, stream, "stream".to_owned());
        Ok(connecting.ready().await?.0)
    }
}

async fn dial(addrs: &[SocketAddr]) -> Result<TcpStream, ConnectError> {
    let dialled = tokio::time::timeout(DIAL_MAX, TcpStream::connect(addrs)).await;
    let stream = dialled.map_err(|_| ConnectError::Timeout { limit: DIAL_MAX })??;
    // A task is one small write that somebody waits for.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Dials `addrs` again whenever the link has ended.
async fn redial(shared: Arc<Shared>, _source: Source, addrs: Vec<SocketAddr>, ended: oneshot::Receiver<LinkError>) {
    let mut ended = ended;
    let mut backoff = Backoff::default();
    loop {
        let why = ended.await.unwrap_or(LinkError::Shutdown);
        if why == LinkError::Shutdown || shared.stop.is_cancelled() {
            return;
        }
        ended = loop {
            tokio::select! {
                () = tokio::time::sleep(backoff.next_pause()) => {}
                () = shared.stop.cancelled() => return,
            }
            let attempt = async {
                let stream = dial(&addrs).await?;
                let peer = stream.peer_addr()?.to_string();
                Ok::<_, ConnectError>(Connecting::new(&shared, stream, peer).ready().await?)
            };
            let attempt = tokio::select! {
                attempt = attempt => attempt,
                () = shared.stop.cancelled() => return,
            };
            match attempt {
                Ok((slave, ended)) => {
                    tracing::debug!(%slave, "connected again");
                    backoff = Backoff::default();
                    break ended;
                }
                Err(err) => tracing::debug!(%err, "the slave does not answer"),
            }
        };
    }
}

/// A connection on which the slave has not introduced itself yet. Dropping it ends the link.
pub(super) struct Connecting {
    slave: Arc<SlaveLink>,
    ready: oneshot::Receiver<()>,
    ended: oneshot::Receiver<LinkError>,
    armed: bool,
}

impl Connecting {
    /// Begins to drive a link over `stream`.
    pub(super) fn new<S>(shared: &Arc<Shared>, stream: S, peer: String) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let slave =
            Arc::new(SlaveLink::new(shared.next_slave(), peer, shared.hello(), shared, shared.stop.child_token()));
        let (tell_ready, ready) = oneshot::channel();
        let (tell_ended, ended) = oneshot::channel();
        let driver = Driver {
            shared: Arc::clone(shared),
            slave: Arc::clone(&slave),
            ready: Some(tell_ready),
            ended: Some(tell_ended),
        };
        shared.tracker.spawn(driver.drive(stream));
        Self { slave, ready, ended, armed: true }
    }

    /// Waits until the slave has introduced itself; gives its number and where the end of the link is told.
    pub(super) async fn ready(mut self) -> Result<(SlaveId, oneshot::Receiver<LinkError>), LinkError> {
        let ready = (&mut self.ready).await;
        self.armed = false;
        let (_, ended) = oneshot::channel();
        let ended = std::mem::replace(&mut self.ended, ended);
        match ready {
            Ok(()) => Ok((self.slave.id, ended)),
            Err(_) => Err(ended.await.unwrap_or(LinkError::Shutdown)),
        }
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if self.armed {
            self.slave.link.stop();
        }
    }
}

/// Drives one link. When it is dropped, because the link has ended or the runtime is shut down, the slave is lost.
struct Driver {
    shared: Arc<Shared>,
    slave: Arc<SlaveLink>,
    ready: Option<oneshot::Sender<()>>,
    ended: Option<oneshot::Sender<LinkError>>,
}

impl Driver {
    async fn drive<S: AsyncRead + AsyncWrite>(mut self, stream: S) {
        let slave = Arc::clone(&self.slave);
        let shared = Arc::clone(&self.shared);
        let ready = &mut self.ready;
        let why = slave
            .link
            .drive(stream, |event| {
                let is_ready = event == Event::Ready;
                slave.handle(event, &shared)?;
                if is_ready && let Some(ready) = ready.take() {
                    // Whoever dialled may have gone.
                    let _ = ready.send(());
                }
                Ok(())
            })
            .await;
        self.end(why);
    }

    fn end(&mut self, why: LinkError) {
        let Some(ended) = self.ended.take() else { return };
        if self.slave.hello().is_some() {
            self.shared.left(&self.slave, &why);
        }
        self.ready = None;
        // Whoever dialled may have gone.
        let _ = ended.send(why);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end(LinkError::Shutdown);
    }
}
