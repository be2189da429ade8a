//! One slave, as its master sees it: the link and the tasks on it.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::Bytes;
use foldhash::HashMap;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::{Condition, Rejected, Shared, SlaveLost, TaskErrorKind, pending::Pending, printed::Printed};
use crate::{
    Value, clock,
    link::{Chunk, Event, LinkError, tokio_driver::LinkHandle},
    port::Segment,
    task::TemplateRef,
    value::decode,
    wire::{Failure, Hello, Run, TaskId, WireError},
};

/// A slave's number with its master. A slave that comes back has a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlaveId(pub(super) u64);

impl fmt::Display for SlaveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A link to a slave.
#[derive(Debug)]
pub(crate) struct SlaveLink {
    pub(super) id: SlaveId,
    pub(super) peer: String,
    pub(super) link: LinkHandle,
    /// The runtime that drives the link, and runs the local procedures of its tasks.
    pub(super) runtime: Handle,
    hello: OnceLock<Hello>,
    sent: Mutex<Sent>,
    printed: Printed,
}

/// What a slave was sent and has not answered.
#[derive(Debug)]
struct Sent {
    tasks: HashMap<TaskId, Arc<Pending>>,
    /// No task after this one was called back.
    recalled: TaskId,
    /// The slave said goodbye.
    is_leaving: bool,
    /// The link has ended: whoever would still be sent would not be missed.
    is_lost: bool,
}

/// Whether a task was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Sent,
    /// It has ended before.
    Ended,
    /// The slave is lost.
    Lost,
}

impl SlaveLink {
    pub(super) fn new(id: SlaveId, peer: String, hello: Hello, shared: &Shared, stop: CancellationToken) -> Self {
        Self {
            id,
            peer,
            link: LinkHandle::new(hello, shared.token(), shared.config.link.clone(), stop),
            runtime: Handle::current(),
            hello: OnceLock::new(),
            sent: Mutex::new(Sent {
                tasks: HashMap::default(),
                recalled: TaskId::LINK,
                is_leaving: false,
                is_lost: false,
            }),
            printed: Printed::default(),
        }
    }

    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn task(&self, id: TaskId) -> Option<Arc<Pending>> {
        self.sent().tasks.get(&id).cloned()
    }

    #[cfg(test)]
    /// How many tasks have no answer, and how many bytes their values have.
    pub(super) fn tasks_total(&self) -> (usize, usize) {
        let sent = self.sent();
        (sent.tasks.len(), sent.tasks.values().map(|pending| pending.bytes()).sum())
    }

    /// What the slave said of itself.
    pub(super) fn hello(&self) -> Option<&Hello> {
        self.hello.get()
    }

    /// How many slaves stand behind its address.
    pub(super) fn slaves(&self) -> u32 {
        self.hello().map_or(1, |hello| hello.slaves)
    }

