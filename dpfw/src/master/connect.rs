//! Dialling slaves, and driving links whoever dialled.

use std::{
    collections::HashSet,
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, ToSocketAddrs},
    sync::oneshot,
};

use super::{Master, Shared, SlaveId, shared::Source, slave_link::SlaveLink};
use crate::{
    link::{Event, LinkError},
    retry::Backoff,
    security::{self, SecurityError, TlsError},
    transport::{self, Secured, Transport, address},
    wire::Hello,
};

/// Why a master could not connect or listen.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The connection could not be made.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The address is not covered by the security chosen.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// This side's keys cannot be used, or one end refused the other.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The other end did not become a slave's link.
    #[error("no link was made: {0}")]
    Link(LinkError),
    /// Nothing answered in time.
    #[error("no answer within {limit:?}")]
    Timeout {
        /// How long was waited.
        limit: Duration,
    },
}

/// As its text: `main` prints this for the error that it returns.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<LinkError> for ConnectError {
    fn from(err: LinkError) -> Self {
        Self::Link(err)
    }
}

/// Links made to one address at most, whatever the slave there says.
const LINKS_MAX: u32 = 1024;

impl Master {
    /// Connects to the slave that listens on `addr`, and returns when it can be given tasks. If the link breaks later,
    /// the master dials again, less and less often, until it is shut down; the slave that answers then is a new one.
    ///
    /// A slave that is connected twice counts as two, though it still runs one task at a time. Where several slaves stand
    /// behind the address, as supervised ones do, a link to each of them is made, and each is
    /// dialled again by itself; the slave returned is the first.
    ///
    /// # Errors
    ///
    /// If the first attempt fails, the address is off loopback and no [`Security`](crate::Security) covers it, or the keys
    /// for TLS cannot be used. A slave that does not accept this master's certificate is a [`ConnectError::Link`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before the first slave has answered there is no link; afterwards the links stay.
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> Result<SlaveId, ConnectError> {
        let shared = Arc::clone(&self.keeper.shared);
        let addrs = address::resolve(addr).await?;
        for addr in &addrs {
            security::check_address(shared.security().as_ref(), addr.ip())?;
        }
        let transport = shared.transport()?;
        let source = shared.source();
        let (links, met) = (AtomicU32::new(1), Mutex::default());
        let address = Arc::new(Address { shared, addrs, transport, links, met });
        let (slave, ended) = address.link().await?;
        let joining = address.extend(slave.slaves());
        address.shared.tracker.spawn(Arc::clone(&address).redial(source, Some(ended)));
        // Those who cannot be reached now are dialled again.
        futures::future::join_all(joining).await;
        Ok(slave.id)
    }

    /// Makes a link to the slave at the other end of `stream`: for transports other than TCP. There is nothing to dial
    /// again when it ends. The security is the caller's: a token is shown if there is one, and there is no TLS.
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
        let (reader, writer) = tokio::io::split(stream);
        let connecting = Connecting::new(shared, reader, writer, "stream".to_owned(), None);
        Ok(connecting.ready().await?.0.id)
    }
}

async fn dial(addrs: &[SocketAddr]) -> Result<TcpStream, ConnectError> {
    let stream = address::dial(addrs).await?.ok_or(ConnectError::Timeout { limit: address::DIAL_MAX })?;
    transport::prepare(&stream)?;
    Ok(stream)
}

/// A slave that has introduced itself, and where the end of its link is told.
type Linked = (Arc<SlaveLink>, oneshot::Receiver<LinkError>);

/// An address that is dialled, and how many links there are to be.
pub(super) struct Address {
    shared: Arc<Shared>,
    addrs: Vec<SocketAddr>,
    transport: Transport,
    links: AtomicU32,
    /// The identities of the slaves to which there are links, once for each.
    met: Mutex<Vec<[u8; 16]>>,
}

impl Address {
    /// Makes one link.
    async fn link(self: &Arc<Self>) -> Result<Linked, ConnectError> {
        let stream = dial(&self.addrs).await?;
        let peer = stream.peer_addr()?.to_string();
        let secured = self.transport.secure(stream).await?;
        Ok(Connecting::over(&self.shared, secured, peer, Some(Arc::clone(self))).ready().await?)
    }

    fn met(&self) -> MutexGuard<'_, Vec<[u8; 16]>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that there is a link to the slave who says `hello`.
    ///
    /// # Errors
    ///
    /// If there is another one already, and some other slave behind the address has none: who answers there does not know
    /// of masters' links, and gives this one away by their number alone. To dial again leads to the other in the end.
    fn meet(self: &Arc<Self>, hello: &Hello) -> Result<Met, LinkError> {
        let mut met = self.met();
        let distinct = met.iter().collect::<HashSet<_>>().len();
        let slaves = usize::try_from(hello.slaves.min(LINKS_MAX)).unwrap_or(usize::MAX);
        if met.contains(&hello.identity) && distinct < slaves {
            return Err(LinkError::Shutdown);
        }
        met.push(hello.identity);
        Ok(Met { address: Arc::clone(self), identity: hello.identity })
    }

