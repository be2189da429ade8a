//! The master's ends of a task's ports.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::pending::Pending;
use crate::{
    PortError, Value, from_value,
    port::{InputQueue, Segment, Step},
    to_value,
    value::{encode, pieces::PiecesMut},
};

/// What port operations return.
pub type PortResult<T> = Result<T, PortError>;

/// Reads what the remote procedure writes on its output port, and at last its value.
///
/// Every read first flushes the paired [`OutputPort`], since whoever waits for an answer wants the question sent.
/// Dropping the port discards what still comes.
///
/// All methods are cancel-safe: a read that was dropped has taken nothing.
#[derive(Debug)]
pub struct InputPort {
    pending: Arc<Pending>,
}

/// Writes what the remote procedure reads from its input port.
///
/// What is written as data is sent at once; text waits for a [`flush`](Self::flush), for more of it, or for a read on
/// the paired port. Dropping the port closes it. At most a window (1 MiB) is sent ahead of what the task reads; after
/// that a write waits.
///
/// All methods are cancel-safe: a write that was dropped while it waited has been written, and is sent when there is
/// room.
#[derive(Debug)]
pub struct OutputPort {
    pending: Arc<Pending>,
}

impl InputPort {
    pub(super) fn new(pending: Arc<Pending>) -> Self {
        Self { pending }
    }

    async fn read_by<T>(&mut self, mut step: impl FnMut(&mut InputQueue) -> PortResult<Step<T>>) -> PortResult<T> {
        poll_fn(|cx| self.pending.poll_read(cx, &mut step)).await
    }

    /// Reads the next datum; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`PortError::Malformed`] and its like if text came that is not a datum.
    pub async fn read_value(&mut self) -> PortResult<Option<Value>> {
        self.read_by(InputQueue::read_value).await
    }

    /// Reads the next datum as a `T`, by the table of [`from_value`].
    ///
    /// # Errors
    ///
    /// [`PortError::Eof`] at the end, [`PortError::Value`] if the datum is no `T`; and as
    /// [`read_value`](Self::read_value).
    pub async fn read<T: DeserializeOwned>(&mut self) -> PortResult<T> {
        let value = self.read_value().await?.ok_or(PortError::Eof)?;
        Ok(from_value(value)?)
    }

    /// Reads a line, without its end; `None` at the end of the port.
    ///
    /// # Errors
    ///
    /// If the text is not UTF-8 or the line too long.
    pub async fn read_line(&mut self) -> PortResult<Option<String>> {
        self.read_by(InputQueue::read_line).await
    }

    /// Reads a character; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the text is not UTF-8.
    pub async fn read_char(&mut self) -> PortResult<Option<char>> {
        self.read_by(InputQueue::read_char).await
    }

    /// Reads `count` bytes, or as many as there are before the end.
    ///
    /// # Errors
    ///
    /// If `count` is more than can be held.
    pub async fn read_bytes(&mut self, count: usize) -> PortResult<Bytes> {
        Ok(self.read_by(|queue| queue.read_bytes(count)).await?.unwrap_or_default())
    }

    /// Reads what comes next as it was written, for the command `dpfw`; `None` at the end.
    #[doc(hidden)]
    pub async fn read_segment(&mut self) -> PortResult<Option<Segment>> {
        self.read_by(|queue| Ok(queue.read_segment())).await
    }

    /// The port as a stream of bytes.
    pub fn reader(&mut self) -> impl AsyncRead + Unpin + Send + '_ {
        Reader(self)
    }
}

impl Drop for InputPort {
    fn drop(&mut self) {
        self.pending.discard_input();
    }
}

impl OutputPort {
    pub(super) fn new(pending: Arc<Pending>) -> Self {
        Self { pending }
    }

    /// Writes a datum, by the table of [`to_value`].
    ///
    /// # Errors
    ///
    /// [`PortError::Value`] if it cannot be one, [`PortError::Disconnected`] if the task has ended,
    /// [`PortError::Closed`] after [`close`](Self::close).
    pub async fn write<T: Serialize + ?Sized>(&mut self, datum: &T) -> PortResult<()> {
        let value = to_value(datum)?;
        self.write_value(&value).await
    }

