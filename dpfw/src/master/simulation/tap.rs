//! Listens to a connection of two honest ends, and holds them to the protocol by a bookkeeping of its own.

use std::collections::BTreeMap;

use bytes::BytesMut;

use crate::wire::{Flags, Frame, FrameKind, Message, Role, TaskId};

/// What was said on a connection, in the order in which it was written.
#[derive(Debug, Default)]
pub(super) struct Tap {
    from_master: Ear,
    from_slave: Ear,
    tasks: BTreeMap<TaskId, Flows>,
    /// The number of the last task that was run.
    last_task: u64,
}

#[derive(Debug, Default)]
struct Ear {
    heard: BytesMut,
    /// What the other side may send ahead, as this one said.
    window: u64,
}

/// The two directions of a task that runs.
#[derive(Debug, Default)]
struct Flows {
    to_slave: Flow,
    to_master: Flow,
}

/// Bytes of data that were sent and for which credit was given.
#[derive(Debug, Default)]
struct Flow {
    sent: u64,
    granted: u64,
    has_ended: bool,
}

impl Tap {
    /// Hears what `from` writes; an error says which rule it breaks.
    pub(super) fn hear(&mut self, from: Role, bytes: &[u8]) -> Result<(), String> {
        let ear = if from == Role::Master { &mut self.from_master } else { &mut self.from_slave };
        ear.heard.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while let Some(frame) = Frame::decode(&mut ear.heard).map_err(|err| err.to_string())? {
            frames.push(frame);
        }
        frames.into_iter().try_for_each(|frame| self.judge(from, frame))
    }

    /// How many tasks have no answer.
    pub(super) fn unanswered(&self) -> usize {
        self.tasks.len()
    }

    fn judge(&mut self, from: Role, frame: Frame) -> Result<(), String> {
        let (kind, task, length) = (frame.kind, frame.task, frame.payload.len() as u64);
        let more = frame.flags.has(Flags::MORE);
        let wrong = |why: &str| Err(format!("{} says {} about task {task}: {why}", from.name(), kind.name()));
        match kind {
            FrameKind::Hello => {
                let Ok(Message::Hello(hello)) = Message::decode(frame) else { return wrong("it cannot be read") };
                let ear = if from == Role::Master { &mut self.from_master } else { &mut self.from_slave };
                ear.window = hello.window.into();
                return Ok(());
            }
            FrameKind::Ping | FrameKind::Pong | FrameKind::Goodbye => return Ok(()),
            FrameKind::Run => {
                if task.0 > self.last_task {
                    self.last_task = task.0;
                    self.tasks.insert(task, Flows::default());
                } else if task.0 < self.last_task {
                    return wrong("it had a number before");
                }
                return Ok(());
            }
            _ => {}
        }
        let Some(flows) = self.tasks.get_mut(&task) else {
            // What a master says may cross the answer.
            return if from == Role::Slave { wrong("it has its answer, or never was") } else { Ok(()) };
        };
        let window = if from == Role::Master { self.from_slave.window } else { self.from_master.window };
        let (own, other) = match from {
            Role::Master => (&mut flows.to_slave, &mut flows.to_master),
            Role::Slave => (&mut flows.to_master, &mut flows.to_slave),
        };
        match kind {
            FrameKind::Data if own.has_ended => return wrong("its port is closed"),
            FrameKind::Data => {
                own.sent += length;
                if own.sent > window + own.granted {
                    return wrong(&format!("{} bytes, {} granted beyond {window}", own.sent, own.granted));
                }
            }
            FrameKind::End => own.has_ended = true,
            FrameKind::Credit => {
                let Ok(Message::Credit { bytes, .. }) = Message::decode(frame) else {
                    return wrong("it cannot be read");
                };
                other.granted += u64::from(bytes);
                if other.granted > other.sent {
                    return wrong(&format!("{} bytes granted for {}", other.granted, other.sent));
                }
            }
            FrameKind::Done | FrameKind::Failed if !more => {
                self.tasks.remove(&task);
            }
            _ => {}
        }
        Ok(())
    }
}
