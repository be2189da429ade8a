//! One master's link, as the slave holds it: socket, link and the tasks that wait.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use foldhash::{HashMap, HashMapExt};
use tokio::sync::oneshot;

use super::{
    sessions::UNREAD_FEW,
    stream::Stream,
    templates::{Hash, Templates},
};
use crate::{
    link::{Chunk, Event, Link, LinkError, Unwritten},
    wire::{Failure, Run, TaskId, WireError},
};

/// Tasks that may be refused while their master does not read.
const REFUSALS_MAX: u32 = 64 * 1024;

/// Bytes read from one link before the others have their turn. Those of the smallest messages take some milliseconds.
const READ_BUDGET: usize = 256 * 1024;

/// One link to a master.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stream: Stream,
    pub(super) link: Link,
    input: BytesMut,
    unwritten: Unwritten,
    /// What its master had to read when [`owed`](Self::owed) was last counted.
    counted: usize,
    debt: Option<Debt>,
    /// Whether the socket may hold more than was read.
    pub(super) readable: bool,
    /// Whether the socket said that its end is near.
    pub(super) ending: bool,
    queue: VecDeque<Queued>,
    /// Tasks that were refused since everything was written.
    refusals: u32,
    /// Which task asked for a template that has not come yet.
    asked: HashMap<Hash, TaskId>,
    /// What the first task of the queue asked for: the others' templates may take its place before its turn, and again
    /// whenever it asks.
    first_text: Option<(Hash, Arc<str>)>,
    /// Told why the link ended.
    ended: Option<oneshot::Sender<LinkError>>,
    /// Which call of `serve` or `connect` it belongs to and ends with, if to any.
    pub(super) owner: Option<u64>,
    /// The number under which a supervisor has passed it, if one has.
    pub(super) passed_as: Option<u64>,
    /// The master said goodbye.
    farewell: bool,
}

/// Much that waits for a master to read.
#[derive(Debug, Clone, Copy)]
struct Debt {
    bytes: usize,
    /// Since when it is no less, by [`READ_MIN`] at least.
    since: Instant,
}

/// A master that reads more slowly than this in the time that it is given does as good as not read.
const READ_MIN: usize = 1024 * 1024;

/// A task that waits for its turn.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) task: TaskId,
    pub(super) run: Run,
    pub(super) deadline: Option<Instant>,
    pub(super) arrived: Arrived,
}

/// What has come for a task and was not read yet.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) chunks: VecDeque<Chunk>,
    pub(super) ended: bool,
}

/// What a session leaves to its owner.
#[derive(Debug)]
pub(super) enum Notice {
    /// Something came for a task that does not wait in the queue.
    Arrived { task: TaskId, chunk: Option<Chunk> },
    /// A task that does not wait in the queue is to be stopped.
    Cancel { task: TaskId },
}

impl Session {
    pub(super) fn new(
        stream: Stream,
        link: Link,
        ended: oneshot::Sender<LinkError>,
        owner: Option<u64>,
        passed_as: Option<u64>,
    ) -> Self {
        Self {
            stream,
            link,
            input: BytesMut::new(),
            unwritten: Unwritten::default(),
            counted: 0,
            debt: None,
            readable: true,
            ending: false,
            queue: VecDeque::new(),
            refusals: 0,
            asked: HashMap::new(),
            first_text: None,
            ended: Some(ended),
            owner,
            passed_as,
            farewell: false,
        }
    }

