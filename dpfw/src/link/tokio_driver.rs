//! Moves the bytes of a link over any tokio stream: the master's driver.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

use super::{Event, Link, LinkConfig, LinkError};
use crate::wire::Hello;

/// Room made for each read.
const READ_BYTES: usize = 128 * 1024;
/// How long the last words may take when the link is closed.
const LAST_WORDS_MAX: Duration = Duration::from_millis(500);

/// A link that somebody drives, for everybody who speaks on it.
#[derive(Debug)]
pub(crate) struct LinkHandle {
    link: Mutex<Link>,
    output: Notify,
    stop: CancellationToken,
}

impl LinkHandle {
    /// A link on which `hello` is the first word.
    pub(crate) fn new(hello: Hello, config: LinkConfig, stop: CancellationToken) -> Self {
        Self { link: Mutex::new(Link::new(hello, config, Instant::now())), output: Notify::new(), stop }
    }

    /// Speaks on the link; what was said is sent when the closure returns.
    pub(crate) fn with<R>(&self, speak: impl FnOnce(&mut Link) -> R) -> R {
        let mut link = self.lock();
        let result = speak(&mut link);
        if link.has_output() {
            self.output.notify_one();
        }
        result
    }

    /// Ends the link after a last word.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, Link> {
        // The state machine keeps its invariants at every await-free step; a panic elsewhere does not spoil it.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drives the link over `stream` until it ends, and says why it did. Calls `handle` for each event, in order and
    /// without the link's lock.
    ///
    /// Reading and writing are separate loops: if one waited for the other, two peers with much to say would each block
    /// on a full socket.
    pub(crate) async fn drive<S>(&self, stream: S, mut handle: impl FnMut(Event) -> Result<(), LinkError>) -> LinkError
    where
        S: AsyncRead + AsyncWrite,
    {
        let (reader, mut writer) = tokio::io::split(stream);
        let why = tokio::select! {
            () = self.stop.cancelled() => LinkError::Shutdown,
            why = self.read(reader, &mut handle) => why,
            why = self.write(&mut writer) => why,
            why = self.mind_heartbeat() => why,
        };
        self.lock().close(&why);
        let last_words = async {
            while let Some(bytes) = self.next_output() {
                writer.write_all(&bytes).await?;
            }
            writer.shutdown().await
        };
        // The peer may be gone: then there is nobody to hear the last words, and no more to say about it.
        let _ = tokio::time::timeout(LAST_WORDS_MAX, last_words).await;
        why
    }

    async fn read<R: AsyncRead + Unpin>(
        &self,
        mut reader: R,
        handle: &mut impl FnMut(Event) -> Result<(), LinkError>,
    ) -> LinkError {
        let mut input = BytesMut::new();
        let mut events = Vec::new();
        loop {
            input.reserve(READ_BYTES);
            match reader.read_buf(&mut input).await {
                Ok(0) => return LinkError::Closed,
                Ok(_) => {}
                Err(err) => return err.into(),
            }
            let end = self.with(|link| {
                link.heard(Instant::now());
                loop {
                    match link.next_event(&mut input) {
                        Ok(Some(event)) => events.push(event),
                        Ok(None) => break None,
                        Err(err) => break Some(err),
                    }
                }
            });
            let handled = events.drain(..).try_for_each(&mut *handle);
            if let Some(why) = end.or(handled.err()) {
                return why;
            }
        }
    }

    async fn write<W: AsyncWrite + Unpin>(&self, writer: &mut W) -> LinkError {
        loop {
            while let Some(bytes) = self.next_output() {
                if let Err(err) = writer.write_all(&bytes).await {
                    return err.into();
                }
            }
            if let Err(err) = writer.flush().await {
                return err.into();
            }
            self.output.notified().await;
        }
    }

    fn next_output(&self) -> Option<bytes::Bytes> {
        self.lock().take_output()
    }

    async fn mind_heartbeat(&self) -> LinkError {
        loop {
            let next = self.lock().next_tick();
            tokio::time::sleep_until(next.into()).await;
            if let Err(why) = self.with(|link| link.tick(Instant::now())) {
                return why;
            }
        }
    }
}
