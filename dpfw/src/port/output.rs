//! Text on its way out.

use bytes::{Bytes, BytesMut};

/// Joins small writes of text, so that `(display x)` in a loop does not make a segment of each character.
#[derive(Debug, Default)]
pub(crate) struct OutputBuffer {
    text: BytesMut,
}

impl OutputBuffer {
    /// Adds `bytes`; returns what is to be sent before anything else is written, if it has become enough.
    #[must_use]
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Option<Bytes> {
        self.text.extend_from_slice(bytes);
        if self.text.len() >= JOINED_BYTES_MAX { self.take() } else { None }
    }

    /// What has been written and not been sent: to be sent when the port is flushed, closed, or a datum written to it.
    #[must_use]
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        (!self.text.is_empty()).then(|| self.text.split().freeze())
    }
}

impl std::fmt::Write for OutputBuffer {
    /// Adds text without a limit; [`OutputBuffer::write`] with nothing applies it afterwards.
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// So many bytes are sent even if nobody asks for it.
const JOINED_BYTES_MAX: usize = 16 * 1024;
