//! [`Slave`]: listens for masters or dials them.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, ToSocketAddrs},
    sync::oneshot,
};
use tokio_util::task::TaskTracker;

#[cfg(unix)]
use super::supervisor::{self, ChildLinks, Supervision};
use super::{
    SlaveBuilder, bridge,
    door::{Door, LinksOf},
    evaluator,
    hub::Hub,
    session::Session,
    sessions::Stop,
    stream::Stream,
};
use crate::{
    link::{Link, LinkError},
    retry::Backoff,
    security::{self, Security, SecurityError, TlsError, Token},
    transport::{self, Entrance, Secured, Transport, address},
    wire::{Hello, Native, Role},
};

/// A slave: evaluates tasks that masters send, one at a time, and keeps a hash table from task to task.
///
/// One slave uses one core; start several for more. Its handles are cheap to clone; when the last of them and the last
/// of its servers is gone, its links end.
///
/// A slave in this process trusts its masters not to exhaust the process's memory; a
/// [supervised](SlaveBuilder::supervised) one has processes of its own.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let slave = dpfw::Slave::builder().register_fn("square", |n: i64| n * n).build();
/// slave.serve("127.0.0.1:10000").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Slave(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    builder: SlaveBuilder,
    identity: [u8; 16],
    hub: Mutex<Option<Arc<Hub>>>,
    /// Those that carry its links.
    bridges: TaskTracker,
    /// What is done by child processes, if it is.
    #[cfg(unix)]
    supervision: Option<Supervision>,
}

/// Why a slave could not serve.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SlaveError {
    /// A socket could not be had, or the evaluator's threads could not be started.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The address is not covered by the security chosen.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// This side's keys cannot be used, or one end refused the other.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The link to the master ended, or there never was one.
    #[error("the link to the master ended: {0}")]
    Link(LinkError),
    /// The slave is supervised, but the program does not know how to be its child.
    #[error("a program that serves supervised slaves calls `dpfw::child_main()` in the first line of `main`")]
    ChildMainMissing,
}

/// As its text: `main` prints this for the error that it returns.
impl fmt::Debug for SlaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<LinkError> for SlaveError {
    fn from(err: LinkError) -> Self {
        Self::Link(err)
    }
}

/// Attempts of a slave to reach a master from whom it never heard a word: one that is busy, or none at all.
const UNHEARD_MAX: u32 = 3;
/// A link that lasted so long ends the outage before it.
const LINK_MIN: Duration = Duration::from_secs(1);
/// How long a slave goes on dialling a master whose link broke.
const REDIAL_MAX: Duration = Duration::from_secs(60);

impl Slave {
    /// A slave with the standard limits and no natives of its own.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Begins to make a slave.
    pub fn builder() -> SlaveBuilder {
        SlaveBuilder::default()
    }

    pub(super) fn from_builder(builder: SlaveBuilder) -> Self {
        Self(Arc::new(Inner {
            identity: crate::identity::random(),
            hub: Mutex::new(None),
            bridges: TaskTracker::new(),
            #[cfg(unix)]
            supervision: Supervision::of(&builder),
            builder,
        }))
    }

    /// Listens on `addr` and serves the masters that connect, until the future is dropped or the slave is
    /// [shut down](Self::shutdown).
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, or is off loopback and no [`Security`] covers it, or if the keys for TLS
    /// cannot be used. Masters that are refused are no error: who they were and why is said by `tracing` at the level
    /// `debug`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops listening and ends the links that it accepted: whoever wants tasks to end first keeps it
    /// until [`shutdown`](Self::shutdown) is done.
    pub async fn serve(&self, addr: impl ToSocketAddrs) -> Result<(), SlaveError> {
        self.serve_listener(self.bind(addr).await?).await
    }

    /// A listener on `addr` for [`serve_listener`](Self::serve_listener), for those who want to know the port before.
    ///
    /// In a child process of this slave, if it is [supervised](SlaveBuilder::supervised), it does not return, as `serve`
    /// does not.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, or is off loopback and no [`Security`] covers it, or if the keys for TLS
    /// cannot be used.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped nothing listens.
    pub async fn bind(&self, addr: impl ToSocketAddrs) -> Result<TcpListener, SlaveError> {
        self.stay_if_child().await;
        let addrs = address::resolve(addr).await?;
        for addr in &addrs {
            security::check_address(self.security().as_ref(), addr.ip())?;
        }
        // Whoever is told the port may rely on it.
        self.transport()?;
        Ok(address::listen(&addrs).await?)
    }

