//! What slaves say that are broken or mean.

use std::collections::BTreeSet;

use bytes::{BufMut, Bytes, BytesMut};
use fastrand::Rng;

use crate::wire::{Failure, Flags, Frame, FrameKind, GoodbyeReason, Hello, Message, Role, Run, TaskId, TaskLimits};

/// Bytes of a frame besides its payload and its length.
const AROUND_BYTES: u32 = 11;
/// How a frame ends.
const MARK: u8 = 0xff;

/// A slave that lies now and then.
#[derive(Debug)]
pub(super) struct Liar {
    /// At one of so many occasions.
    one_in: u8,
    /// The task that it answered last.
    pub(super) last_task: TaskId,
    /// It gives back whatever it is sent.
    pub(super) is_idler: bool,
    /// What it has given back.
    pub(super) given_back: BTreeSet<usize>,
    heard: BytesMut,
    /// The last task that it was sent, whether or not that has arrived.
    sent: TaskId,
}

impl Liar {
    pub(super) fn new(one_in: u8) -> Self {
        Self {
            one_in,
            last_task: TaskId(1),
            is_idler: one_in.is_multiple_of(3),
            given_back: BTreeSet::new(),
            heard: BytesMut::new(),
            sent: TaskId::LINK,
        }
    }

    /// Hears what the master writes; gives the numbers of the tasks that it may answer from now on, by a guess.
    pub(super) fn overhear(&mut self, bytes: &[u8]) -> Vec<usize> {
        self.heard.extend_from_slice(bytes);
        let mut numbers = Vec::new();
        while let Ok(Some(frame)) = Frame::decode(&mut self.heard) {
            if let Ok(Message::Run { task, run }) = Message::decode(frame)
                && task > self.sent
            {
                self.sent = task;
                numbers.extend(super::slave::number_of(run.values.into_bytes()));
            }
        }
        numbers
    }

    /// The bytes of a lie, if it is time for one. `current` is a task that it has.
    pub(super) fn say(&mut self, random: &mut Rng, current: Option<TaskId>) -> Option<Bytes> {
        if random.u8(0..self.one_in) > 0 {
            return None;
        }
        let mut out = BytesMut::new();
        let task = match (random.u8(..4), current) {
            (0, _) => self.last_task,
            (1, _) => TaskId(random.u64(..2000)),
            (_, Some(task)) => task,
            (_, None) => TaskId::LINK,
        };
        match random.u8(..18) {
            0 | 1 => Message::Done { task, value: Some(Bytes::from_static(b"\x01").into()) }.put(&mut out),
            2 => Message::Done { task, value: Some(Bytes::from_static(b"\xff\xff no value").into()) }.put(&mut out),
            3 => Message::Failed { task, failure: Failure::NotStarted }.put(&mut out),
            4 => Message::Failed { task, failure: Failure::Cancelled }.put(&mut out),
            5 => frame(&mut out, FrameKind::Failed as u8, Flags::NONE, task, b"\x63no such code"),
            // More than its window, in the end.
            6 | 7 => {
                for _ in 0..random.u32(1..60) {
                    let payload = Bytes::from(vec![b'x'; random.usize(..2000)]);
                    Message::Data { task, datum: false, more: false, payload }.put(&mut out);
                }
            }
            8 => {
                let payload = Bytes::from_static(b"\x0d\x05");
                Message::Data { task, datum: true, more: random.bool(), payload }.put(&mut out);
                Message::End { task }.put(&mut out);
            }
            9 => {
                for _ in 0..random.u32(1..100) {
                    Message::Log { task, text: Bytes::from_static(b"endless\n") }.put(&mut out);
                }
            }
            10 => out.put_u32(if random.bool() { 3 } else { u32::MAX }),
            11 => frame(&mut out, 99, Flags::NONE, task, b"what is this"),
            12 => out.extend(std::iter::repeat_with(|| random.u8(..)).take(100)),
            13 => {
                let hello = Hello::new(Role::Slave, u32::MAX, u32::MAX, [9; 16]);
                Message::Hello(hello).put(&mut out);
            }
            14 => {
                Message::Credit { task, bytes: u32::MAX }.put(&mut out);
                Message::Credit { task, bytes: u32::MAX }.put(&mut out);
            }
            15 => Message::NeedTemplate { task, template: [random.u8(..); 16] }.put(&mut out),
            16 => {
                let text = "and yet it stays".to_owned();
                Message::Goodbye { reason: GoodbyeReason::Other(9), text }.put(&mut out);
            }
            _ => {
                let values = Bytes::from_static(b"\x01").into();
                let run = Run {
                    template: [1; 16],
                    left_ms: None,
                    no_input: true,
                    limits: TaskLimits::default(),
                    values_count: 1,
                    values,
                };
                Message::Run { task, run }.put(&mut out);
                // A message that never ends.
                frame(&mut out, FrameKind::Log as u8, Flags::MORE, task, b"to be continued");
            }
        }
        Some(out.freeze())
    }
}

fn frame(out: &mut BytesMut, kind: u8, flags: Flags, task: TaskId, payload: &[u8]) {
    out.put_u32(AROUND_BYTES + u32::try_from(payload.len()).unwrap());
    out.put_u8(kind);
    out.put_u8(flags.0);
    out.put_u64(task.0);
    out.put_slice(payload);
    out.put_u8(MARK);
}
