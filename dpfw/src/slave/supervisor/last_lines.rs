//! [`LastLines`]: what a child wrote last on standard error, which often says why it ended.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::ChildStderr,
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
        // As if the child had it from this process: where nobody reads, a child that writes waits. Where it is closed the
        // child is spared the error, which would end many a program.
        let mut here = tokio::io::stderr();
        let _ = here.write_all(&buffer[..length]).await;
        let _ = here.flush().await;
    }
}