    /// Serves the masters that connect to `listener`, as [`serve`](Self::serve) does.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    ///
    /// # Cancel safety
    ///
    /// As [`serve`](Self::serve).
    pub async fn serve_listener(&self, listener: TcpListener) -> Result<(), SlaveError> {
        self.stay_if_child().await;
        security::check_address(self.security().as_ref(), listener.local_addr()?.ip())?;
        let mut entrance = Entrance::new(listener, &self.transport()?);
        let door = self.door()?;
        let mut complaints = transport::Complaints::default();
        loop {
            tokio::select! {
                (secured, _) = entrance.next() => {
                    match self.admit(&door, secured).await {
                        Ok(()) => {}
                        // It leaves, and says so to those who have a link.
                        Err(err) if err.kind() == io::ErrorKind::NotConnected => {
                            tracing::debug!(%err, "cannot take a master in");
                        }
                        Err(err) => complaints.say(&err, "cannot take a master in"),
                    }
                }
                () = door.stopped() => return Ok(()),
            }
        }
    }

    async fn admit(&self, door: &Door, secured: Secured) -> io::Result<()> {
        let (stream, bridge) = bridge::lead(secured)?;
        // Nobody else is told when this link ends: others may come.
        let ended = door.admit(self, stream).await?;
        if let Some(bridge) = bridge {
            self.0.bridges.spawn(bridge.carry(ended));
        }
        Ok(())
    }

    /// Dials the master at `addr` and serves it until it leaves. When the link breaks, the slave dials again, less and
    /// less often, for a minute.
    ///
    /// # Errors
    ///
    /// If the first attempt fails or meets what is no master, or three in a row meet somebody who does not say a word, if the address is off loopback and no [`Security`] covers it, if the
    /// keys for TLS cannot be used, or if the link broke and could not be made again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the link.
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> Result<(), SlaveError> {
        self.stay_if_child().await;
        let addrs = address::resolve(addr).await?;
        let transport = self.transport()?;
        let door = self.door()?;
        let links = (0..door.slaves()).map(|seat| self.stay_connected(&door, seat, &addrs, &transport));
        futures::future::try_join_all(links).await.map(drop)
    }

    /// Keeps up the link between the slave at `seat` and the master at `addrs`, until that leaves.
    async fn stay_connected(
        &self,
        door: &Door,
        seat: u32,
        addrs: &[SocketAddr],
        transport: &Transport,
    ) -> Result<(), SlaveError> {
        if !door.ready(seat).await {
            return Ok(());
        }
        let mut secured = tokio::select! {
            dialled = self.dial(addrs, transport) => dialled?,
            () = door.stopped() => return Ok(()),
        };
        let mut outage: Option<Outage> = None;
        // Attempts without a word from anybody, until there is one.
        let mut unheard = Some(0);
        loop {
            let (stream, bridge) = bridge::lead(secured)?;
            let linked = Instant::now();
            let ended = door.admit_to(seat, self, stream)?;
            let why = match bridge {
                // A task of its own: the links of supervised slaves are carried side by side.
                Some(bridge) => self.0.bridges.spawn(bridge.carry(ended)).await.ok(),
                None => ended.await.ok(),
            };
            let why = why.unwrap_or(LinkError::Shutdown);
            match why {
                LinkError::PeerShutdown => return Ok(()),
                LinkError::Shutdown if futures::FutureExt::now_or_never(door.stopped()).is_some() => return Ok(()),
                why if why.is_final() => return Err(why.into()),
                LinkError::NoMaster { .. } if unheard.is_some() => return Err(why.into()),
                LinkError::HandshakeTimeout { .. } => {
                    if let Some(unheard) = &mut unheard {
                        *unheard += 1;
                        if *unheard == UNHEARD_MAX {
                            return Err(LinkError::NoMaster { reason: why.to_string() }.into());
                        }
                    }
                }
                // Whoever answers there now is not the master: the same outage goes on.
                LinkError::NoMaster { .. } => {}
                // A master that greets and hangs up is not back.
                _ if linked.elapsed() < LINK_MIN => unheard = None,
                _ => (outage, unheard) = (None, None),
            }
            tracing::debug!(%why, "dialling the master again");
            let outage = outage.get_or_insert_with(Outage::new);
            secured = loop {
                if Instant::now() >= outage.give_up {
                    return Err(why.into());
                }
                tokio::select! {
                    () = tokio::time::sleep(outage.backoff.next_pause()) => {}
                    () = door.stopped() => return Ok(()),
                }
                if !door.ready(seat).await {
                    return Ok(());
                }
                tokio::select! {
                    dialled = self.dial(addrs, transport) => match dialled {
                        Ok(secured) => break secured,
                        Err(err) => tracing::debug!(%err, "the master does not answer"),
                    },
                    () = door.stopped() => return Ok(()),
                }
            };
        }
    }

