//! [`Pending`]: one task from `make_task` to its end.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Instant,
};

use futures::future::{AbortHandle, Abortable};
use tokio::task;

use super::{
    InputPort, Keeper, OutputPort, Shared, SlaveId, TaskError, TaskErrorKind,
    error::Unreadable,
    local::{self, LocalStart},
    ports::PortResult,
    slave_link::{self, SlaveLink, Start},
};
use crate::{
    PortError, Task, Value, ValueError,
    port::{InputQueue, OutputBuffer, Segment, Step},
    value::pieces::Pieces,
    wire::TaskId,
};

/// How a local procedure fails.
pub(super) type LocalError = Box<dyn std::error::Error + Send + Sync>;

/// A task is not sent more often than this after the first time, whatever it asks for: one that kills its slave would
/// kill all.
const RETRIES_MAX: u32 = 3;

/// A task and all that is known of it. It ends when its remote and its local part have ended.
pub(crate) struct Pending {
    pub(super) task: Task,
    pub(super) deadline: Option<Instant>,
    shared: Weak<Shared>,
    /// Its place among those who wait.
    turn: OnceLock<u64>,
    has_local: bool,
    /// It was lost with a slave: whether it was to blame shows when it runs alone.
    is_suspect: AtomicBool,
    /// How often a slave has died that had it and had not started it.
    deaths: AtomicU32,
    state: Mutex<State>,
}

struct State {
    remote: Remote,
    local: Local,
    /// The slave that is busy with it, until both parts have ended.
    holder: Option<Arc<SlaveLink>>,
    /// How the task ended, until the promise takes it.
    outcome: Option<Result<(), TaskError>>,
    /// The outcome has been set, whether or not it has been taken.
    settled: bool,
    promise: Option<Waker>,
    input: InputQueue,
    /// What the promise reads, once it is there: nobody reads what comes after it.
    result: Option<PortResult<Option<Value>>>,
    input_waker: Option<Waker>,
    text: OutputBuffer,
    output_closed: bool,
    /// What was written last waits for the slave to read.
    is_undrained: bool,
    output_waker: Option<Waker>,
    timer: Option<task::AbortHandle>,
    attempts: u32,
    slave: Option<SlaveId>,
    /// What nobody else may hold while the task has not ended: it was detached.
    keeper: Option<Arc<Keeper>>,
}

enum Remote {
    /// No slave has it yet.
    Waiting,
    /// A slave has it.
    Running(Arc<SlaveLink>, TaskId),
    /// It has answered, or never will.
    Ended(Option<TaskErrorKind>),
}

enum Local {
    /// There is none: whoever waits for the promise reads the value from the input.
    ReadResult,
    /// It starts when a slave has the task.
    Start(LocalStart),
    Running(AbortHandle),
    Ended(Option<LocalError>),
}

/// What is to be done once the lock is released: it runs code of others.
#[derive(Default)]
struct After {
    promise: Option<Waker>,
    input: Option<Waker>,
    output: Option<Waker>,
    abort: Option<AbortHandle>,
    timer: Option<task::AbortHandle>,
    dropped: Option<Local>,
    /// The slave is free again.
    free: Option<Arc<SlaveLink>>,
    /// The slave has not run the task.
    given_back: Option<Arc<SlaveLink>>,
    /// It waited for a slave, and does so no more.
    left_the_line: bool,
    /// Dropped last: the links may end with it.
    keeper: Option<Arc<Keeper>>,
}

