//! How masters are made.

use std::time::Duration;

use super::Master;
use crate::{link::LinkConfig, security::Security};

/// Makes a [`Master`]; begin with [`Master::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder makes nothing until `build`"]
pub struct MasterBuilder {
    config: MasterConfig,
}

#[derive(Debug, Clone)]
pub(crate) struct MasterConfig {
    pub(super) link: LinkConfig,
    pub(super) security: Option<Security>,
    pub(super) queued_max: usize,
    pub(super) timeout: Option<Duration>,
}

impl Default for MasterConfig {
    fn default() -> Self {
        Self { link: LinkConfig::default(), security: None, queued_max: 1_000_000, timeout: None }
    }
}

impl MasterBuilder {
    /// Sets the limits and times of links.
    pub fn link(mut self, link: LinkConfig) -> Self {
        self.config.link = link;
        self
    }

    /// Sets how links are secured, in place of the [default](crate::set_default_security).
    pub fn security(mut self, security: Security) -> Self {
        self.config.security = Some(security);
        self
    }

    /// Sets how many tasks may wait for a slave; more fail with `LimitExceeded`. Default: 1,000,000.
    pub fn max_queued(mut self, tasks: usize) -> Self {
        self.config.queued_max = tasks;
        self
    }

    /// Sets the time that tasks have which set none themselves, waiting included. Default: no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.config.timeout = Some(timeout);
        self
    }

    /// Makes the master.
    pub fn build(self) -> Master {
        Master::from_config(self.config)
    }
}
