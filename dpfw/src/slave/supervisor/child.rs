//! A child process: serves the sockets that its supervisor passes, and ends with it.

use std::{
    collections::HashMap,
    convert::Infallible,
    env,
    fs::File,
    future, io,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rustix::net::RecvFlags;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    control::{self, Receiver},
    message::{LinkOrder, Order, Report},
};
use crate::{
    link::LinkError,
    slave::{Slave, door::LinksOf, hub::Hub, stream::Stream},
};

/// Tells a program that it may be a child: which of its supervised slaves it is, and the greeting that waits on its
/// standard input if it really is.
const VARIABLE: &str = "DPFW_CHILD";

/// Descriptors below are standard input, output and error.
const FIRST_DESCRIPTOR: i32 = 3;

/// Whether [`child_main`] was called.
static CALLED: AtomicBool = AtomicBool::new(false);
/// What this process is a child for, if it is one.
static CHILD: OnceLock<Child> = OnceLock::new();

/// This process, as a child.
#[derive(Debug)]
pub(in crate::slave) struct Child {
    number: u32,
    /// Where the slave is awaited, until it comes.
    awaited: Mutex<Option<oneshot::Sender<Slave>>>,
}

/// Makes this process a child if a supervisor started it as one; the first line of `main` where a program serves
/// [supervised](crate::SlaveBuilder::supervised) slaves.
///
/// A supervisor starts its own program again for each of its slaves, with the same arguments, so `main` runs in the
/// children too. There, `serve` and `connect` of the supervised slave listen and dial nowhere and do not return: they
/// serve what the supervisor passes, until it ends. What comes before them in `main` should hence be what the children
/// need as well, such as natives, and nothing that can be done only once. In all other processes this does nothing.
///
/// The supervisor's end is noticed from here on, whatever `main` does. In a child, standard input is empty.
///
/// # Panics
///
/// In a child, if its control thread cannot be started.
///
/// # Examples
///
/// ```no_run
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     dpfw::child_main();
///     let slave = dpfw::Slave::builder().register_fn("square", |n: i64| n * n).supervised(4).build();
///     slave.serve("127.0.0.1:10000").await?;
///     Ok(())
/// }
/// ```
pub fn child_main() {
    if CALLED.swap(true, Ordering::SeqCst) {
        return;
    }
    let Some((number, greeting)) = env::var(VARIABLE).ok().as_deref().and_then(parse) else { return };
    let Some(socket) = take_control(greeting) else { return };
    let (awaited, slave) = oneshot::channel();
    let child = Child { number, awaited: Mutex::new(Some(awaited)) };
    CHILD.set(child).expect("only the first call comes here");
    thread::Builder::new()
        .name("dpfw-control".to_owned())
        .spawn(move || attend(socket, slave))
        .expect("a child process has the threads it needs");
}

pub(super) fn is_child_main_called() -> bool {
    CALLED.load(Ordering::SeqCst)
}

/// This process as a child, if it is one.
pub(in crate::slave) fn this() -> Option<&'static Child> {
    CHILD.get()
}

impl Child {
    /// Serves `slave`, the supervised slave of this number, if that is what this process is for; else does nothing.
    /// Returns never.
    pub(in crate::slave) async fn stay(&self, number: u32, slave: &Slave) -> Infallible {
        if number == self.number
            && let Some(awaited) = self.awaited.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            // The other end is gone only if the process is about to end.
            let _ = awaited.send(slave.clone());
        }
        future::pending().await
    }
}

/// The variable that makes a program look for `greeting`.
pub(super) fn variable(number: u32, greeting: [u8; 16]) -> (&'static str, String) {
    (VARIABLE, format!("{number}:{}", u128::from_be_bytes(greeting)))
}

fn parse(variable: &str) -> Option<(u32, [u8; 16])> {
    let (number, greeting) = variable.split_once(':')?;
    Some((number.parse().ok()?, greeting.parse::<u128>().ok()?.to_be_bytes()))
}

/// Takes the control socket from standard input, and leaves nothing there.
///
/// The variable alone proves nothing: programs that a child starts inherit it.
fn take_control(greeting: [u8; 16]) -> Option<UnixStream> {
    let mut found = [0; 16];
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    let (_, length) = rustix::net::recv(rustix::stdio::stdin(), &mut found, flags).ok()?;
    if length != found.len() || found != greeting {
        return None;
    }
    match move_control(&mut found) {
        Ok(socket) => Some(socket.into()),
        Err(err) => {
            // It is a child: as a program of its own it would start children in turn.
            tracing::error!(%err, "a supervised slave cannot take its control socket");
            process::exit(1);
        }
    }
}

/// Moves the control socket away from standard input, less its greeting.
fn move_control(greeting: &mut [u8]) -> io::Result<OwnedFd> {
    rustix::net::recv(rustix::stdio::stdin(), greeting, RecvFlags::empty())?;
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), FIRST_DESCRIPTOR)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(socket)
}

/// What the control thread does, apart from whatever the program's own runtimes are busy with.
fn attend(socket: UnixStream, slave: oneshot::Receiver<Slave>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.and_then(|runtime| runtime.block_on(converse(socket, slave)));
    if let Err(err) = &ended {
        tracing::warn!(%err, "the control socket of a supervised slave broke");
    }
    // The supervisor has ended, or wants this process to end: nothing here may outlive that.
    process::exit(i32::from(ended.is_err()));
}