    /// Writes a datum.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub async fn write_value(&mut self, value: &Value) -> PortResult<()> {
        let mut bytes = PiecesMut::default();
        encode(value, &mut bytes)?;
        self.pending.write(true, bytes.freeze())?;
        self.drain().await
    }

    /// Writes text as it is.
    ///
    /// # Errors
    ///
    /// [`PortError::Disconnected`] if the task has ended, [`PortError::Closed`] after [`close`](Self::close).
    pub async fn write_str(&mut self, text: &str) -> PortResult<()> {
        self.pending.write_text(text.as_bytes())?;
        self.drain().await
    }

    /// Writes the end of a line.
    ///
    /// # Errors
    ///
    /// As [`write_str`](Self::write_str).
    pub async fn newline(&mut self) -> PortResult<()> {
        self.write_str("\n").await
    }

    /// Sends what was written.
    ///
    /// # Errors
    ///
    /// As [`write_str`](Self::write_str).
    pub async fn flush(&mut self) -> PortResult<()> {
        self.pending.flush()?;
        self.drain().await
    }

    /// Closes the port: the remote procedure reads the end after what was written.
    ///
    /// # Errors
    ///
    /// [`PortError::Disconnected`] if the task has ended.
    pub async fn close(&mut self) -> PortResult<()> {
        self.pending.close_output()?;
        self.drain().await
    }

    /// The port as a sink of bytes.
    pub fn writer(&mut self) -> impl AsyncWrite + Unpin + Send + '_ {
        Writer(self)
    }

    /// Waits until what was written is within the window.
    async fn drain(&mut self) -> PortResult<()> {
        poll_fn(|cx| self.pending.poll_drained(cx)).await
    }
}

impl Drop for OutputPort {
    fn drop(&mut self) {
        // If the task has ended nobody waits for the end of its input.
        let _ = self.pending.close_output();
    }
}

struct Reader<'p>(&'p mut InputPort);

impl AsyncRead for Reader<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buf.remaining();
        if room == 0 {
            return Poll::Ready(Ok(()));
        }
        let bytes = ready!(self.0.pending.poll_read(cx, |queue| Ok(queue.read_available(room))))?;
        if let Some(mut bytes) = bytes {
            bytes.truncate(room);
            buf.put_slice(bytes.chunk());
        }
        Poll::Ready(Ok(()))
    }
}

struct Writer<'p>(&'p mut OutputPort);

impl AsyncWrite for Writer<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        // Room first: what is taken here is written, whatever becomes of the caller.
        ready!(self.0.pending.poll_drained(cx))?;
        self.0.pending.write_text(buf)?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.pending.flush()?;
        ready!(self.0.pending.poll_drained(cx))?;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.pending.close_output()?;
        ready!(self.0.pending.poll_drained(cx))?;
        Poll::Ready(Ok(()))
    }
}

/// Reads the value of the remote procedure: the local procedure of tasks without a dialogue.
///
/// A procedure without a value gives what `T` makes of [`Value::Void`], such as `()` or `None`.
///
/// # Errors
///
/// [`PortError::Eof`] if there is nothing to read, [`PortError::Value`] if it is no `T`.
pub async fn read_result<T: DeserializeOwned>(mut input: InputPort, output: OutputPort) -> super::Result<T> {
    // A task that reads finds the end, instead of waiting for what never comes.
    drop(output);
    Ok(result_of(input.read_value().await?)?)
}

/// What the first datum of a task without a dialogue is as a `T`.
pub(super) fn result_of<T: DeserializeOwned>(value: Option<Value>) -> PortResult<T> {
    match value {
        Some(value) => Ok(from_value(value)?),
        None => from_value(Value::Void).map_err(|_| PortError::Eof),
    }
}