    /// Begins to make as many links as are missing to so many slaves; gives where the end of each first attempt is told.
    fn extend(self: &Arc<Self>, slaves: u32) -> Vec<oneshot::Receiver<()>> {
        let slaves = slaves.min(LINKS_MAX);
        let links = self.links.fetch_max(slaves, Ordering::Relaxed);
        let start = |_| {
            let (tell_tried, tried) = oneshot::channel();
            let (address, source) = (Arc::clone(self), self.shared.source());
            self.shared.tracker.spawn(async move {
                let attempt = tokio::select! {
                    attempt = address.link() => attempt,
                    () = address.shared.stop.cancelled() => return,
                };
                if let Err(err) = &attempt {
                    tracing::debug!(%err, "one of several slaves does not answer");
                }
                // Whoever waited for it may have gone.
                let _ = tell_tried.send(());
                address.redial(source, attempt.ok().map(|(_, ended)| ended)).await;
            });
            tried
        };
        (links..slaves).map(start).collect()
    }

    /// Dials again whenever the link has ended, first that whose end is told by `ended`, if there is one.
    async fn redial(self: Arc<Self>, _source: Source, mut ended: Option<oneshot::Receiver<LinkError>>) {
        let mut backoff = Backoff::default();
        let mut is_last = false;
        loop {
            if let Some(ended) = ended {
                let why = ended.await.unwrap_or(LinkError::Shutdown);
                if why == LinkError::Shutdown || self.shared.stop.is_cancelled() || is_last {
                    return;
                }
            }
            let (slave, next_ended) = loop {
                tokio::select! {
                    () = tokio::time::sleep(backoff.next_pause()) => {}
                    () = self.shared.stop.cancelled() => return,
                }
                let attempt = tokio::select! {
                    attempt = self.link() => attempt,
                    () = self.shared.stop.cancelled() => return,
                };
                match attempt {
                    Ok(linked) => break linked,
                    Err(err) => tracing::debug!(%err, "the slave does not answer"),
                }
            };
            tracing::debug!(slave = %slave.id, "connected again");
            backoff = Backoff::default();
            // Another server may have come, with more slaves or fewer. One link too many does no harm while it lasts.
            drop(self.extend(slave.slaves()));
            is_last = self.is_one_too_many(slave.slaves());
            ended = Some(next_ended);
        }
    }

    /// Takes a link off the count if there are more than to so many slaves.
    fn is_one_too_many(&self, slaves: u32) -> bool {
        let fewer = |links: u32| (links > slaves).then(|| links - 1);
        self.links.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok()
    }
}

/// A slave behind an address, as long as there is a link to it.
struct Met {
    address: Arc<Address>,
    identity: [u8; 16],
}

impl Drop for Met {
    fn drop(&mut self) {
        let mut met = self.address.met();
        if let Some(position) = met.iter().position(|identity| *identity == self.identity) {
            met.swap_remove(position);
        }
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
    /// Begins to drive a link over a connection, which was dialled if there is an `address`.
    pub(super) fn over(shared: &Arc<Shared>, secured: Secured, peer: String, address: Option<Arc<Address>>) -> Self {
        match secured {
            Secured::Plain(stream) => {
                let (reader, writer) = stream.into_split();
                Self::new(shared, reader, writer, peer, address)
            }
            #[cfg(feature = "tls")]
            Secured::Tls(stream) => {
                let (reader, writer) = tokio::io::split(*stream);
                Self::new(shared, reader, writer, peer, address)
            }
        }
    }

    fn new<R, W>(shared: &Arc<Shared>, reader: R, writer: W, peer: String, address: Option<Arc<Address>>) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + 'static,
    {
        let slave =
            Arc::new(SlaveLink::new(shared.next_slave(), peer, shared.hello(), shared, shared.stop.child_token()));
        let (tell_ready, ready) = oneshot::channel();
        let (tell_ended, ended) = oneshot::channel();
        let driver = Driver {
            shared: Arc::clone(shared),
            slave: Arc::clone(&slave),
            address,
            met: None,
            ready: Some(tell_ready),
            ended: Some(tell_ended),
        };
        shared.tracker.spawn(driver.drive(reader, writer));
        Self { slave, ready, ended, armed: true }
    }

    /// Waits until the slave has introduced itself; gives it and where the end of the link is told.
    pub(super) async fn ready(mut self) -> Result<Linked, LinkError> {
        let ready = (&mut self.ready).await;
        self.armed = false;
        let (_, ended) = oneshot::channel();
        let ended = std::mem::replace(&mut self.ended, ended);
        match ready {
            Ok(()) => Ok((Arc::clone(&self.slave), ended)),
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
    /// Where it was dialled, if it was.
    address: Option<Arc<Address>>,
    met: Option<Met>,
    ready: Option<oneshot::Sender<()>>,
    ended: Option<oneshot::Sender<LinkError>>,
}

impl Driver {
    async fn drive(mut self, reader: impl AsyncRead + Unpin, writer: impl AsyncWrite + Send + 'static) {
        let slave = Arc::clone(&self.slave);
        let shared = Arc::clone(&self.shared);
        let (ready, address, met) = (&mut self.ready, &self.address, &mut self.met);
        let why = slave
            .link
            .drive(reader, writer, |event| {
                let is_ready = event == Event::Ready;
                if is_ready
                    && let Some(address) = address
                    && let Some(hello) = slave.link.with(|link| link.peer().cloned())
                {
                    *met = Some(address.meet(&hello)?);
                }
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
        self.met = None;
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
