//! The pool: which slaves there are, what they are busy with, and who waits for them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use tokio::sync::oneshot;

use super::{SlaveId, guard::Reservation, pending::Pending, slave_link::SlaveLink};

/// What the master knows of its slaves.
#[derive(Debug, Default)]
pub(super) struct Pool {
    members: BTreeMap<SlaveId, Member>,
    idle: VecDeque<SlaveId>,
    waiting: VecDeque<Waiting>,
    /// How many of those that wait have been given up by whoever wanted them, at most.
    given_up: usize,
    /// Listeners and dialled addresses from which slaves may still come.
    sources: usize,
    pub(super) closed: bool,
}

#[derive(Debug)]
struct Member {
    link: Arc<SlaveLink>,
    use_: Use,
    leaving: bool,
}

/// What a slave is used for.
#[derive(Debug)]
enum Use {
    Idle,
    Busy,
    /// By a guard, whose tasks run one after another.
    Reserved {
        queue: VecDeque<Arc<Pending>>,
        busy: bool,
        held: bool,
    },
}

/// Somebody who waits for a slave.
#[derive(Debug)]
pub(super) enum Waiting {
    Task(Arc<Pending>),
    Guard(oneshot::Sender<Reservation>),
}

/// What is to be done once the pool's lock is released.
#[derive(Debug)]
pub(super) enum Step {
    /// Send the task; if it has ended, the slave is free again.
    Start(Arc<SlaveLink>, Arc<Pending>),
    /// Hand the slave over; if nobody takes it, it is free again.
    Hand(Arc<SlaveLink>, oneshot::Sender<Reservation>),
}

/// Below this, entries that were given up are not worth a sweep.
const GIVEN_UP_MIN: usize = 64;

impl Waiting {
    fn is_given_up(&self) -> bool {
        match self {
            Self::Task(pending) => pending.is_settled(),
            Self::Guard(sender) => sender.is_closed(),
        }
    }

    fn missing(&self, slave: &SlaveLink) -> bool {
        match self {
            Self::Task(pending) => slave.missing(pending.task.template()).is_some(),
            Self::Guard(_) => false,
        }
    }
}

impl Pool {
    /// Adds a slave, idle.
    pub(super) fn add(&mut self, link: &Arc<SlaveLink>) {
        self.members.insert(link.id, Member { link: Arc::clone(link), use_: Use::Idle, leaving: false });
        self.idle.push_back(link.id);
    }

    /// Removes a slave; gives the tasks that were bound to it and had not started.
    pub(super) fn remove(&mut self, id: SlaveId) -> Vec<Arc<Pending>> {
        self.idle.retain(|other| *other != id);
        match self.members.remove(&id).map(|member| member.use_) {
            Some(Use::Reserved { queue, .. }) => queue.into(),
            _ => Vec::new(),
        }
    }

    /// A slave takes no new tasks.
    pub(super) fn set_leaving(&mut self, id: SlaveId) {
        self.idle.retain(|other| *other != id);
        if let Some(member) = self.members.get_mut(&id) {
            member.leaving = true;
        }
    }

    pub(super) fn add_source(&mut self) {
        self.sources += 1;
    }

    pub(super) fn remove_source(&mut self) {
        self.sources -= 1;
    }

    /// Whether there are no slaves and none can come.
    pub(super) fn is_barren(&self) -> bool {
        self.members.values().all(|member| member.leaving) && self.sources == 0
    }

    /// The first procedure that `pending` needs and that none of the slaves offers, if none can come.
    pub(super) fn never_offered(&self, pending: &Pending) -> Option<String> {
        let template = pending.task.template();
        if self.sources > 0 || template.externs().next().is_none() {
            return None;
        }
        let mut missing = None;
        for member in self.members.values() {
            missing = Some(member.link.missing(template)?.to_owned());
        }
        missing
    }

    /// How many wait.
    pub(super) fn waiting_len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether some slave waits for a task.
    pub(super) fn has_idle(&self) -> bool {
        !self.idle.is_empty()
    }

    /// Adds somebody at the end of the queue.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    /// Adds a task that had its turn already, at the front.
    pub(super) fn wait_first(&mut self, pending: &Arc<Pending>) {
        self.waiting.push_front(Waiting::Task(Arc::clone(pending)));
    }