    async fn dial(&self, addrs: &[SocketAddr], transport: &Transport) -> Result<Secured, SlaveError> {
        for addr in addrs {
            security::check_address(self.security().as_ref(), addr.ip())?;
        }
        let stream = address::dial(addrs).await?.ok_or_else(|| address::no_answer(addrs))?;
        transport::prepare(&stream)?;
        Ok(transport.secure(stream).await?)
    }

    /// Serves the master at the other end of `stream` until it leaves: for transports other than TCP.
    ///
    /// The security is the caller's: a token is asked for if there is one, an address is not looked at, and there is no TLS.
    ///
    /// # Errors
    ///
    /// If the link broke.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the link.
    #[cfg(unix)]
    pub async fn serve_stream<S>(&self, stream: S) -> Result<(), SlaveError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.stay_if_child().await;
        let (mut outer, inner) = tokio::net::UnixStream::pair()?;
        let door = self.door()?;
        let ended = door.admit(self, Stream::unix(inner.into_std()?)?).await?;
        let mut stream = stream;
        let bridge = tokio::io::copy_bidirectional(&mut stream, &mut outer);
        tokio::pin!(bridge, ended);
        let why = tokio::select! {
            why = &mut ended => {
                // Its last words are under way.
                let _ = tokio::time::timeout(BRIDGES_MAX, bridge).await;
                why.unwrap_or(LinkError::Shutdown)
            }
            _ = &mut bridge => {
                // Both directions are at their end; the session sees it as well, unless it is stuck, and says why.
                drop(door);
                ended.await.unwrap_or(LinkError::Shutdown)
            }
        };
        match why {
            LinkError::PeerShutdown | LinkError::Shutdown | LinkError::Closed => Ok(()),
            why => Err(why.into()),
        }
    }

    /// Serves the master at the other end of a Unix socket, without a copy in between.
    #[cfg(unix)]
    pub(crate) fn spawn_on_socket(&self, socket: std::os::unix::net::UnixStream) -> Result<(), SlaveError> {
        if self.0.supervision.is_some() {
            let message = "slaves inside this process are not supervised";
            return Err(io::Error::new(io::ErrorKind::Unsupported, message).into());
        }
        let hub = self.hub()?;
        // The evaluator tells nobody when this link ends.
        drop(self.add_session(&hub, Stream::unix(socket)?, None, 1, None));
        Ok(())
    }

    /// Leaves: starts no more tasks, lets the running one end within `grace`, then interrupts it. Returns when all is
    /// said and the links are closed. Afterwards the slave cannot be used again.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped the slave goes on leaving.
    pub async fn shutdown(&self, grace: Duration) {
        #[cfg(unix)]
        if let Some(supervision) = &self.0.supervision {
            supervision.shutdown(grace).await;
        }
        let hub = self.0.hub.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hub) = hub {
            leave(&hub, grace).await;
        }
        // What was said last may be under way yet.
        self.0.bridges.close();
        let _ = tokio::time::timeout(BRIDGES_MAX, self.0.bridges.wait()).await;
    }

    /// Ends without a word: for tests of what follows.
    pub(crate) fn kill(&self, why: &LinkError) {
        if let Some(hub) = &*self.0.hub.lock().unwrap_or_else(PoisonError::into_inner) {
            hub.end_all(why);
            hub.stop();
        }
    }

    /// How this slave secures its connections, from now on.
    fn transport(&self) -> Result<Transport, TlsError> {
        Transport::new(self.security().as_ref(), Role::Slave, self.0.builder.link.handshake_max)
    }

    fn security(&self) -> Option<Security> {
        security::effective(self.0.builder.security.as_ref())
    }

    /// In a child process of a supervised slave, serves what the supervisor passes and returns never.
    #[cfg(unix)]
    async fn stay_if_child(&self) {
        if let Some(supervision) = &self.0.supervision
            && let Some(child) = supervisor::this_child()
        {
            match child.stay(supervision.number, self).await {}
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_async, reason = "there are no children")]
    async fn stay_if_child(&self) {}

    /// Where the links of a call go.
    fn door(&self) -> Result<Door, SlaveError> {
        #[cfg(unix)]
        if let Some(supervision) = &self.0.supervision {
            return Ok(Door::Children(ChildLinks::new(supervision.supervisor()?)));
        }
        Ok(Door::Here(LinksOf::new(&self.hub()?)))
    }

    /// By how much its process, if that is a child, may grow.
    #[cfg(unix)]
    pub(super) fn child_memory(&self) -> Option<u64> {
        self.0.builder.child_memory
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "there are no children")]
    fn child_memory(&self) -> Option<u64> {
        None
    }

    /// Whether its process, if that is a child, is shut in.
    #[cfg(unix)]
    pub(super) fn has_walls(&self) -> bool {
        !self.0.builder.open
    }

    /// The hub of the slave's threads, which start with the first call.
    pub(super) fn hub(&self) -> io::Result<Arc<Hub>> {
        let mut hub = self.0.hub.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hub) = &*hub {
            return match hub.is_stopped() {
                true => Err(io::Error::new(io::ErrorKind::NotConnected, "the slave was shut down")),
                false => Ok(Arc::clone(hub)),
            };
        }
        let builder = &self.0.builder;
        let started = evaluator::start(builder.natives.clone(), builder.limits.clone(), self.child_memory())?;
        *hub = Some(Arc::clone(&started));
        Ok(started)
    }

    /// Gives the evaluator a link, behind whose address stand so many slaves; gives where its end is told.
    pub(super) fn add_session(
        &self,
        hub: &Arc<Hub>,
        stream: Stream,
        owner: Option<u64>,
        slaves: u32,
        passed_as: Option<u64>,
    ) -> oneshot::Receiver<LinkError> {
        let (ended, receiver) = oneshot::channel();
        let config = self.0.builder.link.clone();
        let mut hello = Hello::new(Role::Slave, config.window, config.tasks_max, self.0.identity);
        hello.natives = self
            .0
            .builder
            .natives
            .iter()
            .map(|(name, arity)| Native { name: name.to_owned(), min: arity.min, max: arity.max })
            .collect();
        hello.slaves = slaves;
        hello.message_max = config.message_max as u64;
        let link = Link::new(hello, Token::of(self.security().as_ref()), config, Instant::now());
        hub.add(Session::new(stream, link, ended, owner, passed_as));
        receiver
    }
}