impl Pending {
    /// A task that waits for a slave; without `local` its value is read by the promise.
    pub(super) fn new(task: Task, deadline: Option<Instant>, local: Option<LocalStart>, shared: &Arc<Shared>) -> Self {
        Self {
            turn: OnceLock::new(),
            has_local: local.is_some(),
            is_suspect: AtomicBool::new(false),
            deaths: AtomicU32::new(0),
            task,
            deadline,
            shared: Arc::downgrade(shared),
            state: Mutex::new(State {
                remote: Remote::Waiting,
                local: local.map_or(Local::ReadResult, Local::Start),
                holder: None,
                outcome: None,
                settled: false,
                promise: None,
                input: InputQueue::default(),
                result: None,
                input_waker: None,
                text: OutputBuffer::default(),
                output_closed: false,
                is_undrained: false,
                output_waker: None,
                timer: None,
                attempts: 0,
                slave: None,
                keeper: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing of a user's runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<R>(&self, change: impl FnOnce(&mut State, &mut After) -> R) -> R {
        let mut after = After::default();
        let result = {
            let mut state = self.lock();
            let result = change(&mut state, &mut after);
            self.settle(&mut state, &mut after);
            result
        };
        let After { promise, input, output, abort, timer, dropped, free, given_back, left_the_line, keeper } = after;
        abort.iter().for_each(AbortHandle::abort);
        timer.iter().for_each(task::AbortHandle::abort);
        [promise, input, output].into_iter().flatten().for_each(Waker::wake);
        drop(dropped);
        if let (Some(slave), Some(shared)) = (free, self.shared.upgrade()) {
            shared.slave_is_free(&slave, self.bytes());
        }
        if let (Some(slave), Some(shared)) = (given_back, self.shared.upgrade()) {
            shared.given_back(&slave, self.bytes());
        }
        if left_the_line && let Some(shared) = self.shared.upgrade() {
            shared.given_up();
        }
        drop(keeper);
        result
    }

    /// Frees the slave and sets the outcome once both parts have ended.
    fn settle(&self, state: &mut State, after: &mut After) {
        let Remote::Ended(remote) = &mut state.remote else { return };
        let local = match &mut state.local {
            Local::ReadResult => None,
            Local::Ended(error) => error.take(),
            Local::Start(_) | Local::Running(_) => return,
        };
        after.free = state.holder.take();
        after.keeper = state.keeper.take();
        if state.settled {
            return;
        }
        let kind = remote.take().or(local.map(TaskErrorKind::Local));
        self.conclude(state, after, kind.map(|kind| self.error(kind)));
    }

    fn conclude(&self, state: &mut State, after: &mut After, error: Option<TaskError>) {
        state.settled = true;
        state.outcome = Some(match error {
            None => Ok(()),
            Some(error) => Err(error.with_attempts(state.slave, state.attempts)),
        });
        after.promise = state.promise.take();
        after.timer = state.timer.take();
    }

    /// An error of this task.
    fn error(&self, kind: TaskErrorKind) -> TaskError {
        TaskError::new(kind, self.task.options().label.clone(), self.task.place())
    }

    /// Its place among those who wait, which is `next` if it has none yet.
    pub(super) fn turn(&self, next: u64) -> u64 {
        *self.turn.get_or_init(|| next)
    }

    /// How many bytes its values have, encoded.
    pub(super) fn bytes(&self) -> usize {
        self.task.values().bytes.len()
    }

    /// Whether it may be sent to a slave that has other tasks, and others after it.
    pub(super) fn may_go_ahead(&self) -> bool {
        !self.has_local && !self.is_suspect.load(Ordering::Relaxed)
    }

    /// Whether another slave may have it after it was sent to one, as long as it has not started there.
    pub(super) fn may_move(&self) -> bool {
        !self.has_local && !self.is_bound()
    }

    /// Whether it is for one slave alone: then it never stood in the line.
    pub(super) fn is_bound(&self) -> bool {
        self.turn.get().is_none()
    }

    // The life of a task.

    /// Gives the task to `slave`, unless it has ended already. `send` tells the slave if it is not lost, and is told whether
    /// nobody will write to the task.
    pub(super) fn start(self: &Arc<Self>, slave: &Arc<SlaveLink>, send: impl FnOnce(bool) -> Option<TaskId>) -> Start {
        let (start, local) = self.change(|state, _| {
            if state.settled {
                return (Start::Ended, None);
            }
            let reads_result = matches!(state.local, Local::ReadResult);
            let Some(id) = send(reads_result) else { return (Start::Lost, None) };
            state.output_closed = reads_result;
            state.remote = Remote::Running(Arc::clone(slave), id);
            state.holder = Some(Arc::clone(slave));
            state.attempts += 1;
            state.slave = Some(slave.id);
            let Local::Start(start) = std::mem::replace(&mut state.local, Local::ReadResult) else {
                return (Start::Sent, None);
            };
            let (handle, registration) = AbortHandle::new_pair();
            state.local = Local::Running(handle);
            let local = local::run(start, LocalEnd(Arc::clone(self)), self.deadline);
            (Start::Sent, Some(Abortable::new(slave_link::corked(Arc::clone(slave), local), registration)))
        });
        if let Some(local) = local {
            // Without the lock: a runtime that was shut down drops it at once, and that ends the local part.
            slave.runtime.spawn(local);
        }
        start
    }

    fn local_ended(&self, error: Option<LocalError>) {
        self.change(|state, _| {
            if matches!(state.local, Local::Ended(_)) {
                return;
            }
            if error.is_some()
                && let Remote::Running(slave, id) = &state.remote
            {
                slave.link.with(|link| link.cancel(*id));
            }
            state.local = Local::Ended(error);
        });
    }

    /// The slave answered, with the task's value if it has one that was not written as data; or it is lost.
    pub(super) fn remote_ended(&self, outcome: Result<Option<Value>, TaskErrorKind>) {
        self.change(|state, after| {
            let error = match outcome {
                Ok(value) => {
                    if let Some(value) = value {
                        state.input.push(Segment::Datum(value), 0);
                    }
                    None
                }
                // It was cancelled because the local part has failed.
                Err(TaskErrorKind::Cancelled) if matches!(state.local, Local::Ended(Some(_))) => None,
                Err(error) => Some(error),
            };
            state.remote = Remote::Ended(error);
            state.input.close();
            after.input = state.input_waker.take();
            after.output = state.output_waker.take();
        });
    }

    /// Makes a task whose slave was lost wait for another one, if it may be sent again.
    pub(super) fn may_retry(&self) -> bool {
        self.change(|state, after| {
            let allowed = self.task.options().retries.min(RETRIES_MAX);
            let again = !state.settled && matches!(state.local, Local::ReadResult) && state.attempts <= allowed;
            if again {
                self.is_suspect.store(true, Ordering::Relaxed);
                state.remote = Remote::Waiting;
                state.forget_input();
                after.free = state.holder.take();
            }
            again
        })
    }

    /// Makes a task that its slave has not started wait for another one, if nobody has spoken on its ports and it is not
    /// bound to that slave.
    pub(super) fn may_restart(&self) -> bool {
        self.change(|state, after| {
            let again = !state.settled && self.may_move();
            if again {
                state.remote = Remote::Waiting;
                state.attempts -= 1;
                state.forget_input();
                after.given_back = state.holder.take();
            }
            again
        })
    }

    /// The same for one whose slave has died before it started. It may have died of what it was sent: so the task is sent
    /// alone from now on, and not for ever.
    pub(super) fn may_restart_after_death(&self) -> bool {
        let deaths = self.deaths.fetch_add(1, Ordering::Relaxed);
        self.is_suspect.store(true, Ordering::Relaxed);
        deaths < RETRIES_MAX && self.may_restart()
    }

    /// Ends the task with an error, whatever its state: the promise is told at once, the slave is told to stop.
    pub(super) fn end(&self, kind: TaskErrorKind) {
        self.end_doing(kind, None);
    }

    /// Its deadline has passed.
    pub(super) fn miss_deadline(&self) {
        // The pool's lock is not taken under the task's.
        let is_waiting = matches!(self.lock().remote, Remote::Waiting);
        let doing = match self.shared.upgrade() {
            Some(shared) if is_waiting && !self.is_bound() => Some(shared.doing(self)),
            _ => is_waiting.then(|| "waiting for its slave".to_owned()),
        };
        self.end_doing(TaskErrorKind::DeadlineExceeded, doing);
    }

    /// Its deadline had passed when it was made.
    pub(super) fn miss_deadline_at_once(&self) {
        self.end_doing(TaskErrorKind::DeadlineExceeded, Some("before it could wait for a slave".to_owned()));
    }

    fn end_doing(&self, kind: TaskErrorKind, doing: Option<String>) {
        self.change(|state, after| {
            if state.settled {
                return;
            }
            self.conclude(state, after, Some(self.error(kind).with_doing(doing)));
            match &state.remote {
                Remote::Waiting => {
                    state.remote = Remote::Ended(None);
                    after.left_the_line = self.turn.get().is_some();
                }
                Remote::Running(slave, id) => slave.link.with(|link| link.cancel(*id)),
                Remote::Ended(_) => {}
            }
            state.input.discard();
            match std::mem::replace(&mut state.local, Local::Ended(None)) {
                Local::Running(abort) => after.abort = Some(abort),
                local => after.dropped = Some(local),
            }
        });
    }

    /// Lets a timer end with the task.
    pub(super) fn set_timer(&self, timer: task::AbortHandle) {
        self.change(|state, after| match state.settled {
            true => after.timer = Some(timer),
            false => state.timer = Some(timer),
        });
    }

    /// Keeps the master until the task has ended.
    pub(super) fn keep(&self, keeper: Arc<Keeper>) {
        self.change(|state, _| state.keeper = Some(keeper));
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_settled(&self) -> bool {
        self.lock().settled
    }

    /// The outcome, once.
    pub(super) fn poll_outcome(&self, cx: &mut Context<'_>) -> Poll<Result<(), TaskError>> {
        let mut state = self.lock();
        match state.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.promise = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The value of a task that has ended well, where the promise reads it.
    pub(super) fn take_value(&self) -> PortResult<Option<Value>> {
        let mut state = self.lock();
        state.read_result();
        state.result.take().unwrap_or(Ok(None))
    }

    /// An error of a task whose value is not what was asked for.
    pub(super) fn unreadable(&self, error: PortError) -> TaskError {
        let (slave, attempts) = {
            let state = self.lock();
            (state.slave, state.attempts)
        };
        self.error(TaskErrorKind::Local(Unreadable(error).into())).with_attempts(slave, attempts)
    }

    // What comes from the slave.

    /// Takes what the remote procedure wrote.
    pub(super) fn arrived(&self, segment: Segment, weight: u32) {
        self.change(|state, after| {
            state.input.push(segment, weight.into());
            if matches!(state.local, Local::ReadResult) {
                state.read_result();
            }
            state.give_credit();
            after.input = state.input_waker.take();
        });
    }

    /// The remote procedure closed its output port.
    pub(super) fn input_ended(&self) {
        self.change(|state, after| {
            // The value still comes, unless the procedure closed the port under it: then there is nothing to read.
            state.input.close();
            after.input = state.input_waker.take();
        });
    }

    /// Everything that was written has been sent.
    pub(super) fn drained(&self) {
        self.change(|state, after| {
            state.is_undrained = false;
            after.output = state.output_waker.take();
        });
    }

    // What the ports do.

    /// Reads by `step` from what has come.
    pub(super) fn poll_read<T>(
        &self,
        cx: &mut Context<'_>,
        mut step: impl FnMut(&mut InputQueue) -> PortResult<Step<T>>,
    ) -> Poll<PortResult<T>> {
        let mut state = self.lock();
        state.send_text();
        let result = step(&mut state.input);
        state.give_credit();
        match result? {
            Step::Ready(read) => Poll::Ready(Ok(read)),
            Step::NeedsMore => {
                state.input.check_data_in_text()?;
                state.input_waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Nobody reads any more.
    pub(super) fn discard_input(&self) {
        let mut state = self.lock();
        state.input.discard();
        state.give_credit();
    }

    /// Writes a datum, encoded, or text.
    pub(super) fn write(&self, datum: bool, bytes: Pieces) -> PortResult<()> {
        let mut state = self.lock();
        state.send_text();
        state.send(datum, bytes)
    }

    /// Writes text, which may wait for more.
    pub(super) fn write_text(&self, text: &[u8]) -> PortResult<()> {
        let mut state = self.lock();
        state.check_open()?;
        match state.text.write(text) {
            Some(bytes) => state.send(false, bytes.into()),
            None => Ok(()),
        }
    }

    /// Sends the text that waits.
    pub(super) fn flush(&self) -> PortResult<()> {
        let mut state = self.lock();
        state.check_open()?;
        state.send_text();
        Ok(())
    }

    /// Closes the port to the remote procedure after what was written.
    pub(super) fn close_output(&self) -> PortResult<()> {
        let mut state = self.lock();
        if state.output_closed {
            return Ok(());
        }
        state.send_text();
        state.output_closed = true;
        match &state.remote {
            Remote::Running(slave, id) => {
                slave.link.with(|link| link.end(*id));
                Ok(())
            }
            Remote::Waiting | Remote::Ended(_) => Err(PortError::Disconnected),
        }
    }

    /// Waits until everything that was written has been sent. If it has, it does not matter that the task has ended since.
    pub(super) fn poll_drained(&self, cx: &mut Context<'_>) -> Poll<PortResult<()>> {
        let mut state = self.lock();
        match &state.remote {
            Remote::Running(slave, id) if !slave.link.with(|link| link.is_drained(*id)) => {
                state.output_waker = Some(cx.waker().clone());
                Poll::Pending
            }
            Remote::Running(..) => Poll::Ready(Ok(())),
            Remote::Ended(_) if !state.is_undrained => Poll::Ready(Ok(())),
            Remote::Waiting | Remote::Ended(_) => Poll::Ready(Err(PortError::Disconnected)),
        }
    }
}

impl State {
    /// Reads the datum that the promise wants, if it is there.
    fn read_result(&mut self) {
        if self.result.is_some() {
            return;
        }
        self.result = match self.input.read_value() {
            Ok(Step::Ready(value)) => Some(Ok(value)),
            Ok(Step::NeedsMore) => None,
            Err(error) => Some(Err(error)),
        };
        if self.result.is_some() {
            self.input.discard();
        }
    }

    /// Forgets what came from a slave that will not end the task.
    fn forget_input(&mut self) {
        self.input = InputQueue::default();
        self.result = None;
    }

    /// Tells the slave how much was read.
    fn give_credit(&mut self) {
        let consumed = self.input.take_consumed();
        if consumed > 0
            && let Remote::Running(slave, id) = &self.remote
        {
            let bytes = u32::try_from(consumed).unwrap_or(u32::MAX);
            slave.link.with(|link| link.consume(*id, bytes));
        }
    }

    fn check_open(&self) -> PortResult<()> {
        match (&self.remote, self.output_closed) {
            (_, true) => Err(PortError::Closed),
            (Remote::Running(..), false) => Ok(()),
            (Remote::Waiting | Remote::Ended(_), false) => Err(PortError::Disconnected),
        }
    }

    fn send(&mut self, datum: bool, bytes: Pieces) -> PortResult<()> {
        self.check_open()?;
        let Remote::Running(slave, id) = &self.remote else { return Ok(()) };
        slave.link.with(|link| {
            let (length, length_max) = (bytes.len(), link.value_bytes_max());
            if datum && length > length_max {
                return Err(ValueError::too_long(length, length_max).into());
            }
            self.is_undrained = !link.write(*id, datum, bytes);
            Ok(())
        })
    }

    /// Sends the text that waits; if the task has ended it is lost, as everything unread is.
    fn send_text(&mut self) {
        if let Some(bytes) = self.text.take() {
            let _ = self.send(false, bytes.into());
        }
    }
}

/// Reports how a local procedure ended, also if its future is dropped because its runtime is.
pub(super) struct LocalEnd(Arc<Pending>);

impl LocalEnd {
    /// The procedure's ports.
    pub(super) fn ports(&self) -> (InputPort, OutputPort) {
        (InputPort::new(Arc::clone(&self.0)), OutputPort::new(Arc::clone(&self.0)))
    }

    /// Reports how it ended.
    pub(super) fn report(self, error: Option<LocalError>) {
        self.0.local_ended(error);
    }
}

impl Drop for LocalEnd {
    fn drop(&mut self) {
        self.0.local_ended(Some("the runtime of the local procedure was shut down".into()));
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("task", &self.task.place()).finish_non_exhaustive()
    }
}
