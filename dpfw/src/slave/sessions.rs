//! All links of one slave and the task that runs: what its threads share under one lock.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use foldhash::{HashMap, HashMapExt};
use mio::{Registry, Token};

use super::{
    Limits,
    agenda::Agenda,
    limits::Grant,
    session::{Arrived, Notice, Session},
    templates::{Hash, Templates},
};
use crate::{
    engine::Interrupter,
    link::{Chunk, LinkError},
    transport::STRANGERS_MAX,
    value::pieces::Pieces,
    wire::{Failure, Run, TaskId},
};

/// Bytes of answers that may wait for masters to read them; with more, no task starts for a master that has more than
/// [`UNREAD_FEW`] to read. Whoever reads is not held up by those who do not.
const UNREAD_MAX: usize = 32 * 1024 * 1024;

/// So many bytes may wait for any master.
pub(super) const UNREAD_FEW: usize = 64 * 1024;

/// A master that has had more than that to read for so long, and read nearly nothing, is given up where others need room.
const UNREAD_LONG: Duration = Duration::from_secs(6);

/// Room for one read.
const READ_BYTES: usize = 128 * 1024;

/// A task that was interrupted and runs still is interrupted once more after so long.
const INSIST_AFTER: Duration = Duration::from_millis(4);

/// A task that runs on for so long after it was told to stop will hardly stop at all. With what a new process takes to
/// start, a child is replaced within two seconds.
const DEAF_AFTER: Duration = Duration::from_millis(1500);

/// The links and the running task of one slave.
pub(super) struct Sessions {
    sessions: HashMap<Token, Session>,
    agenda: Agenda,
    /// Bytes of answers that masters have not read yet.
    owed: usize,
    /// How many there may be together.
    owed_max: usize,
    running: Option<Running>,
    templates: Templates,
    registry: Registry,
    interrupter: Interrupter,
    buffer: Box<[u8]>,
    next_token: usize,
    serial: u64,
    /// No task starts any more; the rest may end.
    leaving: bool,
}

/// The task that the evaluator is at.
#[derive(Debug)]
struct Running {
    token: Token,
    task: TaskId,
    serial: u64,
    grant: Grant,
    /// When it is to stop, and what it has passed then.
    deadline: Option<(Instant, Stop)>,
    arrived: Arrived,
    told: Option<Told>,
}

/// What a running task was told.
#[derive(Debug)]
struct Told {
    stop: Stop,
    at: Instant,
    /// When to interrupt it once more.
    insist_at: Instant,
}

/// Why a running task is to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its master cancelled it.
    Cancelled,
    /// Its deadline has passed.
    DeadlineExceeded,
    /// It has passed a limit of the slave's.
    Limit { which: &'static str, limit: u64 },
    /// Its link is gone: nobody waits for it.
    LinkLost,
    /// The slave stops.
    Shutdown,
}

/// What the evaluator needs to start a task.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) serial: u64,
    pub(super) task: TaskId,
    /// As a supervisor has passed its link, if one has.
    pub(super) passed_as: Option<u64>,
    pub(super) template: Hash,
    pub(super) text: Arc<str>,
    pub(super) run: Run,
    pub(super) grant: Grant,
}

/// The running task's input.
#[derive(Debug)]
pub(super) enum Input {
    Chunk(Chunk),
    End,
    Nothing,
    Stopped,
}

/// The first token of a link; those below belong to the reactor.
pub(super) const TOKEN_FIRST: usize = 1;

impl Sessions {
    pub(super) fn new(registry: Registry, interrupter: Interrupter, limits: &Limits) -> Self {
        Self {
            sessions: HashMap::new(),
            agenda: Agenda::default(),
            owed: 0,
            owed_max: limits.answers_bytes(),
            running: None,
            templates: Templates::new(limits.templates, limits.template_bytes),
            registry,
            interrupter,
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            next_token: TOKEN_FIRST,
            serial: 0,
            leaving: false,
        }
    }

    /// Takes a new link in, and hears what its master has said already: who has introduced himself is no stranger to be given
    /// up for those who come with him.
    pub(super) fn add(&mut self, mut session: Session, now: Instant) {
        let token = Token(self.next_token);
        self.next_token += 1;
        if self.leaving {
            session.end(LinkError::Shutdown);
            return;
        }
        if let Err(err) = session.stream.register(&self.registry, token) {
            session.end(err.into());
            return;
        }
        self.sessions.insert(token, session);
        self.admit(token);
        self.read(token, now);
    }