/// Lets the evaluator of `hub` leave, interrupting after `grace` what it still runs.
async fn leave(hub: &Hub, grace: Duration) {
    hub.leave();
    if tokio::time::timeout(grace, hub.stopped()).await.is_err() {
        hub.sessions().stop_running(Stop::Shutdown);
        // The task may wait for its master.
        hub.wake();
        // A native that cannot be interrupted does not hold the caller.
        if tokio::time::timeout(STOP_MAX, hub.stopped()).await.is_err() {
            tracing::warn!("a task does not heed its interruption; its slave is abandoned");
            hub.end_all(&LinkError::Shutdown);
        }
    }
}

/// A time without the master, from the end of the last link.
struct Outage {
    give_up: Instant,
    backoff: Backoff,
}

impl Outage {
    fn new() -> Self {
        Self { give_up: Instant::now() + REDIAL_MAX, backoff: Backoff::default() }
    }
}

/// How long an interrupted task may take to end when the slave leaves.
const STOP_MAX: Duration = Duration::from_millis(500);
/// How long what was said last may take on its way when the slave has left.
const BRIDGES_MAX: Duration = Duration::from_secs(3);

impl Default for Slave {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(hub) = &*self.hub.lock().unwrap_or_else(PoisonError::into_inner) {
            hub.stop();
        }
    }
}
