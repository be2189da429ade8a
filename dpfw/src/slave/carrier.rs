//! Carries a running task's ports over its master's link.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;

use super::{
    hub::Hub,
    session::Session,
    sessions::{Input, Sessions, Stop},
};
use crate::{
    engine::{Interrupted, Ports, Unsent},
    link::Chunk,
    plain::beginning,
    port::Segment,
    value::{
        Value, decode, encode_shown,
        pieces::{Pieces, PiecesMut},
    },
    wire::TaskId,
};

/// Written and not flushed bytes that are sent all the same.
const UNFLUSHED_MAX: usize = 64 * 1024;

/// Bytes that may wait for the socket, however large a window the master grants: it may not read at all.
const OUTPUT_MAX: usize = 1024 * 1024;

/// What is printed in longer pieces is cut.
const LOG_BYTES: usize = 64 * 1024;

/// How far what was written has come.
enum UnderWay {
    /// It waits for more of it, or for a flush.
    Unflushed,
    /// The socket can have it.
    Sent,
    /// The window is full, or the master reads more slowly than it promised to.
    Waits,
}

fn is_under_way(session: &mut Session, task: TaskId) -> UnderWay {
    let waiting = session.link.output_len();
    match session.link.is_drained(task) && waiting <= OUTPUT_MAX {
        false => UnderWay::Waits,
        true if waiting > UNFLUSHED_MAX => UnderWay::Sent,
        true => UnderWay::Unflushed,
    }
}

/// The ports of the running task.
#[derive(Debug)]
pub(super) struct Carrier {
    hub: Arc<Hub>,
    /// The task's serial number, under which the watcher knows it.
    serial: u64,
    printed_left: usize,
    output_max: u64,
    output_left: u64,
}

impl Carrier {
    /// The ports of the task `serial`, which may write so many bytes.
    pub(super) fn new(hub: Arc<Hub>, serial: u64, output_bytes: Option<u64>) -> Self {
        let output_max = output_bytes.unwrap_or(u64::MAX);
        Self { printed_left: hub.limits.printed_bytes, output_left: output_max, hub, serial, output_max }
    }

    /// Moves the bytes of all links until `ready` gives something.
    fn wait<T>(&self, mut ready: impl FnMut(&mut Sessions) -> Option<T>) -> T {
        let first = {
            let mut sessions = self.hub.sessions();
            sessions.flush_running();
            ready(&mut sessions)
        };
        if let Some(result) = first {
            return result;
        }
        // While this thread waits it watches the links itself.
        self.hub.set_busy(0);
        let mut polling = self.hub.poll_for_evaluator();
        let result = loop {
            if let Some(result) = ready(&mut self.hub.sessions()) {
                break result;
            }
            self.hub.turn(&mut polling, None, Instant::now());
        };
        drop(polling);
        self.hub.set_busy(self.serial);
        result
    }
}

impl Ports for Carrier {
    fn receive(&mut self) -> Result<Option<(Segment, u64)>, Interrupted> {
        self.wait(|sessions| match sessions.input() {
            Input::Chunk(chunk) => Some(Ok(Some(segment(chunk)))),
            Input::End => Some(Ok(None)),
            Input::Stopped => Some(Err(Interrupted)),
            Input::Nothing => None,
        })
    }

    fn poll_receive(&mut self) -> Option<(Segment, u64)> {
        match self.hub.sessions().input() {
            Input::Chunk(chunk) => Some(segment(chunk)),
            Input::End | Input::Nothing | Input::Stopped => None,
        }
    }

    fn send(&mut self, segment: Segment) -> Result<(), Unsent> {
        let (datum, bytes) = match segment {
            Segment::Bytes(bytes) => (false, Pieces::from(bytes)),
            Segment::Datum(value) => (true, encoded(&value)?),
        };
        {
            let mut sessions = self.hub.sessions();
            match self.output_left.checked_sub(bytes.len() as u64) {
                Some(left) => self.output_left = left,
                None => {
                    sessions.stop_task(self.serial, Stop::Limit { which: "bytes of output", limit: self.output_max });
                }
            }
            if sessions.stop_reason().is_some() {
                return Err(Unsent::Interrupted);
            }
            let sent = sessions.speak(|session, task| {
                let (length, length_max) = (bytes.len(), session.link.value_bytes_max());
                if datum && length > length_max {
                    return Err(Unsent::TooLong { length_max });
                }
                session.link.write(task, datum, bytes);
                Ok(is_under_way(session, task))
            });
            match sent.ok_or(Interrupted)?? {
                UnderWay::Unflushed => return Ok(()),
                UnderWay::Sent => {
                    sessions.flush_running();
                    return Ok(());
                }
                UnderWay::Waits => {}
            }
        }
        // The master reads first.
        self.wait(|sessions| {
            if sessions.stop_reason().is_some() {
                return Some(Err(Unsent::Interrupted));
            }
            match sessions.speak(is_under_way) {
                Some(UnderWay::Waits) => None,
                Some(_) => Some(Ok(())),
                None => Some(Err(Unsent::Interrupted)),
            }
        })
    }

    fn flush(&mut self) -> Result<(), Interrupted> {
        let mut sessions = self.hub.sessions();
        sessions.flush_running();
        if sessions.stop_reason().is_some() { Err(Interrupted) } else { Ok(()) }
    }

    fn consumed(&mut self, weight: u64) {
        let bytes = u32::try_from(weight).unwrap_or(u32::MAX);
        self.hub.sessions().speak(|session, task| session.link.consume(task, bytes));
    }

    fn print(&mut self, text: &str) {
        if self.printed_left == 0 {
            return;
        }
        let mut text = beginning(text, self.printed_left).to_owned();
        self.printed_left -= text.len();
        if text.is_empty() || self.printed_left == 0 {
            self.printed_left = 0;
            text.push_str("\n[what the task printed from here on was dropped]");
        }
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let piece = beginning(rest, LOG_BYTES);
            rest = &rest[piece.len()..];
            let piece = Bytes::copy_from_slice(piece.as_bytes());
            self.hub.sessions().speak(|session, task| session.link.log(task, piece));
        }
    }
}

fn segment(mut chunk: Chunk) -> (Segment, u64) {
    let weight = u64::from(chunk.credit);
    if !chunk.datum {
        return (Segment::Bytes(chunk.bytes), weight);
    }
    let segment = match decode(&mut chunk.bytes) {
        Ok(value) if chunk.bytes.is_empty() => Segment::Datum(value),
        // A master of ours never sends this; a hostile one finds that its task reads something that is no datum.
        Ok(_) | Err(_) => Segment::Bytes(Bytes::from_static(b"#<malformed> ")),
    };
    (segment, weight)
}

/// The bytes of a datum.
fn encoded(value: &Value) -> Result<Pieces, Unsent> {
    let mut pieces = PiecesMut::default();
    match encode_shown(value, &mut pieces) {
        Ok(()) => Ok(pieces.freeze()),
        Err(limit) => Err(Unsent::Limit(limit.into())),
    }
}