async fn converse(socket: UnixStream, slave: oneshot::Receiver<Slave>) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    let socket = tokio::net::UnixStream::from_std(socket)?;
    let mut orders = Receiver::of_sockets(&socket);
    let slave = tokio::select! {
        slave = slave => slave.map_err(io::Error::other)?,
        // Nothing is ordered before the child is ready: this is the end.
        end = orders.message() => return end.map(drop),
    };
    let hub = slave.hub()?;
    if let Some(bytes) = slave.child_memory() {
        bound_memory(bytes)?;
    }
    if slave.has_walls() {
        build_walls()?;
    }
    // Unbounded: each report stands for a link that the supervisor has asked for.
    let (report, reports) = mpsc::unbounded_channel();
    let left = CancellationToken::new();
    let watched = Arc::clone(&hub);
    report_when(async move { watched.deaf().await }, Report::Deaf, &report);
    let watched = Arc::clone(&hub);
    report_when(async move { watched.leaving().await }, Report::Leaving, &report);
    let evaluating = Arc::clone(&hub);
    let server = Server { slave, hub, owners: HashMap::new(), report, left: left.clone() };
    control::send(&socket, &Report::Ready.encode(), None).await?;
    tokio::select! {
        end = server.obey(orders) => end,
        end = write_reports(&socket, reports) => end,
        () = left.cancelled() => Ok(()),
        () = ended_unasked(&evaluating) => Err(io::Error::other("the evaluator ended")),
    }
}

/// Reports `what` once it has `happened`.
fn report_when(
    happened: impl Future<Output = ()> + Send + 'static,
    what: Report,
    report: &mpsc::UnboundedSender<Report>,
) {
    let report = report.clone();
    tokio::spawn(async move {
        happened.await;
        // The receiver goes with the process.
        let _ = report.send(what);
    });
}

/// Waits until the evaluator has ended that nobody told to leave.
async fn ended_unasked(hub: &Hub) {
    hub.stopped().await;
    if hub.is_leaving() {
        future::pending().await
    }
}

/// Lets this process grow by so many bytes, and no more.
#[cfg(target_os = "linux")]
fn bound_memory(bytes: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // What there is includes the stacks of its threads, of which the evaluator's is large and hardly used.
    let now =
        crate::resources::data_bytes().ok_or_else(|| io::Error::other("the system does not tell how large it is"))?;
    let limit = Some(now.saturating_add(bytes));
    Ok(setrlimit(Resource::Data, Rlimit { current: limit, maximum: limit })?)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn bound_memory(_: u64) -> io::Result<()> {
    tracing::warn!("the memory of child processes is not bounded on this system");
    Ok(())
}

/// Shuts this process in before anything of a master's reaches it.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn build_walls() -> io::Result<()> {
    super::walls::build().map_err(io::Error::other)
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn build_walls() -> io::Result<()> {
    tracing::warn!("there are no walls around child processes on this system");
    Ok(())
}

async fn write_reports(
    socket: &tokio::net::UnixStream,
    mut reports: mpsc::UnboundedReceiver<Report>,
) -> io::Result<()> {
    while let Some(report) = reports.recv().await {
        control::send(socket, &report.encode(), None).await?;
    }
    Ok(())
}

/// Serves the links of the supervisor.
struct Server {
    slave: Slave,
    hub: Arc<Hub>,
    owners: HashMap<u64, LinksOf>,
    report: mpsc::UnboundedSender<Report>,
    /// Fires when the slave has left, as it was told to.
    left: CancellationToken,
}

impl Server {
    async fn obey(mut self, mut orders: Receiver<'_>) -> io::Result<()> {
        while let Some(message) = orders.message().await? {
            match Order::decode(message) {
                Some(Order::Link(order)) => match orders.take_passed() {
                    Some(socket) => self.serve(order, socket),
                    None => {
                        tracing::warn!("a link was refused: this process has as many files as it may");
                        let why = LinkError::Io { kind: io::ErrorKind::Other, message: "too many open files".into() };
                        // The receiver goes with the process.
                        let _ = self.report.send(Report::Ended { link: order.link, why });
                    }
                },
                Some(Order::Started) => {
                    // Without it the supervisor would take all tasks for such as have not run.
                    let file = orders.take_passed().ok_or_else(|| io::Error::other("there is no room for a file"))?;
                    self.hub.mark_started_in(file.into());
                }
                Some(Order::Ping) => {
                    // The receiver goes with the process.
                    let _ = self.report.send(Report::Pong);
                }
                Some(Order::EndOwner { owner }) => drop(self.owners.remove(&owner)),
                Some(Order::Leave { grace }) => {
                    let (slave, left) = (self.slave.clone(), self.left.clone());
                    tokio::spawn(async move {
                        slave.shutdown(grace).await;
                        left.cancel();
                    });
                }
                None => return Err(io::Error::new(io::ErrorKind::InvalidData, "the supervisor speaks otherwise")),
            }
        }
        Ok(())
    }

    fn serve(&mut self, order: LinkOrder, socket: OwnedFd) {
        let LinkOrder { link, owner, is_unix, slaves } = order;
        let links = self.owners.entry(owner).or_insert_with(|| LinksOf::new(&self.hub));
        let ended =
            self.slave.add_session(&self.hub, Stream::from_fd(socket, is_unix), Some(links.owner), slaves, Some(link));
        let report = self.report.clone();
        tokio::spawn(async move {
            let why = ended.await.unwrap_or(LinkError::Shutdown);
            // The receiver goes with the process.
            let _ = report.send(Report::Ended { link, why });
        });
    }
}
