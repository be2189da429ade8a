//! [`LastLines`]: what a child wrote last on standard error, which often says why it ended.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    process::ChildStderr,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::wire::Death;

/// Room for one read.
const READ_BYTES: usize = 4096;
/// How long the last of it may take to come once the child has ended; programs that it started may hold the pipe.
const END_MAX: Duration = Duration::from_millis(100);

/// Passes a child's standard error on to this process's, and keeps its end.
#[derive(Debug)]
pub(super) struct LastLines {
    kept: Arc<Mutex<Vec<u8>>>,
    passing: JoinHandle<io::Result<()>>,
}

impl LastLines {
    pub(super) fn of(stderr: ChildStderr) -> Self {
        let kept = Arc::default();
        Self { passing: tokio::spawn(pass_on(stderr, Arc::clone(&kept))), kept }
    }

    /// What the child wrote last, after its end.
    pub(super) async fn take(mut self) -> String {
        if tokio::time::timeout(END_MAX, &mut self.passing).await.is_err() {
            self.passing.abort();
        }
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&kept).into_owned()
    }
}

async fn pass_on(mut stderr: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) -> io::Result<()> {
    let mut buffer = [0; READ_BYTES];
    loop {
        let length = stderr.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&buffer[..length]);
            let surplus = kept.len().saturating_sub(Death::LAST_LINES_MAX);
            kept.drain(..surplus);
        }
        // As if the child had it from this process: where nobody reads, a child that writes waits.
        if let Some(writer) = writer() {
            let (written, is_written) = oneshot::channel();
            let piece = Piece { bytes: buffer[..length].to_vec(), written };
            if writer.send(piece).await.is_ok() {
                // The writer is never dropped.
                let _ = is_written.await;
            }
        }
    }
}

/// Something for this process's standard error.
struct Piece {
    bytes: Vec<u8>,
    /// Told when it is there.
    written: oneshot::Sender<()>,
}

/// To the one thread that writes what children say: it may wait for a reader for ever, and then it alone does, however many
/// children come and go. `None` if there can be no such thread.
fn writer() -> Option<&'static mpsc::Sender<Piece>> {
    static WRITER: OnceLock<Option<mpsc::Sender<Piece>>> = OnceLock::new();
    let start = || {
        let (writer, mut pieces) = mpsc::channel::<Piece>(1);
        let write = move || {
            while let Some(Piece { bytes, written }) = pieces.blocking_recv() {
                // Where it is closed the child is spared the error, which would end many a program.
                let _ = io::stderr().write_all(&bytes);
                // Whoever waited may be gone.
                let _ = written.send(());
            }
        };
        let thread = thread::Builder::new().name("dpfw-stderr".to_owned()).spawn(write);
        thread.map(|_| writer).map_err(|err| tracing::warn!(%err, "what children print is lost")).ok()
    };
    WRITER.get_or_init(start).as_ref()
}