    /// Takes all who wait.
    pub(super) fn take_waiting(&mut self) -> VecDeque<Waiting> {
        self.given_up = 0;
        std::mem::take(&mut self.waiting)
    }

    /// Notes that somebody who waits may have given up.
    pub(super) fn note_given_up(&mut self) {
        self.given_up += 1;
        if self.given_up > GIVEN_UP_MIN && self.given_up > self.waiting.len() / 2 {
            self.waiting.retain(|waiting| !waiting.is_given_up());
            self.given_up = 0;
        }
    }

    /// Matches those who wait with idle slaves, in order of arrival.
    pub(super) fn schedule(&mut self, steps: &mut Vec<Step>) {
        let mut position = 0;
        while position < self.waiting.len() && !self.idle.is_empty() {
            let waiting = &self.waiting[position];
            if waiting.is_given_up() {
                self.waiting.remove(position);
                self.given_up = self.given_up.saturating_sub(1);
                continue;
            }
            let Some(found) = self.idle.iter().position(|id| !waiting.missing(&self.members[id].link)) else {
                // It needs what no idle slave has; others need not wait for that.
                position += 1;
                continue;
            };
            if let Some(id) = self.idle.remove(found)
                && let Some(member) = self.members.get_mut(&id)
                && let Some(waiting) = self.waiting.remove(position)
            {
                let link = Arc::clone(&member.link);
                steps.push(match waiting {
                    Waiting::Task(pending) => {
                        member.use_ = Use::Busy;
                        Step::Start(link, pending)
                    }
                    Waiting::Guard(sender) => {
                        member.use_ = Use::Reserved { queue: VecDeque::new(), busy: false, held: true };
                        Step::Hand(link, sender)
                    }
                });
            }
        }
    }

    /// Reserves an idle slave.
    pub(super) fn reserve(&mut self) -> Option<Arc<SlaveLink>> {
        let member = self.members.get_mut(&self.idle.pop_front()?)?;
        member.use_ = Use::Reserved { queue: VecDeque::new(), busy: false, held: true };
        Some(Arc::clone(&member.link))
    }

    /// Gives a task to a reserved slave, now or after those before it. `false` if the slave is gone.
    pub(super) fn give_reserved(&mut self, id: SlaveId, pending: &Arc<Pending>, steps: &mut Vec<Step>) -> bool {
        let Some(Member { link, use_: Use::Reserved { queue, busy, .. }, leaving: false }) = self.members.get_mut(&id)
        else {
            return false;
        };
        if *busy {
            queue.push_back(Arc::clone(pending));
        } else {
            *busy = true;
            steps.push(Step::Start(Arc::clone(link), Arc::clone(pending)));
        }
        true
    }

    /// A slave's guard is gone: it is free once its tasks have ended.
    pub(super) fn release_guard(&mut self, id: SlaveId) {
        if let Some(Member { use_: Use::Reserved { held, busy, .. }, .. }) = self.members.get_mut(&id) {
            *held = false;
            if !*busy {
                self.make_idle(id);
            }
        }
    }

    /// A slave's task has ended.
    pub(super) fn free(&mut self, id: SlaveId, steps: &mut Vec<Step>) {
        let Some(member) = self.members.get_mut(&id) else { return };
        if let Use::Reserved { queue, busy, held } = &mut member.use_ {
            if let Some(next) = queue.pop_front() {
                steps.push(Step::Start(Arc::clone(&member.link), next));
                return;
            }
            *busy = false;
            if *held {
                return;
            }
        }
        self.make_idle(id);
    }

    fn make_idle(&mut self, id: SlaveId) {
        if let Some(member) = self.members.get_mut(&id) {
            member.use_ = Use::Idle;
            if !member.leaving {
                self.idle.push_back(id);
            }
        }
    }

    /// All slaves and whether they are idle, reserved, busy or leaving.
    pub(super) fn members(&self) -> impl Iterator<Item = (&Arc<SlaveLink>, super::SlaveState)> {
        self.members.values().map(|member| {
            let state = match (&member.use_, member.leaving) {
                (_, true) => super::SlaveState::Leaving,
                (Use::Idle, _) => super::SlaveState::Idle,
                (Use::Busy, _) => super::SlaveState::Busy,
                (Use::Reserved { .. }, _) => super::SlaveState::Reserved,
            };
            (&member.link, state)
        })
    }
}
