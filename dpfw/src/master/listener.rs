//! [`Listener`]: slaves dial in.

use std::{net::SocketAddr, sync::Arc};

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{ConnectError, Keeper, Master, Shared, connect::Connecting, shared::Source};
use crate::{
    link::LinkError,
    security,
    transport::{Entrance, Strangers, address},
};

/// Accepts slaves until it is closed or dropped. The links that it made stay.
#[derive(Debug)]
#[must_use = "slaves can dial in only as long as the listener lives"]
pub struct Listener {
    addr: SocketAddr,
    stop: DropGuard,
    _keeper: Arc<Keeper>,
}

impl Master {
    /// Lets slaves dial in at `addr`.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, or is off loopback and no [`Security`](crate::Security) covers it; if the
    /// keys for TLS cannot be used; if the master was shut down.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped nothing listens.
    pub async fn listen(&self, addr: impl ToSocketAddrs) -> Result<Listener, ConnectError> {
        let addrs = address::resolve(addr).await?;
        let shared = &self.keeper.shared;
        for addr in &addrs {
            security::check_address(shared.security().as_ref(), addr.ip())?;
        }
        self.listen_on(address::listen(&addrs).await?)
    }

    /// Lets slaves dial in at `listener`.
    ///
    /// # Errors
    ///
    /// If the listener has no address, or one off loopback that no [`Security`](crate::Security) covers; if the keys for
    /// TLS cannot be used; if the master was shut down.
    pub fn listen_on(&self, listener: TcpListener) -> Result<Listener, ConnectError> {
        let shared = &self.keeper.shared;
        let addr = listener.local_addr()?;
        security::check_address(shared.security().as_ref(), addr.ip())?;
        if shared.is_closed() {
            return Err(LinkError::Shutdown.into());
        }
        let entrance = Entrance::new(listener, &shared.transport()?);
        let stop = shared.stop.child_token();
        shared.tracker.spawn(accept(Arc::clone(shared), shared.source(), entrance, stop.clone()));
        Ok(Listener { addr, stop: stop.drop_guard(), _keeper: Arc::clone(&self.keeper) })
    }
}

impl Listener {
    /// The address that slaves dial, with the port that was chosen if 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening. The links that were made stay.
    pub fn close(self) {
        drop(self.stop);
    }
}

async fn accept(shared: Arc<Shared>, _source: Source, mut entrance: Entrance, stop: CancellationToken) {
    let mut strangers = Strangers::default();
    loop {
        let (secured, peer) = tokio::select! {
            came = entrance.next() => came,
            () = stop.cancelled() => return,
        };
        let connecting = Connecting::over(&shared, secured, peer.to_string(), None);
        let introduction = shared.tracker.spawn(async move {
            // Its time for that is limited by the link.
            if let Err(err) = connecting.ready().await {
                tracing::debug!(%err, %peer, "a connection did not become a link");
            }
        });
        if let Some(oldest) = strangers.admit(introduction.abort_handle(), |stranger| !stranger.is_finished()) {
            tracing::debug!("too many peers have not introduced themselves: the oldest is given up");
            oldest.abort();
        }
    }
}
