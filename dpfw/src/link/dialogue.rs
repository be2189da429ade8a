//! The two directions of one task's ports on a link, each within its window.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::{LinkError, dialogues::Load};
use crate::{
    value::pieces::Pieces,
    wire::{Message, PAYLOAD_MAX, TaskId, WireError},
};

/// How often a slave may ask for the template of one task: when it comes, for others whose turn was to come before, and
/// when it is its turn.
const TEMPLATE_ASKS_MAX: u8 = 8;

/// What a value that waits takes besides its bytes.
const WAITING_BYTES: usize = 64;

/// What a peer wrote on a port: a whole encoded value, or some text or bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Whether the bytes are an encoded value.
    pub(crate) datum: bool,
    /// The bytes.
    pub(crate) bytes: Bytes,
    /// Bytes of window that are due to the sender once the chunk has been read.
    pub(crate) credit: u32,
}

/// One task's ports.
#[derive(Debug)]
pub(super) struct Dialogue {
    /// Bytes of the values with which the task came.
    values_bytes: usize,
    /// How often the slave asked for its template.
    template_asks: u8,
    incoming: Incoming,
    outgoing: Outgoing,
}

#[derive(Debug)]
struct Incoming {
    /// Bytes that the peer may still send.
    window: u32,
    /// Bytes read here of which the peer does not know yet.
    owed: u32,
    /// Credit is given when so much is owed, so that it does not cost a message for each datum.
    owed_max: u32,
    /// Bytes that came whole and were not read, as far as they are still charged to the window.
    unread: u32,
    /// Bytes of such values that are not, since these are longer than the window.
    unread_beyond: usize,
    /// The beginning of a value.
    partial: BytesMut,
    /// Bytes of it that are still charged to the window.
    partial_charged: u32,
    ended: bool,
}

#[derive(Debug)]
struct Outgoing {
    /// Bytes that may still be sent.
    window: u32,
    waiting: VecDeque<(bool, Pieces)>,
    waiting_bytes: usize,
    /// What to say when everything that waits has been sent.
    last: Option<Message>,
    ended: bool,
}

impl Dialogue {
    /// A dialogue of which this side receives `window` bytes ahead of its reader, and the peer `peer_window`; the task came
    /// with values of `values_bytes`.
    pub(super) fn new(window: u32, peer_window: u32, values_bytes: usize) -> Self {
        Self {
            values_bytes,
            template_asks: 0,
            incoming: Incoming {
                window,
                owed: 0,
                owed_max: window / 2,
                unread: 0,
                unread_beyond: 0,
                partial: BytesMut::new(),
                partial_charged: 0,
                ended: false,
            },
            outgoing: Outgoing {
                window: peer_window,
                waiting: VecDeque::new(),
                waiting_bytes: 0,
                last: None,
                ended: false,
            },
        }
    }

    /// Notes that the slave asks for the task's template. It may have forgotten it before the task had its turn; but each
    /// question of some bytes has an answer of many.
    pub(super) fn ask_template(&mut self) -> Result<(), LinkError> {
        self.template_asks += 1;
        if self.template_asks > TEMPLATE_ASKS_MAX {
            return Err(WireError::Unexpected { message: "need-template", why: "again and again" }.into());
        }
        Ok(())
    }

    /// Takes a frame of data; gives the chunk that it completes.
    pub(super) fn receive(
        &mut self,
        datum: bool,
        more: bool,
        payload: Bytes,
        length_max: usize,
    ) -> Result<Option<Chunk>, LinkError> {
        let incoming = &mut self.incoming;
        if incoming.ended {
            return Err(WireError::Unexpected { message: "data", why: "after the end" }.into());
        }
        // It would take room here, and none of the window.
        if payload.is_empty() {
            return Err(WireError::Malformed { message: "data", what: "holds nothing" }.into());
        }
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        incoming.window = incoming.window.checked_sub(length).ok_or(LinkError::WindowExceeded)?;
        if !datum {
            if more || !incoming.partial.is_empty() {
                return Err(WireError::Malformed { message: "data", what: "a part of a value is missing" }.into());
            }
            return Ok(Some(incoming.whole(datum, payload, length)));
        }
        if !more && incoming.partial.is_empty() {
            return Ok(Some(incoming.whole(datum, payload, length)));
        }
        if incoming.partial.len() + payload.len() > length_max {
            return Err(WireError::MessageTooLong { length_max }.into());
        }
        incoming.partial.extend_from_slice(&payload);
        incoming.partial_charged += length;
        if more {
            incoming.let_partial_grow();
            return Ok(None);
        }
        let bytes = incoming.partial.split().freeze();
        let credit = std::mem::take(&mut incoming.partial_charged);
        Ok(Some(incoming.whole(datum, bytes, credit)))
    }