    /// The first procedure that `template` needs and the slave does not offer.
    pub(super) fn missing<'t>(&self, template: &'t TemplateRef) -> Option<&'t str> {
        self.first_missing(template.externs())
    }

    /// The first of some procedures that the slave does not offer.
    pub(super) fn first_missing<'n>(&self, mut needs: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let offers = |name: &str| self.hello().is_some_and(|hello| hello.natives.iter().any(|n| n.name == name));
        needs.find(|name| !offers(name))
    }

    /// Sends a task, unless it has ended or the slave is lost.
    pub(super) fn start(self: &Arc<Self>, pending: &Arc<Pending>) -> Start {
        let task = &pending.task;
        let (length, limit) = (pending.bytes(), self.link.with(|link| link.value_bytes_max()));
        if length > limit {
            let which = "bytes of the values of a task".to_owned();
            pending.end(TaskErrorKind::LimitExceeded { which, limit: Some(limit as u64) });
            return Start::Ended;
        }
        pending.start(self, |no_input| {
            let left_ms = pending.deadline.map(|deadline| {
                let left = deadline.saturating_duration_since(clock::now());
                // Rounded up: the slave's clock must not be the first to strike.
                u64::try_from(left.as_millis()).unwrap_or(u64::MAX).saturating_add(1)
            });
            let values = task.values();
            let run = Run {
                template: task.template().hash().0,
                left_ms,
                no_input,
                limits: task.options().limits,
                values_count: values.count,
                values: values.bytes.clone(),
            };
            // The task is noted before its answer can come: the link's lock is held until then.
            self.link.with(|link| {
                let mut sent = self.sent();
                if sent.is_lost {
                    return None;
                }
                let id = link.run(run);
                sent.tasks.insert(id, Arc::clone(pending));
                Some(id)
            })
        })
    }

    /// Handles what came over the link. An error ends it.
    pub(super) fn handle(self: &Arc<Self>, event: Event, shared: &Arc<Shared>) -> Result<(), LinkError> {
        match event {
            Event::Ready => {
                if let Some(hello) = self.link.with(|link| link.peer().cloned()) {
                    // Said once on each link.
                    let _ = self.hello.set(hello);
                }
                shared.joined(self);
            }
            Event::Goodbye { .. } => {
                self.sent().is_leaving = true;
                shared.is_leaving(self);
            }
            Event::NeedTemplate { task, template } => {
                let Some(pending) = self.task(task) else { return Ok(()) };
                let own = pending.task.template();
                if own.hash().0 != template {
                    return Err(WireError::Malformed { message: "need-template", what: "is not the task's" }.into());
                }
                let text = Bytes::copy_from_slice(own.text().as_bytes());
                self.link.with(|link| link.template(task, text));
            }
            Event::Data { task, chunk } => {
                let (segment, credit) = segment(chunk)?;
                if let Some(pending) = self.task(task) {
                    pending.arrived(segment, credit);
                }
            }
            Event::End { task } => {
                if let Some(pending) = self.task(task) {
                    pending.input_ended();
                }
            }
            Event::Drained { task } => {
                if let Some(pending) = self.task(task) {
                    pending.drained();
                }
            }
            Event::Done { task, value } => {
                let value = value.map(|bytes| value_of(bytes, "done")).transpose()?;
                let pending = self.sent().tasks.remove(&task);
                if let Some(pending) = pending {
                    pending.remote_ended(Ok(value));
                }
            }
            Event::Failed { task, failure } => {
                let Some(pending) = self.task(task) else { return Ok(()) };
                // Removed after what could be wrong with it: a link that ends gives up the tasks that it finds here.
                let kind = failure_kind(&pending, failure)?;
                {
                    let mut sent = self.sent();
                    if kind.is_none() && !sent.is_leaving && task > sent.recalled {
                        // It could give the task back whenever it is sent, for ever.
                        let what = "gives a task back that was not called back";
                        return Err(WireError::Malformed { message: "failed", what }.into());
                    }
                    sent.tasks.remove(&task);
                }
                match kind {
                    // Its evaluator broke, and nothing else of the slave.
                    Some(TaskErrorKind::SlaveLost(_)) if pending.may_retry() => shared.wait_again(&pending),
                    Some(kind) => pending.remote_ended(Err(kind)),
                    // It has not run: sending it again is no second time, if nobody has seen its ports either.
                    None if pending.may_restart() => shared.wait_again(&pending),
                    None => {
                        let lost = SlaveLost::Link(LinkError::PeerShutdown);
                        pending.remote_ended(Err(TaskErrorKind::SlaveLost(lost)));
                    }
                }
            }
            Event::Log { task, text } => {
                if let Some(pending) = self.task(task) {
                    self.printed.log(self.id, &pending, &text);
                }
            }
            Event::Run { .. } | Event::Template { .. } | Event::Cancel { .. } | Event::Recall { .. } => {
                unreachable!("a master's link refuses what only masters say")
            }
        }
        Ok(())
    }

    /// Asks for the tasks back that have not started and that another slave may have as well. Since the slave was found
    /// busy it may have become free and been given others: those that it alone can have stay with it.
    pub(super) fn recall(&self) {
        let tasks = {
            let mut sent = self.sent();
            let movable = sent.tasks.iter().filter(|(_, pending)| pending.may_move());
            let mut tasks: Vec<_> = movable.map(|(id, _)| *id).collect();
            tasks.sort_unstable();
            sent.recalled = tasks.last().copied().unwrap_or(sent.recalled);
            tasks
        };
        self.link.with(|link| tasks.into_iter().for_each(|task| link.recall(task)));
    }

    /// Gives up the tasks of a link that has ended.
    pub(super) fn lost(&self, why: &LinkError, shared: &Arc<Shared>) {
        let mut tasks: Vec<_> = {
            let mut sent = self.sent();
            sent.is_lost = true;
            std::mem::take(&mut sent.tasks).into_iter().collect()
        };
        // As they were sent: whoever waits hears of them in that order.
        tasks.sort_unstable_by_key(|(id, _)| *id);
        let last_started = match why {
            LinkError::Died(death) => death.last_started,
            _ => None,
        };
        for (id, pending) in tasks {
            // As its slave's supervisor knows.
            let has_not_run = last_started.is_some_and(|last| id.0 > last);
            if (has_not_run && pending.may_restart_after_death()) || pending.may_retry() {
                shared.wait_again(&pending);
                continue;
            }
            let kind = match why {
                LinkError::Shutdown => TaskErrorKind::Cancelled,
                why => TaskErrorKind::SlaveLost(why.clone().into()),
            };
            pending.remote_ended(Err(kind));
        }
    }
}