    /// Notes a stranger, and gives the oldest one up if there are too many.
    fn admit(&mut self, token: Token) {
        let is_stranger = |token: &Token| self.sessions.get(token).is_some_and(Session::is_stranger);
        if let Some(oldest) = self.agenda.strangers.admit(token, is_stranger) {
            self.end(oldest, LinkError::TooManyStrangers { limit: STRANGERS_MAX });
        }
    }

    /// Notes what the socket of `token` is ready for, and reads and writes as far as it is.
    pub(super) fn ready(&mut self, token: Token, readable: bool, ending: bool, now: Instant) {
        let Some(session) = self.sessions.get_mut(&token) else { return };
        session.readable |= readable;
        session.ending |= ending;
        self.read(token, now);
    }

    /// Goes on with the links that had more to read than their share.
    pub(super) fn read_on(&mut self, now: Instant) {
        for _ in 0..self.agenda.unread.len() {
            if let Some(token) = self.agenda.unread.pop() {
                self.read(token, now);
            }
        }
    }

    /// Whether some link has more to read.
    pub(super) fn has_readable(&self) -> bool {
        !self.agenda.unread.is_empty()
    }

    fn read(&mut self, token: Token, now: Instant) {
        let Some(session) = self.sessions.get_mut(&token) else { return };
        let (running, interrupter) = (&mut self.running, &self.interrupter);
        let result = session.read(&mut self.buffer, &mut self.templates, self.leaving, now, |notice| {
            let Some(running) = running.as_mut() else { return };
            let is_its = |task| (running.token, running.task) == (token, task);
            match notice {
                Notice::Arrived { task, chunk } if is_its(task) => match chunk {
                    Some(chunk) => running.arrived.chunks.push_back(chunk),
                    None => running.arrived.ended = true,
                },
                Notice::Cancel { task } if is_its(task) => running.stop(Stop::Cancelled, interrupter),
                // It has ended in the meantime.
                Notice::Arrived { .. } | Notice::Cancel { .. } => {}
            }
        });
        self.settle(token, |_| result);
    }

    /// Writes what the link of `token` has to say, and ends it if that or `result` failed. Notes what is left to do.
    fn settle(&mut self, token: Token, result: impl FnOnce(&mut Session) -> Result<(), LinkError>) {
        let Some(session) = self.sessions.get_mut(&token) else { return };
        if let Err(why) = result(session).and_then(|()| session.write()) {
            let why = session.why_ended(why, &mut self.buffer);
            return self.end(token, why);
        }
        if session.readable {
            self.agenda.unread.push(token);
        }
        if session.has_tasks() {
            self.agenda.turns.push(token);
        }
        self.agenda.alarms.by(token, session.next_tick());
        let (before, owed) = session.count_owed();
        self.count_owed(before, owed);
    }

    /// Counts that a master who had `before` bytes to read has so many now.
    fn count_owed(&mut self, before: usize, now: usize) {
        let was_over = self.owed > UNREAD_MAX;
        self.owed = self.owed + now - before;
        if was_over && self.owed <= UNREAD_MAX {
            while let Some(token) = self.agenda.held.pop() {
                self.agenda.turns.push(token);
            }
        }
    }

    /// Makes room for an answer of `bytes`, besides those that masters have not read yet. Says whether there is.
    fn make_room(&mut self, bytes: usize) -> bool {
        let has_room = |this: &Self| this.owed <= UNREAD_MAX || this.owed.saturating_add(bytes) <= this.owed_max;
        if has_room(self) {
            return true;
        }
        let owing = self.sessions.iter().filter_map(|(token, session)| Some((session.owes_since()?, *token)));
        let mut owing: Vec<_> = owing.filter(|(since, _)| since.elapsed() >= UNREAD_LONG).collect();
        owing.sort_unstable();
        for (_, token) in owing {
            self.end(token, LinkError::PeerDoesNotRead { limit: self.owed_max });
            if has_room(self) {
                return true;
            }
        }
        false
    }

    fn end(&mut self, token: Token, why: LinkError) {
        let Some(mut session) = self.sessions.remove(&token) else { return };
        self.agenda.alarms.remove(token);
        self.count_owed(session.counted(), 0);
        tracing::debug!(peer = session.stream.peer(), %why, "a link to a master ended");
        session.end(why);
        // Closing the socket deregisters it as well.
        let _ = session.stream.deregister(&self.registry);
        if let Some(running) = self.running.as_mut().filter(|running| running.token == token) {
            running.stop(Stop::LinkLost, &self.interrupter);
        }
    }

