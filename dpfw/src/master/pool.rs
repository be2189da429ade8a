//! The pool: which slaves there are, what they are busy with, and who waits for them.

#[cfg(test)]
pub(super) mod audit;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    iter::once,
    sync::Arc,
};

use tokio::{runtime::Handle, sync::oneshot};

use super::{
    Rejected, SlaveId, TaskErrorKind,
    guard::Reservation,
    line::{Line, Waiting},
    pace::Pace,
    pending::Pending,
    slave_link::SlaveLink,
};
use crate::clock;

/// Values of so many bytes keep a slave busy for longer than its next task takes to come.
const AHEAD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the master knows of its slaves.
#[derive(Debug, Default)]
pub(super) struct Pool {
    members: BTreeMap<SlaveId, Member>,
    idle: VecDeque<SlaveId>,
    /// Busy slaves that may be sent more, each once; some that may not any more.
    open: VecDeque<SlaveId>,
    line: Line,
    /// Listeners and dialled addresses from which slaves may still come.
    sources: usize,
    pub(super) closed: bool,
    /// Procedures that tasks waited for and no slave offered, each said once.
    missed: BTreeSet<String>,
}

#[derive(Debug)]
struct Member {
    link: Arc<SlaveLink>,
    use_: Use,
    pace: Pace,
    /// Nothing is sent ahead to it while it has values of so many bytes.
    bytes_max: usize,
    leaving: bool,
    /// Whether it is in `open`.
    is_open: bool,
}

/// What a slave is used for.
#[derive(Debug)]
enum Use {
    Idle,
    /// It has so many tasks, with values of so many bytes.
    Busy {
        tasks: usize,
        bytes: usize,
        /// Whether more may be sent before these have ended.
        may_have_more: bool,
    },
    /// By a guard, whose tasks run one after another.
    Reserved {
        queue: VecDeque<Arc<Pending>>,
        busy: bool,
        held: bool,
    },
}

/// Why somebody will never have a slave.
#[derive(Debug, Clone)]
pub(super) enum Hopeless {
    /// The master was shut down.
    ShutDown,
    /// There are none, and none can come.
    NoSlave,
    /// None has this procedure, and none can come.
    NotOffered { name: String },
}

impl From<Hopeless> for TaskErrorKind {
    fn from(why: Hopeless) -> Self {
        match why {
            Hopeless::ShutDown => Self::Cancelled,
            Hopeless::NoSlave => Self::NoSlave,
            Hopeless::NotOffered { name } => Self::Rejected(Rejected::NotOffered { name }),
        }
    }
}

/// What is to be done once the pool's lock is released.
#[derive(Debug)]
pub(super) enum Step {
    /// Send the task to a slave that waits for it; if it has ended, the slave is free again.
    Start(Arc<SlaveLink>, Arc<Pending>),
    /// Send the task to a slave that is still busy with others.
    SendAhead(Arc<SlaveLink>, Arc<Pending>),
    /// Hand the slave over; if nobody takes it, it is free again.
    Hand(Arc<SlaveLink>, oneshot::Sender<Reservation>),
}

impl Use {
    /// By a guard that has given it nothing yet.
    fn reserved() -> Self {
        Self::Reserved { queue: VecDeque::new(), busy: false, held: true }
    }
}

impl Member {
    /// Whether it is busy with tasks that let others be sent, and has not enough of them.
    fn has_room(&self) -> bool {
        match self.use_ {
            Use::Busy { tasks, bytes, may_have_more: true } => {
                !self.leaving && tasks < self.pace.tasks_max() && bytes < self.bytes_max
            }
            _ => false,
        }
    }

    /// Whether it has tasks that it cannot have started.
    fn has_ahead(&self) -> bool {
        matches!(self.use_, Use::Busy { tasks: 2.., .. })
    }
}