    /// Reads what the socket has and handles it, as far as the session can by itself.
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        templates: &mut Templates,
        leaving: bool,
        now: Instant,
        mut notice: impl FnMut(Notice),
    ) -> Result<(), LinkError> {
        let mut budget = READ_BUDGET;
        while self.readable && budget > 0 {
            match self.stream.read(buffer) {
                Ok(0) => return Err(LinkError::Closed),
                Ok(length) => {
                    budget = budget.saturating_sub(length);
                    self.input.extend_from_slice(&buffer[..length]);
                    self.link.heard(now);
                    while let Some(event) = self.link.next_event(&mut self.input)? {
                        self.handle(event, now, templates, leaving, &mut notice)?;
                    }
                    // A short read has emptied the socket; the next bytes raise a new event. Its end raises none of its
                    // own if it came with the last bytes.
                    if length < buffer.len() && !self.ending {
                        self.readable = false;
                    }
                }
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => self.readable = false,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(err.into()),
            }
        }
        Ok(())
    }

    fn handle(
        &mut self,
        event: Event,
        now: Instant,
        templates: &mut Templates,
        leaving: bool,
        notice: &mut impl FnMut(Notice),
    ) -> Result<(), LinkError> {
        match event {
            Event::Ready => {}
            Event::Goodbye { .. } => self.farewell = true,
            Event::Run { task, .. } if leaving => self.refuse(task, Failure::NotStarted)?,
            Event::Run { task, run } => {
                let limit = self.link.tasks_max();
                // Those that have ended and whose values wait for the master to read are among them.
                if self.link.tasks_len() > limit as usize {
                    let which = "tasks waiting on one link".to_owned();
                    return self.refuse(task, Failure::LimitExceeded { which, limit: Some(limit.into()) });
                }
                if !templates.has(&run.template) {
                    self.ask_for_template(task, run.template);
                }
                let deadline = run.left_ms.and_then(|left| now.checked_add(Duration::from_millis(left)));
                let arrived = Arrived { chunks: VecDeque::new(), ended: run.no_input };
                self.queue.push_back(Queued { task, run, deadline, arrived });
            }
            Event::Template { task, text } => self.take_template(task, &text, templates)?,
            Event::Cancel { task } => match self.position(task) {
                Some(position) => {
                    self.queue.remove(position);
                    self.ask_again(task);
                    self.refuse(task, Failure::Cancelled)?;
                }
                None => notice(Notice::Cancel { task }),
            },
            Event::Recall { task } => {
                if let Some(position) = self.position(task) {
                    self.queue.remove(position);
                    self.ask_again(task);
                    self.refuse(task, Failure::NotStarted)?;
                }
            }
            Event::Data { task, chunk } => match self.position(task) {
                Some(position) => self.queue[position].arrived.chunks.push_back(chunk),
                None => notice(Notice::Arrived { task, chunk: Some(chunk) }),
            },
            Event::End { task } => match self.position(task) {
                Some(position) => self.queue[position].arrived.ended = true,
                None => notice(Notice::Arrived { task, chunk: None }),
            },
            // Whoever waits for this looks at the link itself.
            Event::Drained { .. } => {}
            Event::NeedTemplate { .. } | Event::Done { .. } | Event::Failed { .. } | Event::Log { .. } => {
                unreachable!("a slave's link refuses what only slaves say")
            }
        }
        Ok(())
    }

    /// Ends a task that waits for its turn. A master that lets the slave say so again and again and reads nothing is given up.
    fn refuse(&mut self, task: TaskId, failure: Failure) -> Result<(), LinkError> {
        self.link.failed(task, failure);
        self.refusals += 1;
        if self.refusals > REFUSALS_MAX {
            return Err(LinkError::PeerDoesNotRead { limit: self.link.output_len() });
        }
        Ok(())
    }

    fn position(&self, task: TaskId) -> Option<usize> {
        // A master numbers its tasks upwards.
        self.queue.binary_search_by_key(&task, |queued| queued.task).ok()
    }

    fn take_template(&mut self, task: TaskId, text: &Bytes, templates: &mut Templates) -> Result<(), LinkError> {
        let refused = |what| WireError::Malformed { message: "template", what };
        let Some((&hash, _)) = self.asked.iter().find(|(_, asking)| **asking == task) else {
            // A task that runs has its text from another link, which was asked as well.
            let is_waiting = self.position(task).is_some();
            return if is_waiting { Err(refused("was not asked for").into()) } else { Ok(()) };
        };
        let text = std::str::from_utf8(text).map_err(|_| refused("is not UTF-8"))?;
        // Never the peer's word for it: templates are shared between masters.
        if dpfw_syntax::TemplateHash::of(text).0 != hash {
            return Err(refused("is not the one that was asked for").into());
        }
        self.asked.remove(&hash);
        let text = Arc::from(text);
        if self.queue.front().is_some_and(|first| first.run.template == hash) {
            self.first_text = Some((hash, Arc::clone(&text)));
        }
        templates.insert(hash, text);
        Ok(())
    }

    /// Asks for a template on behalf of `task`, unless another task that still waits has asked.
    fn ask_for_template(&mut self, task: TaskId, hash: Hash) {
        if self.asked.get(&hash).is_none_or(|asking| self.position(*asking).is_none()) {
            self.asked.insert(hash, task);
            self.link.need_template(task, hash);
        }
    }

    /// The template that `task` asked for will not come any more; asks for it on behalf of another task.
    fn ask_again(&mut self, task: TaskId) {
        let Some((&hash, _)) = self.asked.iter().find(|(_, asking)| **asking == task) else {
            return;
        };
        self.asked.remove(&hash);
        if let Some(other) = self.queue.iter().find(|queued| queued.run.template == hash) {
            self.asked.insert(hash, other.task);
            self.link.need_template(other.task, hash);
        }
    }

    /// Takes the first task off the queue if its template is here.
    pub(super) fn take_ready(&mut self, templates: &mut Templates) -> Option<(Queued, Arc<str>)> {
        let first = self.queue.front()?;
        let (task, hash) = (first.task, first.run.template);
        let own = self.first_text.take_if(|(of, _)| *of == hash).map(|(_, text)| text);
        match templates.get(&hash).or(own) {
            Some(text) => self.queue.pop_front().map(|queued| (queued, text)),
            None => {
                // It was here when the task came and has been dropped since.
                self.ask_for_template(task, hash);
                None
            }
        }
    }

    /// Gives back the tasks that have not started.
    pub(super) fn refuse_queue(&mut self) {
        self.asked.clear();
        for queued in std::mem::take(&mut self.queue) {
            self.link.failed(queued.task, Failure::NotStarted);
        }
    }

    /// Writes as much as the socket takes.
    pub(super) fn write(&mut self) -> Result<(), LinkError> {
        let mut is_same = true;
        while self.unwritten.fill(&mut self.link) {
            let write = |pieces: &[io::IoSlice<'_>]| match pieces {
                // The system does a plain write in less time.
                [piece] => self.stream.write(piece),
                pieces => self.stream.write_vectored(pieces),
            };
            match self.unwritten.write(write) {
                Ok(0) => return Err(LinkError::Closed),
                Ok(_) => is_same = false,
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                    self.link.blocked(is_same, Instant::now());
                    return Ok(());
                }
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(err.into()),
            }
        }
        self.link.unblocked();
        self.refusals = 0;
        Ok(())
    }

    /// Why the link ended, `why` being what was seen: a master that says goodbye may leave answers unread, which the system
    /// tells as a broken connection, perhaps before the goodbye was read.
    pub(super) fn why_ended(&mut self, why: LinkError, buffer: &mut [u8]) -> LinkError {
        if !matches!(why, LinkError::Closed | LinkError::Io { .. }) {
            return why;
        }
        while !self.farewell
            && let Ok(length @ 1..) = self.stream.read(buffer)
        {
            self.input.extend_from_slice(&buffer[..length]);
            while let Ok(Some(event)) = self.link.next_event(&mut self.input) {
                // Of the rest nothing can be done any more.
                self.farewell |= matches!(event, Event::Goodbye { .. });
            }
        }
        if self.farewell { LinkError::PeerShutdown } else { why }
    }

    /// Whether its peer has not introduced itself.
    pub(super) fn is_stranger(&self) -> bool {
        self.link.peer().is_none()
    }

    /// Whether tasks wait for their turn.
    pub(super) fn has_tasks(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Bytes of answers that its master has not read yet, as far as they have not left this process.
    pub(super) fn owed(&mut self) -> usize {
        self.unwritten.len() + self.link.output_len() + self.link.waiting_len()
    }

    /// Counts anew what its master has to read; gives what that was, and is.
    pub(super) fn count_owed(&mut self) -> (usize, usize) {
        let owed = self.owed();
        self.debt = match self.debt {
            _ if owed <= UNREAD_FEW => None,
            Some(debt) if owed.saturating_add(READ_MIN) > debt.bytes => {
                Some(Debt { bytes: debt.bytes.max(owed), ..debt })
            }
            _ => Some(Debt { bytes: owed, since: Instant::now() }),
        };
        (std::mem::replace(&mut self.counted, owed), owed)
    }

    /// What its master had to read when that was last counted.
    pub(super) fn counted(&self) -> usize {
        self.counted
    }

    /// Since when its master has much to read and as good as does not.
    pub(super) fn owes_since(&self) -> Option<Instant> {
        self.debt.map(|debt| debt.since)
    }

    /// When [`tick`](Self::tick) wants to be called.
    pub(super) fn next_tick(&self) -> Instant {
        self.link.next_tick()
    }

    /// Minds the heartbeat, and whether the peer reads.
    pub(super) fn tick(&mut self, now: Instant) -> Result<(), LinkError> {
        self.link.tick(now)
    }

    /// Whether something waits to be written.
    pub(super) fn has_output(&mut self) -> bool {
        !self.unwritten.is_empty() || self.link.has_output()
    }

    /// Whether something waits to be written, or for the master to read.
    pub(super) fn has_more_to_say(&mut self) -> bool {
        self.has_output() || self.link.has_last_words()
    }

    /// Ends the session: says a last word as far as the socket takes it, and tells whoever started it.
    pub(super) fn end(&mut self, why: LinkError) {
        self.link.close(&why);
        // The peer may be gone: then nobody hears it.
        let _ = self.write();
        // Also where somebody else holds the socket, as a supervisor does.
        self.stream.shutdown();
        if let Some(ended) = self.ended.take() {
            let why = if self.link.peer().is_some() { why } else { without_handshake(why) };
            // Nobody may wait any more.
            let _ = ended.send(why);
        }
    }
}

/// Why there never was a link, where that is not plain.
fn without_handshake(why: LinkError) -> LinkError {
    match why {
        // A master that is busy may have time for the next attempt.
        LinkError::Shutdown | LinkError::HandshakeTimeout { .. } => why,
        why if why.is_final() => why,
        why => LinkError::NoMaster { reason: why.to_string() },
    }
}
