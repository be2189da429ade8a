//! Moves the bytes of a link over any tokio stream: the master's driver.
//!
//! A task of its own writes what was said on the link. To wake it costs a hand-over, to another thread if the runtime has
//! several, so whoever speaks writes by itself where it can: see [`Cork`].

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

use super::{Event, Link, LinkConfig, LinkError, Unwritten};
use crate::{clock, security::Token, wire::Hello};

/// Room made for each read.
const READ_BYTES: usize = 128 * 1024;
/// How long the last words may take when the link is closed.
const LAST_WORDS_MAX: Duration = Duration::from_millis(500);

/// A link that somebody drives, for everybody who speaks on it.
#[derive(Debug)]
pub(crate) struct LinkHandle {
    link: Mutex<Link>,
    writer: Mutex<Writer>,
    output: Notify,
    corks: AtomicUsize,
    heartbeat: Duration,
    stop: CancellationToken,
}

/// The stream's half for writing.
#[derive(Default)]
struct Writer {
    /// Set while the link is driven.
    stream: Option<Pin<Box<dyn AsyncWrite + Send>>>,
    unwritten: Unwritten,
    /// The writing task waits for the stream: who asked it now would take its place, and it would wait for ever.
    is_awaited: bool,
}

/// While it lives, what is said on the link waits for its end, and then is written at once and together, by the thread
/// that drops it, as far as the stream takes it.
#[derive(Debug)]
pub(crate) struct Cork<'l>(&'l LinkHandle);

impl Drop for Cork<'_> {
    fn drop(&mut self) {
        self.0.corks.fetch_sub(1, Ordering::SeqCst);
        self.0.write_now();
    }
}

impl LinkHandle {
    /// A link on which `hello` is the first word, to a slave that knows `token`, if there is one.
    pub(crate) fn new(hello: Hello, token: Option<Token>, config: LinkConfig, stop: CancellationToken) -> Self {
        Self {
            heartbeat: config.heartbeat,
            link: Mutex::new(Link::new(hello, token, config, clock::now())),
            writer: Mutex::default(),
            output: Notify::new(),
            corks: AtomicUsize::new(0),
            stop,
        }
    }

    /// Speaks on the link; what was said is sent when the closure returns, or when the last [`Cork`] is gone.
    pub(crate) fn with<R>(&self, speak: impl FnOnce(&mut Link) -> R) -> R {
        let mut link = self.lock();
        let result = speak(&mut link);
        // A cork seen here is dropped later, and whoever drops it writes this as well.
        if link.has_output() && self.corks.load(Ordering::SeqCst) == 0 {
            self.output.notify_one();
        }
        result
    }

    /// Holds back what is said until the result is dropped.
    pub(crate) fn cork(&self) -> Cork<'_> {
        self.corks.fetch_add(1, Ordering::SeqCst);
        Cork(self)
    }

    /// Ends the link after a last word.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, Link> {
        // The state machine keeps its invariants at every await-free step; a panic elsewhere does not spoil it.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drives the link over a stream until it ends, and says why it did. Calls `handle` for each event, in order and
    /// without the link's lock.
    ///
    /// Reading and writing are separate loops: if one waited for the other, two peers with much to say would each block
    /// on a full socket.
    pub(crate) async fn drive(
        &self,
        reader: impl AsyncRead + Unpin,
        writer: impl AsyncWrite + Send + 'static,
        mut handle: impl FnMut(Event) -> Result<(), LinkError>,
    ) -> LinkError {
        self.writer().stream = Some(Box::pin(writer));
        let undriven = Undriven(self);
        // In this order, and not at random, so that a simulation can be repeated. Reading comes last, since what there is
        // to write ends unless something is read.
        let why = tokio::select! {
            biased;
            () = self.stop.cancelled() => LinkError::Shutdown,
            why = self.mind_heartbeat() => why,
            why = self.write() => why,
            why = self.read(reader, &mut handle) => why,
        };
        self.lock().close(&why);
        let last_words = std::future::poll_fn(|cx| {
            ready!(self.writer().poll_write_out(cx, self))?;
            self.writer().poll_shutdown(cx)
        });
        // The peer may be gone: then there is nobody to hear the last words, and no more to say about it.
        let _ = tokio::time::timeout(LAST_WORDS_MAX, last_words).await;
        drop(undriven);
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
            let cork = self.cork();
            let end = self.with(|link| {
                link.heard(clock::now());
                loop {
                    match link.next_event(&mut input) {
                        Ok(Some(event)) => events.push(event),
                        Ok(None) => break None,
                        Err(err) => break Some(err),
                    }
                }
            });
            let handled = events.drain(..).try_for_each(&mut *handle);
            drop(cork);
            if let Some(why) = end.or(handled.err()) {
                return why;
            }
        }
    }

    /// Writes whatever nobody else has written.
    async fn write(&self) -> LinkError {
        loop {
            if let Err(err) = std::future::poll_fn(|cx| self.writer().poll_write_out(cx, self)).await {
                return err.into();
            }
            self.output.notified().await;
        }
    }

    /// Writes what the stream takes without anybody waiting for it, and leaves the rest to the writing task.
    fn write_now(&self) {
        if !self.lock().has_output() {
            return;
        }
        let is_written = match self.writer.try_lock() {
            Ok(mut writer) if !writer.is_awaited && writer.stream.is_some() => {
                let mut cx = Context::from_waker(Waker::noop());
                // An error is met again by the writing task.
                matches!(writer.poll_stream(&mut cx, self), Poll::Ready(Ok(())))
            }
            _ => false,
        };
        if !is_written {
            self.output.notify_one();
        }
    }

    async fn mind_heartbeat(&self) -> LinkError {
        loop {
            // Once the peer has introduced itself it has less time than it had for that.
            let next = self.lock().next_tick().min(clock::now() + self.heartbeat);
            tokio::time::sleep_until(next.into()).await;
            if let Err(why) = self.with(|link| link.tick(clock::now())) {
                return why;
            }
        }
    }
}

impl Writer {
    /// Writes all that was said on the link, for the writing task.
    fn poll_write_out(&mut self, cx: &mut Context<'_>, link: &LinkHandle) -> Poll<io::Result<()>> {
        let written = self.poll_stream(cx, link);
        self.is_awaited = written.is_pending();
        written
    }

    fn poll_stream(&mut self, cx: &mut Context<'_>, link: &LinkHandle) -> Poll<io::Result<()>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(())) };
        let mut is_same = true;
        loop {
            let mut state = link.lock();
            if !self.unwritten.fill(&mut state) {
                state.unblocked();
                break;
            }
            drop(state);
            let write = |pieces: &[IoSlice<'_>]| {
                // The system does a plain write in less time.
                let written = match pieces {
                    [piece] => stream.as_mut().poll_write(cx, piece),
                    pieces => stream.as_mut().poll_write_vectored(cx, pieces),
                };
                match written {
                    Poll::Ready(written) => written.map_err(Some),
                    Poll::Pending => Err(None),
                }
            };
            match self.unwritten.write(write) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(_) => is_same = false,
                Err(Some(err)) => return Poll::Ready(Err(err)),
                Err(None) => {
                    link.lock().blocked(is_same, clock::now());
                    return Poll::Pending;
                }
            }
        }
        stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => stream.as_mut().poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("is_awaited", &self.is_awaited).finish_non_exhaustive()
    }
}

/// Closes the stream when the link is driven no more, also when its runtime is shut down.
struct Undriven<'l>(&'l LinkHandle);

impl Drop for Undriven<'_> {
    fn drop(&mut self) {
        let stream = self.0.writer().stream.take();
        drop(stream);
    }
}