    /// Notes that the peer closed its direction. Says whether it was open.
    pub(super) fn receive_end(&mut self) -> Result<bool, LinkError> {
        if !self.incoming.partial.is_empty() {
            return Err(WireError::Unexpected { message: "end", why: "within a value" }.into());
        }
        Ok(!std::mem::replace(&mut self.incoming.ended, true))
    }

    /// Notes that `bytes` have been read.
    pub(super) fn consume(&mut self, bytes: u32) {
        let incoming = &mut self.incoming;
        incoming.owed = incoming.owed.saturating_add(bytes);
        incoming.unread = incoming.unread.saturating_sub(bytes);
        incoming.let_partial_grow();
    }

    /// The credit to give now.
    pub(super) fn take_credit(&mut self) -> Option<u32> {
        let incoming = &mut self.incoming;
        if incoming.owed == 0 || incoming.owed < incoming.owed_max {
            return None;
        }
        incoming.window = incoming.window.saturating_add(incoming.owed);
        Some(std::mem::take(&mut incoming.owed))
    }

    /// Lets the peer's credit in.
    pub(super) fn credit(&mut self, bytes: u32) -> Result<(), LinkError> {
        self.outgoing.window = self.outgoing.window.checked_add(bytes).ok_or(LinkError::WindowExceeded)?;
        Ok(())
    }

    /// Queues a chunk, to be sent as the window allows. Writing after the end is dropped.
    pub(super) fn write(&mut self, datum: bool, bytes: Pieces) {
        if !self.outgoing.ended && (datum || !bytes.is_empty()) {
            self.outgoing.waiting_bytes += bytes.len();
            self.outgoing.waiting.push_back((datum, bytes));
        }
    }

    /// Closes this side's direction after what was written. Says whether it was open.
    pub(super) fn end(&mut self, task: TaskId) {
        if !std::mem::replace(&mut self.outgoing.ended, true) {
            self.outgoing.last = Some(Message::End { task });
        }
    }

    /// Sets what to say of the task after what was written.
    pub(super) fn finish(&mut self, last: Message) {
        self.outgoing.ended = true;
        self.outgoing.last = Some(last);
    }

    /// Whether the task has ended and not all of it has been said.
    pub(super) fn is_finishing(&self) -> bool {
        matches!(self.outgoing.last, Some(Message::Done { .. }))
    }

    /// Whether all that was written has been sent.
    pub(super) fn is_drained(&self) -> bool {
        self.outgoing.waiting.is_empty()
    }

    /// How much waits here.
    pub(super) fn load(&self) -> Load {
        let incoming = &self.incoming;
        let unread = self.values_bytes + incoming.unread as usize + incoming.unread_beyond + incoming.partial.len();
        // However short each is.
        let waiting = self.outgoing.waiting_bytes + WAITING_BYTES * self.outgoing.waiting.len();
        Load { unread, waiting }
    }

    /// Whether a value of `bytes` may be sent at once.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.is_drained() && bytes <= self.outgoing.window as usize
    }

    /// The next message that the window allows.
    pub(super) fn next(&mut self, task: TaskId) -> Option<Message> {
        let outgoing = &mut self.outgoing;
        let Some((datum, bytes)) = outgoing.waiting.front_mut() else {
            return outgoing.last.take();
        };
        let datum = *datum;
        let room = PAYLOAD_MAX.min(outgoing.window as usize);
        if room == 0 && !bytes.is_empty() {
            return None;
        }
        let payload = bytes.split_front(room);
        let more = !bytes.is_empty();
        outgoing.waiting_bytes -= payload.len();
        if !more {
            outgoing.waiting.pop_front();
        }
        outgoing.window -= u32::try_from(payload.len()).expect("at most PAYLOAD_MAX");
        // Text has no parts: every piece of it is as good as the whole.
        Some(Message::Data { task, datum, more: more && datum, payload })
    }
}

impl Incoming {
    /// A chunk that has come whole and is charged to the window with `credit`.
    fn whole(&mut self, datum: bool, bytes: Bytes, credit: u32) -> Chunk {
        self.unread += credit;
        self.unread_beyond += bytes.len() - credit as usize;
        Chunk { datum, bytes, credit }
    }

    /// Nobody can read half a value, so a reader who has read all before it could not make room for one that is longer than
    /// the window. One who has not will do so first: a window may hold the ends of many long values.
    fn let_partial_grow(&mut self) {
        if self.unread == 0 {
            self.unread_beyond = 0;
            self.owed += std::mem::take(&mut self.partial_charged);
        }
    }
}