/// Runs a future that speaks on the link of `slave`: what it says while it is polled is written at once and together, by
/// the same thread.
pub(super) async fn corked<T>(slave: Arc<SlaveLink>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let _cork = slave.link.cork();
        future.as_mut().poll(cx)
    })
    .await
}

/// Why a task failed, in the master's terms; `None` if it was not started.
fn failure_kind(pending: &Pending, failure: Failure) -> Result<Option<TaskErrorKind>, LinkError> {
    let template = pending.task.template();
    let place = |offset: Option<u32>| offset.map_or_else(|| template.place(), |offset| template.place_of(offset));
    Ok(Some(match failure {
        Failure::Raised { offset, backtrace, message, mut values } => {
            let payload = next_value(&mut values)?.filter(|payload| *payload != Value::Void);
            let irritants = match next_value(&mut values)? {
                Some(Value::List(irritants)) => irritants,
                _ => Vec::new(),
            };
            let backtrace = backtrace.into_iter().map(|offset| place(Some(offset))).collect();
            TaskErrorKind::Raised(Condition { message, irritants, payload, place: place(offset), backtrace })
        }
        Failure::Rejected { offset, message } => {
            TaskErrorKind::Rejected(Rejected::BySlave { message, place: place(offset) })
        }
        Failure::Cancelled => TaskErrorKind::Cancelled,
        Failure::DeadlineExceeded => TaskErrorKind::DeadlineExceeded,
        Failure::LimitExceeded { which, limit } => TaskErrorKind::LimitExceeded { which, limit },
        Failure::Broken { message } => TaskErrorKind::SlaveLost(SlaveLost::Evaluator { message }),
        Failure::NotStarted => return Ok(None),
    }))
}

fn segment(chunk: Chunk) -> Result<(Segment, u32), LinkError> {
    let Chunk { datum, bytes, credit } = chunk;
    let segment = if datum { Segment::Datum(value_of(bytes, "data")?) } else { Segment::Bytes(bytes) };
    Ok((segment, credit))
}

fn value_of(mut bytes: Bytes, message: &'static str) -> Result<Value, LinkError> {
    match decode(&mut bytes) {
        Ok(value) if bytes.is_empty() => Ok(value),
        Ok(_) => Err(WireError::Malformed { message, what: "has bytes left over after its value" }.into()),
        Err(_) => Err(WireError::Malformed { message, what: "holds no value" }.into()),
    }
}

