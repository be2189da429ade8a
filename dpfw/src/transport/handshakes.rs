//! Handshakes with those who dialled in.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    task::{AbortHandle, JoinSet},
};
use tokio_rustls::TlsStream;

use crate::security::Tls;

/// Handshakes at one time: with more, the oldest is given up. An honest one takes milliseconds.
const HANDSHAKES_MAX: usize = 256;

type Done = (Box<TlsStream<TcpStream>>, SocketAddr);

/// Each is a task of its own, so that they use all cores; they end with this.
#[derive(Debug, Default)]
pub(super) struct Handshakes {
    tasks: JoinSet<Option<Done>>,
    /// Those that may still run, from the oldest.
    running: VecDeque<AbortHandle>,
}

impl Handshakes {
    pub(super) fn begin(&mut self, tls: Arc<Tls>, stream: TcpStream, peer: SocketAddr, limit: Duration) {
        self.running.retain(|task| !task.is_finished());
        if self.running.len() >= HANDSHAKES_MAX
            && let Some(oldest) = self.running.pop_front()
        {
            tracing::debug!("too many handshakes at once: the oldest is given up");
            oldest.abort();
        }
        let task = self.tasks.spawn(async move {
            match tls.accept(stream, limit).await {
                Ok(stream) => Some((Box::new(stream), peer)),
                Err(err) => {
                    tracing::debug!(%err, %peer, "a peer was refused");
                    None
                }
            }
        });
        self.running.push_back(task);
    }

    /// The next who came through, if ever. If the future is dropped none is lost.
    pub(super) async fn next(&mut self) -> Done {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(Some(done))) => return done,
                // Refused, or given up.
                Some(Ok(None) | Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}
