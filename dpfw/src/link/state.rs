//! The state machine of a link.

use std::time::Instant;

use super::{
    LinkConfig, LinkError,
    connection::Connection,
    dialogue::{Chunk, Dialogue},
    dialogues::Dialogues,
};
use crate::security::Token;
use crate::value::pieces::Pieces;
use crate::wire::{Failure, FrameKind, GoodbyeReason, Hello, Message, Role, Run, TaskId, WireError};
use bytes::{Bytes, BytesMut};

/// One end of a link.
///
/// A driver reads into a buffer, asks for the [events](Self::next_event) in it until there are none, writes what
/// [`take_output`](Self::take_output) gives, and calls [`tick`](Self::tick) when [`next_tick`](Self::next_tick) has
/// come. After an error the link is over; [`close`](Self::close) leaves a last word for the peer in the output.
#[derive(Debug)]
pub(crate) struct Link {
    connection: Connection,
    dialogues: Dialogues,
    /// The highest number of a task that was run on this link.
    last_task: TaskId,
}

/// What happened on a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The peer introduced itself; [`Link::peer`] is set.
    Ready,
    /// The peer leaves.
    Goodbye { reason: GoodbyeReason, text: String },
    /// The peer wrote on its port.
    Data { task: TaskId, chunk: Chunk },
    /// The peer closed its port.
    End { task: TaskId },
    /// All that was written for the task has been sent.
    Drained { task: TaskId },
    /// To a slave: run this.
    Run { task: TaskId, run: Run },
    /// To a slave: the text of a template that it asked for.
    Template { task: TaskId, text: Bytes },
    /// To a slave: stop this.
    Cancel { task: TaskId },
    /// To a slave: give this back if it has not started.
    Recall { task: TaskId },
    /// To a master: send the template of this task.
    NeedTemplate { task: TaskId, template: [u8; 16] },
    /// To a master: the task has ended, and its value if that was not written as data before.
    Done { task: TaskId, value: Option<Bytes> },
    /// To a master: the task has failed.
    Failed { task: TaskId, failure: Failure },
    /// To a master: the task printed.
    Log { task: TaskId, text: Bytes },
}

impl Link {
    /// A link over a connection that has just been opened, between ends that both know `token`, if there is one.
    pub(crate) fn new(local: Hello, token: Option<Token>, config: LinkConfig, now: Instant) -> Self {
        Self {
            connection: Connection::new(local, token, config, now),
            dialogues: Dialogues::default(),
            last_task: TaskId::LINK,
        }
    }

    /// What the peer said of itself, once it did.
    pub(crate) fn peer(&self) -> Option<&Hello> {
        self.connection.peer()
    }