fn next_value(bytes: &mut Bytes) -> Result<Option<Value>, LinkError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let malformed = |_| WireError::Malformed { message: "failed", what: "holds no value" };
    Ok(Some(decode(bytes).map_err(malformed)?))
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use bytes::BytesMut;

    use super::*;
    use crate::{
        LinkConfig, Master, PortError, Result, Task,
        link::Link,
        master::local,
        wire::{Message, Role},
    };

    /// A write waits for room, and its task has ended before it hears that there was some.
    #[tokio::test]
    async fn what_was_read_counts_as_written() {
        let master = Master::new();
        let shared = master.shared();
        let slave =
            Arc::new(SlaveLink::new(SlaveId(1), "test".into(), shared.hello(), shared, CancellationToken::new()));
        let mut hello = BytesMut::new();
        Message::Hello(Hello::new(Role::Slave, 8, 1, [0; 16])).put(&mut hello);
        assert_eq!(slave.link.with(|link| link.next_event(&mut hello)), Ok(Some(Event::Ready)));
        for (is_drained, expected) in [(true, Ok(())), (false, Err(PortError::Disconnected))] {
            let (start, _slot) = local::prepare(|_, _| std::future::pending::<Result<()>>());
            let pending = master.pend(Task::parse("(lambda (i o) (read i))").unwrap(), Some(start));
            assert_eq!(slave.start(&pending), Start::Sent);
            let drained = || poll_fn(|cx| Poll::Ready(pending.poll_drained(cx)));
            pending.write(false, Bytes::from_static(b"more than eight bytes").into()).unwrap();
            assert_eq!(drained().await, Poll::Pending);
            if is_drained {
                pending.drained();
            }
            pending.remote_ended(Ok(None));
            assert_eq!(drained().await, Poll::Ready(expected));
        }
    }

    /// A slave that was found busy may have ended everything when it is asked for what it has not started, and have a
    /// task whose local procedure runs.
    #[tokio::test]
    async fn only_what_may_move_is_called_back() {
        let master = Master::new();
        let shared = master.shared();
        let slave = SlaveLink::new(SlaveId(1), "nobody".into(), shared.hello(), shared, CancellationToken::new());
        let slave = Arc::new(slave);
        let task = || Task::parse("(lambda (i o) 1)").unwrap();
        let (start, _slot) = local::prepare(|_, _| std::future::pending::<Result<()>>());
        let (in_line, bound) = (master.pend(task(), None), master.pend(task(), None));
        let with_local = master.pend(task(), Some(start));
        in_line.turn(0);
        with_local.turn(1);
        for pending in [&in_line, &bound, &with_local] {
            assert_eq!(slave.start(pending), Start::Sent);
        }
        slave.recall();
        let mut bytes = BytesMut::new();
        slave.link.with(|link| {
            while let Some(out) = link.take_output() {
                bytes.extend_from_slice(&out);
            }
        });
        let hello = Hello::new(Role::Slave, 8, 1, [0; 16]);
        let mut peer = Link::new(hello, None, LinkConfig::default(), clock::now());
        let (mut sent, mut called_back) = (Vec::new(), Vec::new());
        while let Some(event) = peer.next_event(&mut bytes).unwrap() {
            match event {
                Event::Run { task, .. } => sent.push(task),
                Event::Recall { task } => called_back.push(task),
                _ => {}
            }
        }
        assert_eq!(sent.len(), 3);
        assert_eq!(called_back, sent[..1]);
    }

    /// Nobody has noticed yet that the link ends with it.
    #[test]
    fn a_runtime_that_was_shut_down_ends_the_local_procedures_that_it_is_given() {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (gone, other) = (runtime(), runtime());
        let master = Master::new();
        let shared = master.shared();
        let slave = gone.block_on(async {
            SlaveLink::new(SlaveId(1), "nobody".into(), shared.hello(), shared, CancellationToken::new())
        });
        let slave = Arc::new(slave);
        drop(gone);
        other.block_on(async {
            let (start, _slot) = local::prepare(|_, _| std::future::pending::<Result<()>>());
            let pending = master.pend(Task::parse("(lambda (i o) 1)").unwrap(), Some(start));
            assert_eq!(slave.start(&pending), Start::Sent);
            pending.remote_ended(Ok(None));
            assert!(pending.is_settled());
        });
    }

    /// Another thread may have chosen a slave just before its link ended.
    #[tokio::test]
    async fn a_lost_slave_is_sent_nothing_more() {
        let master = Master::new();
        let shared = master.shared();
        let slave = SlaveLink::new(SlaveId(1), "nobody".into(), shared.hello(), shared, CancellationToken::new());
        let slave = Arc::new(slave);
        let pending = || master.pend(Task::parse("(lambda (i o) 1)").unwrap(), None);
        let sent = pending();
        assert_eq!(slave.start(&sent), Start::Sent);
        slave.lost(&LinkError::Closed, shared);
        assert!(sent.is_settled());
        let late = pending();
        assert_eq!(slave.start(&late), Start::Lost);
        assert!(!late.is_settled() && slave.tasks_total() == (0, 0));
    }
}
