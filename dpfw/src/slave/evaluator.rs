//! The thread that owns a slave's engine.

use std::{
    cell::RefCell,
    io,
    rc::Rc,
    sync::{Arc, atomic::AtomicBool, mpsc},
    thread,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use foldhash::{HashMap, HashMapExt};

use super::{
    Limits,
    carrier::Carrier,
    hub::{self, Hub, Watcher},
    limits::Grant,
    sessions::Start,
    templates::Hash,
};
use crate::{
    engine::{self, Compiled, Engine, EngineConfig, Limit, Rejection, UserNatives},
    link::LinkError,
    value::{
        Value, decode, encode_shown,
        pieces::{Pieces, PiecesMut},
    },
    wire::Failure,
};

/// Templates after which an engine is replaced: Steel keeps something of each for ever.
const COMPILES_MAX: u64 = 10_000;
/// The exit status of a child that has grown too much.
const RETIRED: i32 = 75;
/// How long masters may take to read the last answers of a child that has grown too much.
const RETIRE_MAX: Duration = Duration::from_secs(5);
/// A backlog of tasks is worked off without looking at the links for so long, or for as long as looking at them took:
/// whoever sends much that is no task leaves the tasks of others at least half of the time.
const DEAF_MIN: Duration = Duration::from_micros(500);
/// However long that took, cancels are heard after so long.
const DEAF_MAX: Duration = Duration::from_millis(10);
/// Answers that wait for more of them before they are written, in bytes.
const ANSWERS_MAX: usize = 16 * 1024;

/// Starts the threads of a slave and gives the hub over which they are reached. Its process may take `child_memory`.
pub(super) fn start(natives: UserNatives, limits: Limits, child_memory: Option<u64>) -> io::Result<Arc<Hub>> {
    let (tell, told) = mpsc::sync_channel(1);
    thread::Builder::new().name("dpfw-evaluator".to_owned()).stack_size(limits.stack_bytes).spawn(move || {
        let left_bytes = limits.left_bytes(child_memory);
        let mut engine = Engine::new(natives, engine_config(&limits, left_bytes));
        // Before anybody is told: what it opens for that a child may not open later.
        engine.warm_up();
        let hub = match Hub::new(engine.interrupter(), limits) {
            Ok(hub) => Arc::new(hub),
            Err(err) => {
                // Whoever started the thread waits for this.
                let _ = tell.send(Err(err));
                return;
            }
        };
        let asleep = Arc::new(AtomicBool::new(false));
        let watcher = {
            let (hub, asleep) = (Arc::clone(&hub), Arc::clone(&asleep));
            thread::Builder::new().name("dpfw-watcher".to_owned()).spawn(move || hub::stand_by(&hub, &asleep))
        };
        let watcher = match watcher {
            Ok(watcher) => watcher,
            Err(err) => {
                let _ = tell.send(Err(err));
                return;
            }
        };
        let _ = tell.send(Ok(Arc::clone(&hub)));
        let end = EndAll(&hub);
        let mut evaluator = Evaluator {
            engine,
            compiled: HashMap::new(),
            watcher: Watcher::new(watcher.thread().clone()),
            asleep,
            hub: Arc::clone(&hub),
            works_until: Instant::now(),
            answer: PiecesMut::with_room(),
            left_bytes,
            retires_by: None,
        };
        evaluator.serve();
        if evaluator.retires_by.is_some() {
            // Not as one that leaves: the supervisor starts another.
            std::process::exit(RETIRED);
        }
        drop(end);
        watcher.thread().unpark();
    })?;
    told.recv().unwrap_or_else(|_| Err(io::Error::other("the evaluator did not start")))
}

/// Ends the links with the evaluator: nobody would answer on them.
struct EndAll<'h>(&'h Hub);

impl Drop for EndAll<'_> {
    fn drop(&mut self) {
        self.0.end_all(&LinkError::Shutdown);
    }
}

struct Evaluator {
    engine: Engine,
    compiled: HashMap<Hash, Compiled>,
    watcher: Watcher,
    asleep: Arc<AtomicBool>,
    hub: Arc<Hub>,
    /// When the links are to be looked at, whatever tasks wait.
    works_until: Instant,
    /// The value of a task while it is encoded.
    answer: PiecesMut,
    /// What tasks may leave behind, in the table or for nobody.
    left_bytes: Option<u64>,
    /// The process ends as soon as its masters know, or then, since it has grown too much.
    retires_by: Option<Instant>,
}

impl Evaluator {
    fn serve(&mut self) {
        while let Some(start) = self.next_task() {
            self.hub.set_busy(start.serial);
            self.watcher.call(&self.asleep);
            let begun = Instant::now();
            let outcome = self.run(start);
            let took = begun.elapsed();
            self.hub.set_busy(0);
            self.hub.sessions().finish(outcome);
            let grown = self.engine.tidy(took);
            self.note_growth(grown);
            if self.engine.compiles() > COMPILES_MAX {
                self.engine.try_replace();
            }
        }
    }

    /// The process has grown by so many bytes that nothing could be made of again.
    fn note_growth(&mut self, bytes: u64) {
        let Some(bytes_max) = self.left_bytes.filter(|bytes_max| bytes > *bytes_max) else { return };
        // All of it is in the table, or lost to cycles that Steel does not find.
        tracing::error!(bytes, bytes_max, "what tasks leave behind takes more memory than it may");
        if is_child() && self.retires_by.is_none() {
            self.retires_by = Some(Instant::now() + RETIRE_MAX);
            self.hub.leave();
        }
    }

