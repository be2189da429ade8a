//! [`Door`]: where the links of one call of `serve` or `connect` go, which end with it.

use std::{io, sync::Arc};

use tokio::sync::oneshot;

#[cfg(unix)]
use super::supervisor::ChildLinks;
use super::{Slave, hub::Hub, stream::Stream};
use crate::link::LinkError;

/// Where the links of one call of `serve` or `connect` go.
pub(super) enum Door {
    /// To the evaluator in this process.
    Here(LinksOf),
    /// To the evaluators in child processes.
    #[cfg(unix)]
    Children(ChildLinks),
}

impl Door {
    /// How many slaves stand behind it.
    pub(super) fn slaves(&self) -> u32 {
        match self {
            Self::Here(_) => 1,
            #[cfg(unix)]
            Self::Children(links) => links.slaves(),
        }
    }

    /// Gives `slave` the link of a master who came; gives where the link's end is told.
    pub(super) async fn admit(&self, slave: &Slave, stream: Stream) -> io::Result<oneshot::Receiver<LinkError>> {
        match self {
            Self::Here(links) => Ok(slave.add_session(&links.hub, stream, Some(links.owner), 1, None)),
            #[cfg(unix)]
            Self::Children(links) => links.pass(stream).await,
        }
    }

    /// Waits until the slave at `seat` can be given a link; false if it has left and will not be.
    #[cfg_attr(not(unix), expect(clippy::unused_async, unused_variables, reason = "there are no children"))]
    pub(super) async fn ready(&self, seat: u32) -> bool {
        match self {
            Self::Here(_) => true,
            #[cfg(unix)]
            Self::Children(links) => links.ready(seat).await,
        }
    }

    /// Gives the slave at `seat` the link to a master who was dialled for it.
    pub(super) fn admit_to(
        &self,
        seat: u32,
        slave: &Slave,
        stream: Stream,
    ) -> io::Result<oneshot::Receiver<LinkError>> {
        match self {
            Self::Here(links) => {
                debug_assert_eq!(seat, 0, "there is one slave in a process");
                Ok(slave.add_session(&links.hub, stream, Some(links.owner), 1, None))
            }
            #[cfg(unix)]
            Self::Children(links) => links.pass_to(seat, stream),
        }
    }

    /// Waits until the slave has left.
    pub(super) async fn stopped(&self) {
        match self {
            Self::Here(links) => links.hub.stopped().await,
            #[cfg(unix)]
            Self::Children(links) => links.stopped().await,
        }
    }
}

/// Links of an evaluator in this process that end together.
pub(super) struct LinksOf {
    pub(super) hub: Arc<Hub>,
    pub(super) owner: u64,
}

impl LinksOf {
    pub(super) fn new(hub: &Arc<Hub>) -> Self {
        Self { hub: Arc::clone(hub), owner: hub.new_owner() }
    }
}

impl Drop for LinksOf {
    fn drop(&mut self) {
        self.hub.end_owned(self.owner);
    }
}