    /// Minds heartbeats and deadlines.
    pub(super) fn tick(&mut self, now: Instant) {
        if let Some(running) = self.running.as_mut()
            && let Some((deadline, why)) = &running.deadline
            && *deadline <= now
        {
            let why = why.clone();
            running.stop(why, &self.interrupter);
        }
        if let Some(running) = &mut self.running {
            running.insist(now, &self.interrupter);
        }
        while let Some(token) = self.agenda.alarms.take_due(now) {
            self.settle(token, |session| session.tick(now));
        }
    }

    /// When [`tick`](Self::tick) is to be called next.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        let running = self.running.as_ref().and_then(|running| match &running.told {
            Some(told) => Some(told.insist_at),
            None => running.deadline.as_ref().map(|(deadline, _)| *deadline),
        });
        [self.agenda.alarms.next(), running].into_iter().flatten().min()
    }

    /// Starts the next task: one from each link in turn.
    pub(super) fn start_next(&mut self, limits: &Limits) -> Option<Start> {
        if self.leaving {
            return None;
        }
        while let Some(token) = self.agenda.turns.pop() {
            let Some(session) = self.sessions.get_mut(&token).filter(|session| session.has_tasks()) else { continue };
            if self.owed > UNREAD_MAX && session.owed() > UNREAD_FEW {
                self.agenda.held.push(token);
                continue;
            }
            let Some((queued, text)) = session.take_ready(&mut self.templates) else {
                // It has its turn again when the text has come.
                self.agenda.unsaid.push(token);
                continue;
            };
            let passed_as = session.passed_as;
            if session.has_tasks() {
                self.agenda.turns.push(token);
            }
            self.serial += 1;
            let deadline = earliest(queued.deadline, limits);
            let grant = Grant::new(limits, &queued.run.limits);
            let start = Start {
                serial: self.serial,
                task: queued.task,
                passed_as,
                template: queued.run.template,
                text,
                run: queued.run,
                grant,
            };
            self.running = Some(Running {
                token,
                task: queued.task,
                serial: self.serial,
                grant,
                deadline,
                arrived: queued.arrived,
                told: None,
            });
            // Under the lock: a cancel comes either before, and finds no task to interrupt, or after, and hits this one.
            self.interrupter.begin(self.serial);
            return Some(start);
        }
        None
    }

    /// What the task `serial` may take, if it runs still.
    pub(super) fn grant(&self, serial: u64) -> Option<Grant> {
        self.running.as_ref().filter(|running| running.serial == serial).map(|running| running.grant)
    }

    /// Templates that were dropped since this was last asked.
    pub(super) fn dropped_templates(&mut self) -> Vec<Hash> {
        self.templates.take_dropped()
    }

    /// Why the running task is to stop.
    pub(super) fn stop_reason(&self) -> Option<Stop> {
        Some(self.running.as_ref()?.told.as_ref()?.stop.clone())
    }

    /// The next thing that came for the running task.
    pub(super) fn input(&mut self) -> Input {
        let Some(running) = self.running.as_mut() else { return Input::Stopped };
        if running.told.is_some() {
            return Input::Stopped;
        }
        match running.arrived.chunks.pop_front() {
            Some(chunk) => Input::Chunk(chunk),
            None if running.arrived.ended => Input::End,
            None => Input::Nothing,
        }
    }

    /// Lets `speak` say something about the running task on its link.
    pub(super) fn speak<R>(&mut self, speak: impl FnOnce(&mut Session, TaskId) -> R) -> Option<R> {
        let running = self.running.as_ref()?;
        self.sessions.get_mut(&running.token).map(|session| speak(session, running.task))
    }

    /// Writes out what the running task's link has to say.
    pub(super) fn flush_running(&mut self) {
        if let Some(token) = self.running.as_ref().map(|running| running.token) {
            self.settle(token, |_| Ok(()));
        }
    }

    /// Writes out what any link has to say.
    pub(super) fn flush(&mut self) {
        while let Some(token) = self.agenda.unsaid.pop() {
            self.settle(token, |_| Ok(()));
        }
    }

    /// Whether answers of more than `bytes` wait to be written.
    pub(super) fn owes_more_than(&mut self, bytes: usize) -> bool {
        let owes = |token| self.sessions.get_mut(token).is_some_and(|session| session.link.output_len() > bytes);
        self.agenda.unsaid.iter().any(owes)
    }

    /// Ends the running task and says how on its link. The answer is written with the next flush.
    pub(super) fn finish(&mut self, outcome: Result<Option<Pieces>, Failure>) {
        self.interrupter.end();
        let Some(running) = self.running.take() else { return };
        // A task that was told to stop has failed even if it ended just then: its master was told so already.
        let outcome = running.told.map_or(outcome, |told| Err(told.stop.failure()));
        let outcome = match outcome {
            Ok(Some(value)) if value.len() > UNREAD_FEW && !self.make_room(value.len()) => {
                let which = "bytes of answers that masters have not read";
                Err(Stop::Limit { which, limit: self.owed_max as u64 }.failure())
            }
            outcome => outcome,
        };
        let Some(session) = self.sessions.get_mut(&running.token) else { return };
        // What was sent and not read is nobody's concern any more; the link forgets it with the task.
        match outcome {
            Ok(value) => session.link.done(running.task, value),
            Err(failure) => session.link.failed(running.task, failure),
        }
        self.agenda.unsaid.push(running.token);
    }

    /// Starts no more tasks; tells the masters.
    pub(super) fn leave(&mut self) {
        self.leaving = true;
        for (token, session) in &mut self.sessions {
            // First: a slave gives back what it was not asked for only when it leaves.
            session.link.goodbye("the slave is leaving");
            session.refuse_queue();
            self.agenda.unsaid.push(*token);
        }
        self.flush();
    }

    /// Interrupts the task `serial`, if it runs still.
    pub(super) fn stop_task(&mut self, serial: u64, why: Stop) {
        if let Some(running) = self.running.as_mut().filter(|running| running.serial == serial) {
            running.stop(why, &self.interrupter);
        }
    }

    /// Interrupts the running task.
    pub(super) fn stop_running(&mut self, why: Stop) {
        if let Some(running) = &mut self.running {
            running.stop(why, &self.interrupter);
        }
    }

    /// Whether the running task was told to stop long ago.
    pub(super) fn is_deaf(&self, now: Instant) -> bool {
        let told = self.running.as_ref().and_then(|running| running.told.as_ref());
        told.is_some_and(|told| now.duration_since(told.at) >= DEAF_AFTER)
    }

    /// Whether the slave leaves and everything is said.
    pub(super) fn has_left(&mut self) -> bool {
        self.leaving && self.running.is_none() && !self.sessions.values_mut().any(Session::has_more_to_say)
    }

    /// Ends all links.
    pub(super) fn end_all(&mut self, why: &LinkError) {
        for token in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.end(token, why.clone());
        }
    }

    /// Ends the links of which `which` holds.
    pub(super) fn end_where(&mut self, which: impl Fn(&Session) -> bool, why: &LinkError) {
        let ended: Vec<_> = self.sessions.iter().filter(|(_, s)| which(s)).map(|(token, _)| *token).collect();
        for token in ended {
            self.end(token, why.clone());
        }
    }
}