    /// Waits for a task, moving the bytes of all links in the meantime; `None` when the slave has stopped.
    fn next_task(&mut self) -> Option<Start> {
        let hub = Arc::clone(&self.hub);
        let mut polling = None;
        let mut now = Instant::now();
        loop {
            let mut sessions = hub.sessions();
            if hub.is_stopped() || sessions.has_left() || self.retires_by.is_some_and(|by| by <= now) {
                return None;
            }
            for hash in sessions.dropped_templates() {
                self.compiled.remove(&hash);
            }
            // A backlog is worked off before its answers are written; but neither answers nor links wait for long.
            let may_start = now < self.works_until;
            if may_start && let Some(start) = sessions.start_next(&hub.limits) {
                if sessions.owes_more_than(ANSWERS_MAX) {
                    sessions.flush();
                }
                return Some(start);
            }
            sessions.flush();
            drop(sessions);
            let limit = if may_start { self.retires_by.map(|by| by - now) } else { Some(Duration::ZERO) };
            let heard = hub.turn(polling.get_or_insert_with(|| hub.poll_for_evaluator()), limit, now);
            now = Instant::now();
            self.works_until = (heard + DEAF_MIN).max(now + now.duration_since(heard).min(DEAF_MAX));
        }
    }

    /// Runs a task; gives its encoded value, if it has one.
    fn run(&mut self, start: Start) -> Result<Option<Pieces>, Failure> {
        let Start { serial, task, passed_as, template, text, run, grant } = start;
        #[cfg(unix)]
        if let Err(err) = self.hub.mark_started(passed_as, task) {
            return Err(Failure::Broken { message: format!("it cannot tell its supervisor which task starts: {err}") });
        }
        #[cfg(not(unix))]
        let _ = (task, passed_as);
        let refused = |message: String| Failure::Rejected { offset: None, message };
        let compiled = match self.compiled.get(&template) {
            Some(compiled) => compiled.clone(),
            None => {
                let compiled = self.engine.compile(&text).map_err(as_refusal)?;
                self.compiled.insert(template, compiled.clone());
                compiled
            }
        };
        let mut bytes = run.values.into_bytes();
        let mut values = Vec::new();
        for _ in 0..run.values_count {
            values.push(decode(&mut bytes).map_err(|err| refused(format!("a value of the task: {err}")))?);
        }
        if !bytes.is_empty() {
            return Err(refused("bytes are left over after the task's values".to_owned()));
        }
        let carrier = Rc::new(RefCell::new(Carrier::new(Arc::clone(&self.hub), serial, grant.output_bytes)));
        match self.engine.call(&compiled, values, carrier) {
            Ok(Value::Void) => Ok(None),
            Ok(value) => match encode_shown(&value, &mut self.answer) {
                Ok(()) => {
                    let (answer, limit) = (self.answer.take(), grant.result_bytes);
                    match answer.len() > limit {
                        true => Err(too_long(limit)),
                        false => Ok(Some(answer)),
                    }
                }
                Err(limit) => {
                    self.answer.clear();
                    Err(as_limit(limit.into()))
                }
            },
            Err(failure) => Err(as_failure(failure, &grant)),
        }
    }
}

/// Whether this process is one that a supervisor replaces.
#[cfg(unix)]
fn is_child() -> bool {
    super::supervisor::this_child().is_some()
}

#[cfg(not(unix))]
fn is_child() -> bool {
    false
}

/// What an engine allows within the limits of its slave.
fn engine_config(limits: &Limits, left_bytes: Option<u64>) -> EngineConfig {
    let mut config = EngineConfig::default();
    if let Some(bytes) = left_bytes {
        config.growth_bytes = config.growth_bytes.min(bytes / 2);
    }
    config.admit.depth_max = limits.template_depth;
    config.admit.nodes_max = limits.template_nodes;
    config.admit.effort_max = limits.template_effort;
    config.sizes.table_entries = limits.table_entries;
    if let Some(bytes) = limits.memory_bytes {
        // It is made faster than anybody can look.
        config.sizes.bytes_max = usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    config
}

fn too_long(limit: usize) -> Failure {
    Failure::LimitExceeded { which: "bytes of the value of a task".to_owned(), limit: u64::try_from(limit).ok() }
}

/// The failure of an evaluation, to which so much was granted, as the wire says it.
fn as_failure(failure: engine::Failure, grant: &Grant) -> Failure {
    match failure {
        engine::Failure::Raised(raised) => {
            let mut values = BytesMut::new();
            let irritants = Value::List(raised.irritants);
            if encode_shown(&raised.payload, &mut values).and_then(|()| encode_shown(&irritants, &mut values)).is_err()
            {
                // Longer than values may be: the message stays.
                values.clear();
            }
            Failure::Raised {
                offset: raised.offset,
                backtrace: raised.backtrace,
                message: raised.message,
                values: values.freeze(),
            }
        }
        engine::Failure::Limit(limit) => as_limit(limit),
        engine::Failure::Interrupted => Failure::Cancelled,
        engine::Failure::OutOfMemory => {
            Failure::LimitExceeded { which: "bytes of memory".to_owned(), limit: grant.memory_bytes }
        }
        engine::Failure::Panicked(message) => Failure::Broken { message },
        engine::Failure::Rejected(rejection) => as_refusal(rejection),
    }
}

fn as_refusal(rejection: Rejection) -> Failure {
    match rejection.limit {
        Some(limit) => as_limit(limit),
        None => Failure::Rejected { offset: rejection.offset, message: rejection.message },
    }
}

fn as_limit(limit: Limit) -> Failure {
    Failure::LimitExceeded { which: limit.which.to_owned(), limit: Some(limit.max) }
}