impl Pool {
    /// Adds a slave, idle.
    pub(super) fn add(&mut self, link: &Arc<SlaveLink>) {
        let pace = Pace::new(link.hello().map_or(1, |hello| hello.tasks_max));
        let message_max = link.hello().and_then(|hello| usize::try_from(hello.message_max).ok());
        let bytes_max = message_max.map_or(AHEAD_BYTES_MAX, |max| max.min(AHEAD_BYTES_MAX));
        let link = Arc::clone(link);
        let id = link.id;
        self.members.insert(id, Member { link, use_: Use::Idle, pace, bytes_max, leaving: false, is_open: false });
        self.idle.push_back(id);
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

    /// The runtime of some slave's link.
    pub(super) fn runtime(&self) -> Option<Handle> {
        self.staying().next().map(|slave| slave.runtime.clone())
    }

    /// Whether there are no slaves and none can come.
    pub(super) fn is_barren(&self) -> bool {
        self.sources == 0 && self.members.values().all(|member| member.leaving)
    }

    /// Why `pending` will never have a slave, if so.
    pub(super) fn hopeless(&self, pending: &Pending) -> Option<Hopeless> {
        self.why_hopeless(|| pending.task.template().externs())
    }

    /// Takes those out who will never have a slave, and says why.
    pub(super) fn take_hopeless(&mut self) -> Vec<(Waiting, Hopeless)> {
        let mut line = std::mem::take(&mut self.line);
        let hopeless = line.take_where(|needs| self.why_hopeless(|| needs.iter().map(String::as_str)));
        self.line = line;
        hopeless
    }

    /// Why no slave will ever have some procedures, if so.
    fn why_hopeless<'n, I: Iterator<Item = &'n str>>(&self, needs: impl Fn() -> I) -> Option<Hopeless> {
        if self.closed {
            return Some(Hopeless::ShutDown);
        }
        if self.is_barren() {
            return Some(Hopeless::NoSlave);
        }
        if self.sources > 0 || needs().next().is_none() {
            return None;
        }
        let mut missing = None;
        for member in self.members.values().filter(|member| !member.leaving) {
            missing = Some(member.link.first_missing(needs())?);
        }
        missing.map(|name| Hopeless::NotOffered { name: name.to_owned() })
    }

    /// What a task does that has no slave.
    pub(super) fn doing(&self, pending: &Pending) -> String {
        if self.staying().next().is_none() {
            return "waiting for a slave: none is connected".to_owned();
        }
        if let Some(name) = self.unoffered(pending) {
            return format!("waiting for a slave that offers `{name}`: none that is connected does");
        }
        match self.staying().any(|slave| slave.missing(pending.task.template()).is_none()) {
            true => "waiting for a slave: all were busy".to_owned(),
            false => "waiting for a slave that offers all its procedures: none that is connected does".to_owned(),
        }
    }

    /// The slaves that are connected and do not leave.
    fn staying(&self) -> impl Iterator<Item = &SlaveLink> {
        self.members.values().filter(|member| !member.leaving).map(|member| &*member.link)
    }

    /// A procedure that `pending` needs and none of the slaves offers that are connected, if there are any.
    fn unoffered<'p>(&self, pending: &'p Pending) -> Option<&'p str> {
        self.staying().next()?;
        let is_offered = |name: &str| self.staying().any(|slave| slave.first_missing(once(name)).is_none());
        pending.task.template().externs().find(|name| !is_offered(name))
    }

    /// The same, the first time that it is this procedure.
    pub(super) fn newly_unoffered<'p>(&mut self, pending: &'p Pending) -> Option<&'p str> {
        let name = self.unoffered(pending)?;
        self.missed.insert(name.to_owned()).then_some(name)
    }

    /// How many wait.
    pub(super) fn waiting_len(&self) -> usize {
        self.line.len()
    }

    /// Whether some slave waits for a task.
    pub(super) fn has_idle(&self) -> bool {
        !self.idle.is_empty()
    }

    /// Adds somebody to those who wait: a task that had its turn already before those who came later.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.line.add(waiting);
    }

    /// Notes that somebody who waits may have given up.
    pub(super) fn note_given_up(&mut self) {
        self.line.note_given_up();
    }

    /// Matches those who wait with slaves, in order of arrival: with idle ones, and tasks that may be sent ahead with
    /// busy ones that have little left to do.
    pub(super) fn schedule(&mut self, steps: &mut Vec<Step>) {
        let mut passed = Vec::new();
        // Those who wait for a slave to become idle: none would if others were sent ahead to it.
        let mut blocked = Vec::new();
        let mut all_blocked = false;
        while !(self.idle.is_empty() && (self.open.is_empty() || all_blocked)) {
            let Some(place) = self.line.first(&passed) else { break };
            let Some(first) = self.line.at(place) else { break };
            let may_go_ahead = first.may_go_ahead();
            let idle = self.idle.iter().position(|id| first.is_served_by(&self.members[id].link));
            let found = match idle.and_then(|index| self.idle.remove(index)) {
                None if may_go_ahead && !all_blocked => {
                    let may_have = |slave: &SlaveLink| first.is_served_by(slave) && !self.line.serves(&blocked, slave);
                    take_open(&mut self.open, &mut self.members, may_have)
                }
                found => found,
            };
            let Some(id) = found else {
                // Others need not wait for the slaves that it needs.
                if !may_go_ahead {
                    all_blocked |= first.is_served_by_all();
                    blocked.push(place);
                }
                passed.push(place);
                continue;
            };
            if let Some(waiting) = self.line.take(place) {
                steps.extend(self.give(id, waiting, may_go_ahead));
            }
        }
        self.line.tidy();
    }

    fn give(&mut self, id: SlaveId, waiting: Waiting, may_have_more: bool) -> Option<Step> {
        let member = self.members.get_mut(&id)?;
        let link = Arc::clone(&member.link);
        let step = match (waiting, &mut member.use_) {
            (Waiting::Task(pending), Use::Busy { tasks, bytes, .. }) => {
                *tasks += 1;
                *bytes += pending.bytes();
                Step::SendAhead(link, pending)
            }
            (Waiting::Task(pending), _) => {
                member.use_ = Use::Busy { tasks: 1, bytes: pending.bytes(), may_have_more };
                member.pace.begin(clock::now());
                Step::Start(link, pending)
            }
            (Waiting::Guard(sender), _) => {
                member.use_ = Use::reserved();
                Step::Hand(link, sender)
            }
        };
        self.open_if_room(id);
        Some(step)
    }

    fn open_if_room(&mut self, id: SlaveId) {
        if let Some(member) = self.members.get_mut(&id)
            && !member.is_open
            && member.has_room()
        {
            member.is_open = true;
            self.open.push_back(id);
        }
    }

    /// Reserves an idle slave.
    pub(super) fn reserve(&mut self) -> Option<Arc<SlaveLink>> {
        let member = self.members.get_mut(&self.idle.pop_front()?)?;
        member.use_ = Use::reserved();
        Some(Arc::clone(&member.link))
    }

    /// Gives a task to a reserved slave, now or after those before it. `false` if the slave is gone.
    pub(super) fn give_reserved(&mut self, id: SlaveId, pending: &Arc<Pending>, steps: &mut Vec<Step>) -> bool {
        let Some(Member { link, use_: Use::Reserved { queue, busy, .. }, leaving: false, .. }) =
            self.members.get_mut(&id)
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

    /// A slave has answered a task with values of so many bytes.
    pub(super) fn answered(&mut self, id: SlaveId, bytes: usize, steps: &mut Vec<Step>) {
        if let Some(member) = self.members.get_mut(&id) {
            member.pace.answer(clock::now());
        }
        self.free(id, bytes, steps);
    }

    /// A slave has one task less, with values of so many bytes: it has ended, was never sent, or was given back.
    pub(super) fn free(&mut self, id: SlaveId, task_bytes: usize, steps: &mut Vec<Step>) {
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
        match &mut member.use_ {
            Use::Busy { tasks: tasks @ 2.., bytes, .. } => {
                *tasks -= 1;
                *bytes -= task_bytes;
                self.open_if_room(id);
            }
            _ => self.make_idle(id),
        }
    }

    fn make_idle(&mut self, id: SlaveId) {
        if let Some(member) = self.members.get_mut(&id) {
            member.use_ = Use::Idle;
            if !member.leaving {
                self.idle.push_back(id);
            }
        }
    }

    /// Whether some slave has tasks that were sent ahead.
    pub(super) fn has_ahead(&self) -> bool {
        self.members.values().any(Member::has_ahead)
    }

    /// The slaves that have not answered since the last look and have tasks that others could do.
    pub(super) fn stalled(&mut self) -> Vec<Arc<SlaveLink>> {
        if self.members.len() < 2 {
            return Vec::new();
        }
        let ahead = self.members.values_mut().filter(|member| member.has_ahead());
        ahead.filter_map(|member| member.pace.is_stalled().then(|| Arc::clone(&member.link))).collect()
    }

    /// All slaves and whether they are idle, reserved, busy or leaving.
    pub(super) fn members(&self) -> impl Iterator<Item = (&Arc<SlaveLink>, super::SlaveState)> {
        self.members.values().map(|member| {
            let state = match (&member.use_, member.leaving) {
                (_, true) => super::SlaveState::Leaving,
                (Use::Idle, _) => super::SlaveState::Idle,
                (Use::Busy { .. }, _) => super::SlaveState::Busy,
                (Use::Reserved { .. }, _) => super::SlaveState::Reserved,
            };
            (&member.link, state)
        })
    }
}

/// The busy slave that is to have a task next, among those that may have it; they take turns. Those that may have no more
/// are taken off.
fn take_open(
    open: &mut VecDeque<SlaveId>,
    members: &mut BTreeMap<SlaveId, Member>,
    may_have: impl Fn(&SlaveLink) -> bool,
) -> Option<SlaveId> {
    let mut left = open.len();
    while left > 0 {
        left -= 1;
        let id = open.pop_front()?;
        let Some(member) = members.get_mut(&id) else { continue };
        if !member.has_room() {
            member.is_open = false;
        } else if may_have(&member.link) {
            // Whoever gives it the task looks whether there is room for more.
            member.is_open = false;
            return Some(id);
        } else {
            open.push_back(id);
        }
    }
    None
}