fn earliest(deadline: Option<Instant>, limits: &Limits) -> Option<(Instant, Stop)> {
    let deadline = deadline.map(|deadline| (deadline, Stop::DeadlineExceeded));
    let wall = limits.wall_time.and_then(|limit| {
        let stop =
            Stop::Limit { which: "ms of wall time", limit: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) };
        Some((Instant::now().checked_add(limit)?, stop))
    });
    [deadline, wall].into_iter().flatten().min_by_key(|(at, _)| *at)
}

impl Running {
    /// The first reason counts.
    fn stop(&mut self, why: Stop, interrupter: &Interrupter) {
        if self.told.is_none() {
            let now = Instant::now();
            interrupter.interrupt(self.serial);
            self.told = Some(Told { stop: why, at: now, insist_at: now + INSIST_AFTER });
        }
    }

    /// Interrupts once more if it takes long: Steel forgets an interrupt that comes while it collects garbage.
    fn insist(&mut self, now: Instant, interrupter: &Interrupter) {
        if let Some(told) = self.told.as_mut().filter(|told| told.insist_at <= now) {
            interrupter.interrupt(self.serial);
            told.insist_at = now + INSIST_AFTER;
        }
    }
}

impl Stop {
    /// What the master is told.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::Cancelled | Self::LinkLost => Failure::Cancelled,
            Self::DeadlineExceeded => Failure::DeadlineExceeded,
            Self::Limit { which, limit } => Failure::LimitExceeded { which: (*which).to_owned(), limit: Some(*limit) },
            Self::Shutdown => Failure::Broken { message: "the slave was shut down".to_owned() },
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("links", &self.sessions.len()).finish_non_exhaustive()
    }
}
