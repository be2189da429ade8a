//! Frames and messages.

use bytes::BytesMut;

use crate::wire::{Flags, Frame, Message};

/// Reads `input` as frames and the messages in them, and says these again.
///
/// # Panics
///
/// If a message that was read is not written such that it is read back equal.
pub fn wire(input: &[u8]) {
    let mut input = BytesMut::from(input);
    while let Ok(Some(frame)) = Frame::decode(&mut input) {
        // What is cut in parts is put together by a link.
        let is_part = frame.flags.has(Flags::MORE);
        let Ok(message) = Message::decode(frame) else { continue };
        if is_part && !matches!(message, Message::Data { .. }) {
            continue;
        }
        assert_eq!(said_again(&message), said_again(&said_again(&message)), "{message:?}");
        // Of a goodbye only the first words are said again.
        if !matches!(message, Message::Goodbye { .. }) {
            assert_eq!(said_again(&message), message);
        }
    }
}

fn said_again(message: &Message) -> Message {
    let mut bytes = BytesMut::new();
    message.put(&mut bytes);
    let mut whole: Option<Frame> = None;
    while let Some(frame) = Frame::decode(&mut bytes).unwrap_or_else(|error| panic!("{message:?}: {error}")) {
        whole = Some(match whole {
            None => frame,
            Some(before) => Frame { payload: [before.payload, frame.payload].concat().into(), ..frame },
        });
    }
    assert!(bytes.is_empty(), "{message:?} is written with bytes left over");
    let whole = whole.unwrap_or_else(|| panic!("{message:?} is written as nothing"));
    Message::decode(whole).unwrap_or_else(|error| panic!("{message:?}: {error}"))
}