    /// Notes that bytes have come from the peer.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.connection.heard(now);
    }

    /// The next bytes to write. The driver writes all of them before it asks again.
    pub(crate) fn take_output(&mut self) -> Option<Bytes> {
        self.connection.take_output()
    }

    /// Notes that the peer takes no more for now, and whether that `is_old`: nothing was written since it was noted last.
    pub(crate) fn blocked(&mut self, is_old: bool, now: Instant) {
        self.connection.blocked(is_old, now);
    }

    /// Notes that everything has been written.
    pub(crate) fn unblocked(&mut self) {
        self.connection.unblocked();
    }

    /// Whether there are bytes to write.
    pub(crate) fn has_output(&mut self) -> bool {
        !self.connection.outbox().is_empty()
    }

    /// How many bytes there are to write.
    pub(crate) fn output_len(&mut self) -> usize {
        self.connection.outbox().len()
    }

    /// How many bytes there are besides, which the peer's windows do not allow yet.
    pub(crate) fn waiting_len(&self) -> usize {
        self.dialogues.load().waiting
    }

    /// When [`tick`](Self::tick) wants to be called.
    pub(crate) fn next_tick(&self) -> Instant {
        self.connection.next_tick()
    }

    /// Minds the heartbeat, and whether the peer reads.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<(), LinkError> {
        self.connection.tick(now)
    }

    /// Gives the link up: forgets its tasks and leaves a last word for the peer in the output.
    pub(crate) fn close(&mut self, why: &LinkError) {
        self.dialogues = Dialogues::default();
        self.connection.say_why(why);
    }

    /// How many tasks this side accepts at once.
    pub(crate) fn tasks_max(&self) -> u32 {
        self.connection.config().tasks_max
    }

    /// The longest encoded value that the peer accepts.
    pub(crate) fn value_bytes_max(&self) -> usize {
        self.peer().map_or(0, |peer| usize::try_from(peer.message_max).unwrap_or(usize::MAX))
    }

    /// How many tasks have not ended, or not been answered whole.
    pub(crate) fn tasks_len(&self) -> usize {
        self.dialogues.len()
    }

    /// Whether `task` has a dialogue on this link.
    pub(crate) fn has(&self, task: TaskId) -> bool {
        self.dialogues.get(task).is_some()
    }

    /// The next thing that happened, according to the bytes in `input`; takes off it what it has understood.
    pub(crate) fn next_event(&mut self, input: &mut BytesMut) -> Result<Option<Event>, LinkError> {
        while let Some(message) = self.connection.receive(input)? {
            if let Some(event) = self.handle(message)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn handle(&mut self, message: Message) -> Result<Option<Event>, LinkError> {
        self.check_direction(&message)?;
        Ok(match message {
            Message::Hello(_) => Some(Event::Ready),
            Message::Goodbye { reason, text } => match reason {
                GoodbyeReason::Version | GoodbyeReason::Refused | GoodbyeReason::Protocol => {
                    return Err(LinkError::Refused { reason: text });
                }
                GoodbyeReason::Shutdown | GoodbyeReason::Other(_) => Some(Event::Goodbye { reason, text }),
            },
            Message::Died(death) => return Err(LinkError::Died(death)),
            Message::Data { task, datum, more, payload } => {
                let length_max = self.connection.config().message_max;
                self.check_task(task, FrameKind::Data)?;
                let receive = |dialogue: &mut Dialogue| dialogue.receive(datum, more, payload, length_max);
                let Some(chunk) = self.dialogues.update(task, receive).transpose()? else {
                    return Ok(None);
                };
                self.give_credit(task);
                self.check_unread()?;
                chunk.map(|chunk| Event::Data { task, chunk })
            }
            Message::End { task } => {
                self.check_task(task, FrameKind::End)?;
                let ended = self.dialogues.update(task, Dialogue::receive_end).transpose()?;
                ended.unwrap_or(false).then_some(Event::End { task })
            }
            Message::Credit { task, bytes } => {
                self.check_task(task, FrameKind::Credit)?;
                let waited = !self.is_drained(task);
                self.dialogues.update(task, |dialogue| dialogue.credit(bytes)).transpose()?;
                (self.pump(task) && waited).then_some(Event::Drained { task })
            }
            Message::Run { task, run } => {
                if task <= self.last_task {
                    return Err(WireError::unexpected(FrameKind::Run, "with the number of an earlier task").into());
                }
                self.open(task, run.values.len());
                self.check_unread()?;
                Some(Event::Run { task, run })
            }
            Message::Template { task, text } => {
                self.check_task(task, FrameKind::Template)?.then_some(Event::Template { task, text })
            }
            Message::Cancel { task } => self.check_task(task, FrameKind::Cancel)?.then_some(Event::Cancel { task }),
            Message::Recall { task } => self.check_task(task, FrameKind::Recall)?.then_some(Event::Recall { task }),
            Message::NeedTemplate { task, template } => {
                self.check_task(task, FrameKind::NeedTemplate)?;
                self.dialogues.update(task, Dialogue::ask_template).transpose()?;
                Some(Event::NeedTemplate { task, template })
            }
            Message::Log { task, text } => self.check_task(task, FrameKind::Log)?.then_some(Event::Log { task, text }),
            Message::Done { task, value } => {
                self.forget(task, FrameKind::Done)?;
                Some(Event::Done { task, value: value.map(Pieces::into_bytes) })
            }
            Message::Failed { task, failure } => {
                self.forget(task, FrameKind::Failed)?;
                Some(Event::Failed { task, failure })
            }
            Message::Ping(_) | Message::Pong(_) | Message::Challenge(_) | Message::Proof(_) => None,
        })
    }

    /// Refuses what only this side may say.
    fn check_direction(&self, message: &Message) -> Result<(), LinkError> {
        let from = match message {
            Message::Run { .. } | Message::Template { .. } | Message::Cancel { .. } | Message::Recall { .. } => {
                Role::Master
            }
            Message::Died(_)
            | Message::NeedTemplate { .. }
            | Message::Done { .. }
            | Message::Failed { .. }
            | Message::Log { .. } => Role::Slave,
            _ => return Ok(()),
        };
        if from == self.connection.role() {
            return Err(WireError::unexpected(message.kind(), "from this side of the link").into());
        }
        Ok(())
    }

    /// Whether a message is about a task that runs here. A slave ignores what crosses the end of a task; a master has no
    /// such case, since a slave's last word about a task is its answer.
    fn check_task(&self, task: TaskId, kind: FrameKind) -> Result<bool, LinkError> {
        let may_cross = self.connection.role() == Role::Slave && task <= self.last_task;
        match self.has(task) {
            false if !may_cross => Err(WireError::unexpected(kind, "about a task that does not run here").into()),
            has => Ok(has),
        }
    }

    /// Gives up a peer that sends more than it may, and sooner than it is read.
    fn check_unread(&self) -> Result<(), LinkError> {
        let limit = self.connection.config().unread_max();
        if self.dialogues.load().unread > limit { Err(LinkError::TooMuchUnread { limit }) } else { Ok(()) }
    }

    fn forget(&mut self, task: TaskId, kind: FrameKind) -> Result<(), LinkError> {
        match self.dialogues.remove(task) {
            Some(_) => Ok(()),
            None => Err(WireError::unexpected(kind, "about a task that does not run here").into()),
        }
    }

    /// Begins a task that came with values of `values_bytes`.
    fn open(&mut self, task: TaskId, values_bytes: usize) {
        let window = self.connection.config().window;
        let peer_window = self.peer().map_or(0, |peer| peer.window);
        self.dialogues.insert(task, Dialogue::new(window, peer_window, values_bytes));
        self.last_task = self.last_task.max(task);
    }

    /// Sends what the window of `task` allows. Says whether all has been sent.
    fn pump(&mut self, task: TaskId) -> bool {
        let mut over = false;
        let outbox = self.connection.outbox();
        let drained = self.dialogues.update(task, |dialogue| {
            while let Some(message) = dialogue.next(task) {
                over |= matches!(message, Message::Done { .. } | Message::Failed { .. });
                outbox.push(&message);
            }
            dialogue.is_drained()
        });
        if over {
            self.dialogues.remove(task);
        }
        drained.unwrap_or(true)
    }

    fn give_credit(&mut self, task: TaskId) {
        if let Some(bytes) = self.dialogues.update(task, Dialogue::take_credit).flatten() {
            self.connection.outbox().push_control(&Message::Credit { task, bytes });
        }
    }

    /// Sends a message of the link itself or one that has no place among a task's data.
    fn send(&mut self, message: &Message) {
        self.connection.outbox().push(message);
    }

    // What both sides say.

    /// Writes on the port of `task`: an encoded value of at most [`value_bytes_max`](Self::value_bytes_max), or text. Says
    /// whether all of it has been sent; where not, [`Event::Drained`] follows.
    pub(crate) fn write(&mut self, task: TaskId, datum: bool, bytes: impl Into<Pieces>) -> bool {
        self.dialogues.update(task, |dialogue| dialogue.write(datum, bytes.into()));
        self.pump(task)
    }

    /// Whether all that was written for `task` has been sent.
    pub(crate) fn is_drained(&self, task: TaskId) -> bool {
        self.dialogues.get(task).is_none_or(Dialogue::is_drained)
    }

    /// Closes this side's port of `task`.
    pub(crate) fn end(&mut self, task: TaskId) {
        self.dialogues.update(task, |dialogue| dialogue.end(task));
        self.pump(task);
    }

    /// Notes that `bytes` of what came for `task` have been read.
    pub(crate) fn consume(&mut self, task: TaskId, bytes: u32) {
        if self.dialogues.update(task, |dialogue| dialogue.consume(bytes)).is_some() {
            self.give_credit(task);
        }
    }

    /// Says that this side leaves.
    pub(crate) fn goodbye(&mut self, text: &str) {
        self.send(&Message::Goodbye { reason: GoodbyeReason::Shutdown, text: text.to_owned() });
    }

    // What a master says.

    /// Runs a task on the slave, with values of at most [`value_bytes_max`](Self::value_bytes_max); gives its number.
    pub(crate) fn run(&mut self, run: Run) -> TaskId {
        let task = TaskId(self.last_task.0 + 1);
        self.open(task, 0);
        self.send(&Message::Run { task, run });
        task
    }

    /// Sends the template that the slave asked for.
    pub(crate) fn template(&mut self, task: TaskId, text: Bytes) {
        self.send(&Message::Template { task, text });
    }

    /// Asks the slave to stop a task.
    pub(crate) fn cancel(&mut self, task: TaskId) {
        if self.has(task) {
            self.send(&Message::Cancel { task });
        }
    }

    /// Asks the slave to give a task back that it has not started.
    pub(crate) fn recall(&mut self, task: TaskId) {
        if self.has(task) {
            self.send(&Message::Recall { task });
        }
    }

    // What a slave says.

    /// Asks the master for a template.
    pub(crate) fn need_template(&mut self, task: TaskId, template: [u8; 16]) {
        self.send(&Message::NeedTemplate { task, template });
    }

    /// Ends a task with the encoded value of its procedure, if it has one. A value longer than the window follows the
    /// task's other data in parts, as the master reads; one that the master does not accept is a failure.
    pub(crate) fn done(&mut self, task: TaskId, value: Option<Pieces>) {
        let limit = self.value_bytes_max();
        if value.as_ref().is_some_and(|value| value.len() > limit) {
            let which = "bytes of the value of a task".to_owned();
            return self.failed(task, Failure::LimitExceeded { which, limit: Some(limit as u64) });
        }
        let Some(dialogue) = self.dialogues.get(task) else {
            return;
        };
        if dialogue.has_room(value.as_ref().map_or(0, Pieces::len)) {
            self.dialogues.remove(task);
            return self.send(&Message::Done { task, value });
        }
        self.dialogues.update(task, |dialogue| {
            if let Some(value) = value {
                dialogue.write(true, value);
            }
            dialogue.finish(Message::Done { task, value: None });
        });
        self.pump(task);
    }

    /// Whether the value of a task that has ended waits for the master to read.
    pub(crate) fn has_last_words(&self) -> bool {
        self.dialogues.values().any(Dialogue::is_finishing)
    }

    /// Ends a task with a failure. What it wrote and could not be sent yet is dropped.
    pub(crate) fn failed(&mut self, task: TaskId, mut failure: Failure) {
        let limit = self.value_bytes_max();
        if let Failure::Raised { values, .. } = &mut failure
            && values.len() > limit
        {
            // The message says it, too.
            values.clear();
        }
        if self.dialogues.remove(task).is_some() {
            self.send(&Message::Failed { task, failure });
        }
    }

    /// Passes on what a task printed.
    pub(crate) fn log(&mut self, task: TaskId, text: Bytes) {
        if self.has(task) {
            self.send(&Message::Log { task, text });
        }
    }
}
