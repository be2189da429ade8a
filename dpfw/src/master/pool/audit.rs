//! Whether the pool's books agree, for the simulation.

use std::collections::BTreeSet;

use super::{Member, Pool, Use};
use crate::master::{SlaveId, SlaveState};

/// What an audit found.
#[derive(Debug)]
pub(in crate::master) struct Audit {
    /// Slaves that are connected.
    pub(in crate::master) members: usize,
    /// Those that are not idle.
    pub(in crate::master) busy: Vec<(SlaveId, SlaveState)>,
    /// How many wait for one.
    pub(in crate::master) waiting: usize,
}

impl Pool {
    /// Looks through the books, at a moment when nothing is under way. An error says what cannot be.
    pub(in crate::master) fn audit(&self) -> Result<Audit, String> {
        self.line.audit()?;
        let idle: BTreeSet<_> = self.idle.iter().copied().collect();
        let open: BTreeSet<_> = self.open.iter().copied().collect();
        if idle.len() < self.idle.len() || open.len() < self.open.len() {
            return Err(format!("a slave is noted twice: idle {:?}, open {:?}", self.idle, self.open));
        }
        if let Some(gone) = idle.iter().find(|id| !self.members.contains_key(id)) {
            return Err(format!("slave {gone} is idle and gone"));
        }
        for (id, member) in &self.members {
            let should_be_idle = matches!(member.use_, Use::Idle) && !member.leaving;
            if idle.contains(id) != should_be_idle {
                return Err(format!("slave {id} is noted as idle, or not, and is {:?}", member.use_));
            }
            if open.contains(id) != member.is_open || (member.has_room() && !member.is_open) {
                return Err(format!("slave {id} is noted as open, or not, and is {:?}", member.use_));
            }
            member.audit().map_err(|wrong| format!("slave {id}: {wrong}, {:?}", member.use_))?;
        }
        for first in self.line.fronts() {
            if let Some(id) = self.idle.iter().find(|id| first.is_served_by(&self.members[id].link)) {
                return Err(format!("slave {id} is idle though {first:?} waits"));
            }
        }
        let busy = self.members().filter(|(_, state)| *state != SlaveState::Idle);
        let busy = busy.map(|(link, state)| (link.id, state)).collect();
        Ok(Audit { members: self.members.len(), busy, waiting: self.line.len() })
    }
}

impl Member {
    fn audit(&self) -> Result<(), String> {
        let (sent, sent_bytes) = self.link.tasks_total();
        // What has answered may be held by a local procedure, which no other task is sent beside.
        let agrees = match &self.use_ {
            Use::Idle => sent == 0,
            Use::Busy { tasks, bytes, .. } => (sent == *tasks && sent_bytes == *bytes) || (sent == 0 && *tasks == 1),
            Use::Reserved { queue, busy, .. } => sent <= usize::from(*busy) && (*busy || queue.is_empty()),
        };
        if agrees { Ok(()) } else { Err(format!("{sent} tasks of {sent_bytes} bytes have no answer")) }
    }
}
