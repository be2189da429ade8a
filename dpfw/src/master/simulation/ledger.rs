//! What is known of the tasks and slaves of a simulation, and what must be true of them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::plan::{Deed, NATIVES, Part, Plan, TaskPlan};
use crate::{
    TaskError, Value,
    master::{Rejected, SlaveLost, TaskErrorKind},
};

/// A task's deadline may pass unseen for so long: what tokio's timers round up to, and the step that ends there.
const DEADLINE_SLACK_US: u64 = 2_000;
/// What was sent ahead is called back within this time, with what the slave says to that.
const HOARDED_US: u64 = 30_000;
/// No task is started again more often, whatever it asks for.
const RETRIES_MAX: u32 = 3;

/// What happened to tasks and slaves. Each note looks whether it could be right; what could not is kept for the report.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) tasks: Vec<Record>,
    pub(super) slaves: Vec<SlaveRecord>,
    guards: Vec<Option<usize>>,
    queued_max: Option<usize>,
    /// How many tasks were made.
    made: u64,
    shutdown_us: Option<u64>,
    /// The last moment for which something is planned.
    pub(super) last_us: u64,
    pub(super) wrongs: Vec<String>,
}

/// What happened to a task.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) plan: TaskPlan,
    /// Its name, which whatever belongs to the task holds as well.
    pub(super) label: Arc<str>,
    pub(super) made_us: Option<u64>,
    /// How many were made before it.
    order: u64,
    /// A slave has had it before and given it back.
    was_given_back: bool,
    /// The slaves that were sent it, the last one last; those that gave it back are left out.
    pub(super) had_by: Vec<usize>,
    /// A liar that gave it back may have said more of it.
    was_with_liar: bool,
    starts: u32,
    aborted_us: Option<u64>,
    is_dropped: bool,
    settled_us: Option<u64>,
    /// Its local procedure runs.
    is_local_running: bool,
}

/// What happened to a slave.
#[derive(Debug, Default)]
pub(super) struct SlaveRecord {
    natives: [bool; 2],
    /// When its link was made.
    pub(super) linked_us: Option<u64>,
    /// Something befell it by which it may be lost.
    pub(super) is_troubled: bool,
    /// Nothing that it says proves anything.
    pub(super) is_liar: bool,
    /// The tasks that it has been sent and has not answered.
    has: Vec<usize>,
    /// The place among all tasks of the last one that was sent to it first.
    last_order: u64,
    /// When it last answered one or was sent one.
    quiet_since_us: u64,
    /// The guard that has it or had it last, and whether that is still held.
    guard: Option<(usize, bool)>,
}

impl Ledger {
    pub(super) fn new(plan: &Plan) -> Self {
        let record = |(number, plan): (usize, &TaskPlan)| Record {
            plan: plan.clone(),
            label: Arc::from(number.to_string()),
            made_us: None,
            order: 0,
            was_given_back: false,
            had_by: Vec::new(),
            was_with_liar: false,
            starts: 0,
            aborted_us: None,
            is_dropped: false,
            settled_us: None,
            is_local_running: false,
        };
        let slave = |plan: &super::plan::SlavePlan| SlaveRecord {
            natives: plan.natives,
            is_liar: plan.lies_in.is_some(),
            is_troubled: plan.lies_in.is_some(),
            ..SlaveRecord::default()
        };
        Self {
            tasks: plan.tasks.iter().enumerate().map(record).collect(),
            slaves: plan.slaves.iter().map(slave).collect(),
            guards: vec![None; plan.guards.len()],
            queued_max: plan.queued_max,
            made: 0,
            shutdown_us: None,
            last_us: plan.last_us(),
            wrongs: Vec::new(),
        }
    }

    /// Keeps what could not be right.
    pub(super) fn wrong(&mut self, what: String) {
        self.wrongs.push(what);
    }

    /// The value that a task has which was started last.
    pub(super) fn value(&self, number: usize) -> Value {
        self.value_of_start(number, self.tasks[number].starts)
    }

    /// The value of the start of this number.
    fn value_of_start(&self, number: usize, start: u32) -> Value {
        let length = match self.tasks[number].plan.deed {
            Deed::Value(length) => length,
            // What it writes comes before its value.
            Deed::Chatter(talk) if talk.count > 0 => talk.bytes,
            _ => 0,
        };
        // What was written before the task was started again is forgotten.
        let parts = [number as u64, u64::from(start)];
        let parts = parts.into_iter().map(Value::from).chain([Value::Bytes(pattern(number, length))]);
        Value::List(parts.collect())
    }

    // What its users do with a task.

    pub(super) fn made(&mut self, number: usize, now_us: u64) {
        self.made += 1;
        let record = &mut self.tasks[number];
        record.order = self.made;
        if record.made_us.replace(now_us).is_some() {
            self.wrong(format!("task {number} was made twice by the simulation"));
        }
    }

    pub(super) fn aborted(&mut self, number: usize, now_us: u64) {
        self.tasks[number].aborted_us.get_or_insert(now_us);
    }

    /// Nobody waits for it any more.
    pub(super) fn dropped(&mut self, number: usize) {
        self.tasks[number].is_dropped = true;
    }

    /// The reader of a map takes no more results, before the end if it `leaves`.
    pub(super) fn left(&mut self, number: usize, leaves: bool) {
        let record = &self.tasks[number];
        if record.settled_us.is_none() {
            // A liar's value does not tell whose it is.
            if !leaves && !self.is_by_liar(record) {
                return self.wrong(format!("task {number} of a map is missing: {record:?}"));
            }
            self.tasks[number].is_dropped = true;
        }
    }

    pub(super) fn shut_down(&mut self, now_us: u64) {
        self.shutdown_us.get_or_insert(now_us);
    }

    /// The first task that was made and has not settled, though somebody waits for it.
    pub(super) fn unsettled(&self) -> Option<usize> {
        self.tasks.iter().position(|it| it.made_us.is_some() && !it.is_dropped && it.settled_us.is_none())
    }

    pub(super) fn local_runs(&mut self, number: usize, runs: bool) {
        self.tasks[number].is_local_running = runs;
    }

    /// A promise gave its result.
    pub(super) fn settled(&mut self, number: usize, now_us: u64, result: &Result<Value, TaskError>) {
        if let Err(why) = self.judge(number, now_us, result) {
            let record = &self.tasks[number];
            let text = match result {
                Ok(_) => "a value".to_owned(),
                Err(err) => err.to_string(),
            };
            self.wrong(format!("task {number} has settled as `{text}`, but {why}: {record:?}"));
        }
        self.tasks[number].settled_us = Some(now_us);
    }

    fn judge(&self, number: usize, now_us: u64, result: &Result<Value, TaskError>) -> Result<(), String> {
        let record = &self.tasks[number];
        let plan = &record.plan;
        let must = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
        must(record.settled_us.is_none(), "it had settled before")?;
        let Some(made_us) = record.made_us else { return Err("it was never made".to_owned()) };
        let deadline_us = plan.timeout.map(|timeout| made_us + micros(timeout));
        if let Some(deadline_us) = deadline_us {
            // The reader of a map takes its time.
            let is_read_late = matches!(plan.part_of, Part::Map(_));
            must(is_read_late || now_us <= deadline_us + DEADLINE_SLACK_US, "its deadline has passed")?;
        }
        let was_aborted = record.aborted_us.is_some();
        let by_liar = self.is_by_liar(record);
        let kind = match result {
            Ok(value) => {
                must(!was_aborted, "it was aborted")?;
                if by_liar {
                    return Ok(());
                }
                must(record.starts > 0, "no slave has started it")?;
                // While a map's reader takes its time, bytes on their way may start it again, at a slave given up before.
                let first = if matches!(plan.part_of, Part::Map(_)) { 1 } else { record.starts };
                let is_right = (first..=record.starts).any(|start| *value == self.value_of_start(number, start));
                return must(plan.deed.has_value() && is_right, "its value is another");
            }
            Err(err) => err.kind(),
        };
        match kind {
            TaskErrorKind::Cancelled if was_aborted || self.shutdown_us.is_some() => return Ok(()),
            TaskErrorKind::DeadlineExceeded if deadline_us.is_some_and(|deadline| now_us >= deadline) => return Ok(()),
            _ => must(!was_aborted, "it was aborted")?,
        }
        if by_liar && !matches!(kind, TaskErrorKind::NoSlave) {
            return Ok(());
        }
        match kind {
            TaskErrorKind::Raised(condition) => {
                must(plan.deed == Deed::Raise && condition.message() == &*record.label, "it does not raise that")
            }
            TaskErrorKind::LimitExceeded { which, .. } if which.contains("waiting for a slave") => {
                must(self.queued_max.is_some() && record.had_by.is_empty(), "so many do not wait")
            }
            TaskErrorKind::LimitExceeded { .. } => must(plan.deed == Deed::PassLimit, "it passes none"),
            TaskErrorKind::Rejected(Rejected::BySlave { .. }) => must(plan.deed == Deed::NotAdmitted, "it is in order"),
            TaskErrorKind::Rejected(Rejected::NotOffered { name }) => {
                let needed = NATIVES.iter().zip(plan.needs()).any(|(native, needs)| needs && native == name);
                must(needed && (self.is_bound(number) || !self.is_served(number)), "a slave offers that")
            }
            TaskErrorKind::SlaveLost(why) => self.judge_loss(number, result, why),
            TaskErrorKind::Local(_) => must(plan.deed == Deed::LocalError, "its local procedure does not fail"),
            TaskErrorKind::NoSlave => must(!self.is_served(number), "there is a slave for it"),
            TaskErrorKind::Cancelled => Err("nobody has cancelled it".to_owned()),
            TaskErrorKind::DeadlineExceeded => Err("its deadline has not passed".to_owned()),
            TaskErrorKind::Rejected(_) => Err("it can be sent".to_owned()),
        }
    }

    fn judge_loss(&self, number: usize, result: &Result<Value, TaskError>, why: &SlaveLost) -> Result<(), String> {
        let record = &self.tasks[number];
        // The last attempt may not have arrived.
        let attempts = result.as_ref().map_or_else(TaskError::attempts, |_| 0);
        if matches!(why, SlaveLost::Evaluator { .. }) {
            if record.plan.deed != Deed::Break {
                return Err("it does not break a slave".to_owned());
            }
        } else if let Some(innocent) = record.had_by.last()
            && record.had_by.len() >= attempts as usize
            && !self.slaves[*innocent].is_troubled
        {
            return Err(format!("slave {innocent} was not lost"));
        }
        let allowed = if self.is_bound(number) || record.plan.deed.is_dialogue() { 0 } else { record.plan.retries };
        if attempts <= allowed.min(RETRIES_MAX) && !self.is_bound(number) {
            return Err(format!("it was sent only {attempts} times"));
        }
        Ok(())
    }

    fn is_by_liar(&self, record: &Record) -> bool {
        record.was_with_liar || record.had_by.iter().any(|slave| self.slaves[*slave].is_liar)
    }

    fn is_bound(&self, number: usize) -> bool {
        matches!(self.tasks[number].plan.part_of, Part::Guard(_))
    }

    /// Whether a slave that was there before the task, and to which nothing happened, has what it needs.
    fn is_served(&self, number: usize) -> bool {
        let needs = self.tasks[number].plan.needs();
        let serves = |slave: &SlaveRecord| needs.iter().zip(slave.natives).all(|(needs, has)| !needs || has);
        let was_there =
            |slave: &SlaveRecord| slave.linked_us.is_some_and(|at_us| Some(at_us) < self.tasks[number].made_us);
        let is_there = |slave: &SlaveRecord| was_there(slave) && !slave.is_troubled && serves(slave);
        self.shutdown_us.is_none() && self.slaves.iter().any(is_there)
    }

    /// Nobody was given a slave for a guard.
    pub(super) fn not_granted(&mut self, guard: usize, kind: &TaskErrorKind) {
        let is_there = |slave: &SlaveRecord| slave.linked_us.is_some() && !slave.is_troubled;
        let may_be = match kind {
            TaskErrorKind::NoSlave => self.shutdown_us.is_some() || !self.slaves.iter().any(is_there),
            TaskErrorKind::Cancelled => self.shutdown_us.is_some(),
            _ => false,
        };
        if !may_be {
            self.wrong(format!("guard {guard} has no slave: {kind:?}"));
        }
    }

    // What a slave does with a task.

    /// A slave was sent a task.
    pub(super) fn received(&mut self, slave: usize, number: usize, left_ms: Option<u64>, now_us: u64) {
        let by_liar = self.is_by_liar(&self.tasks[number]);
        let (record, receiver) = (&mut self.tasks[number], &mut self.slaves[slave]);
        let mut wrongs = Vec::new();
        let needs = record.plan.needs();
        if needs.iter().zip(receiver.natives).any(|(needs, has)| *needs && !has) {
            wrongs.push("it has not what that needs".to_owned());
        }
        let deadline_us = record.plan.timeout.zip(record.made_us).map(|(timeout, made)| made + micros(timeout));
        match (deadline_us, left_ms) {
            (Some(deadline), Some(left)) if now_us + left * 1000 < deadline => {
                wrongs.push("it would call the deadline before it comes".to_owned());
            }
            (Some(_), None) => wrongs.push("it does not know the deadline".to_owned()),
            _ => {}
        }
        if !receiver.is_liar {
            record.had_by.push(slave);
            let guard = match record.plan.part_of {
                Part::Guard(guard) => Some(guard),
                _ => None,
            };
            match receiver.guard {
                // The last guard is gone, and its tasks are done.
                Some((_, false)) if guard.is_none() => receiver.guard = None,
                holder if holder.map(|(guard, _)| guard) == guard => {}
                holder => wrongs.push(format!("the guard is {holder:?} and not {guard:?}")),
            }
            if guard.is_some() && !receiver.has.is_empty() {
                wrongs.push("a guard's tasks come one after another".to_owned());
            }
            if !receiver.has.is_empty() && record.plan.deed.is_dialogue() {
                wrongs.push("a task with a local procedure waits for an idle slave".to_owned());
            }
            // Those that any slave can run come in the order in which they were made.
            let is_first = !record.was_given_back && record.plan.retries == 0 && !by_liar;
            if guard.is_none() && needs == [false; 2] && is_first {
                if record.order < receiver.last_order {
                    wrongs.push("it comes after one that was made later".to_owned());
                }
                receiver.last_order = receiver.last_order.max(record.order);
            }
            let has = receiver.has.clone();
            let is_kept = |other: &Record| other.is_local_running && other.had_by.last() == Some(&slave);
            if let Some(other) = (0..self.tasks.len()).find(|other| *other != number && is_kept(&self.tasks[*other])) {
                wrongs.push(format!("the local procedure of task {other} still holds it"));
            }
            // What a liar had may have come back as if it had not run.
            let is_suspect = |record: &Record| record.had_by.len() > 1 && !self.is_by_liar(record);
            let mut all = has.iter().chain([&number]).map(|task| &self.tasks[*task]);
            // What is on its way to a slave that the master has given up may have been sent to another one in the meantime.
            let is_given_up = self.slaves[slave].is_troubled || self.shutdown_us.is_some();
            if !is_given_up && !has.is_empty() && all.any(is_suspect) {
                wrongs.push("what was lost once is sent alone".to_owned());
            }
        }
        let receiver = &mut self.slaves[slave];
        receiver.quiet_since_us = now_us;
        receiver.has.push(number);
        for wrong in wrongs {
            self.wrong(format!("slave {slave} was sent task {number}, but {wrong}: {:?}", self.tasks[number]));
        }
    }

    /// A slave begins to run a task.
    pub(super) fn started(&mut self, slave: usize, number: usize) {
        self.tasks[number].starts += 1;
        let record = &self.tasks[number];
        let allowed = match record.plan.part_of {
            Part::Guard(_) => 0,
            _ if record.plan.deed.is_dialogue() => 0,
            _ => record.plan.retries.min(RETRIES_MAX),
        };
        if record.starts > allowed + 1 && !self.is_by_liar(record) {
            let wrong = format!("slave {slave} is the {}th to start task {number}: {record:?}", record.starts);
            self.wrong(wrong);
        }
    }

    /// A slave gives a task back that it has not started.
    pub(super) fn given_back(&mut self, slave: usize, number: usize, now_us: u64) {
        let record = &mut self.tasks[number];
        if let Some(position) = record.had_by.iter().rposition(|other| *other == slave) {
            record.had_by.remove(position);
        }
        record.was_given_back = true;
        // It may have answered before.
        record.was_with_liar |= self.slaves[slave].is_liar;
        self.answered(slave, number, now_us);
    }

    /// A slave has nothing more to do for a task.
    pub(super) fn answered(&mut self, slave: usize, number: usize, now_us: u64) {
        self.slaves[slave].has.retain(|other| *other != number);
        self.slaves[slave].quiet_since_us = now_us;
    }

    /// A slave that has kept tasks behind a long one, though others could do them.
    pub(super) fn hoarder(&self, now_us: u64) -> Option<String> {
        let joined_us = self.slaves.iter().filter_map(|slave| slave.linked_us).max()?;
        if self.slaves.iter().filter(|slave| slave.linked_us.is_some() && !slave.is_troubled).count() < 2 {
            return None;
        }
        let hoards = |slave: &SlaveRecord| {
            slave.has.len() > 1 && !slave.is_troubled && slave.quiet_since_us.max(joined_us) + HOARDED_US < now_us
        };
        let hoarder = self.slaves.iter().position(hoards)?;
        Some(format!("slave {hoarder} keeps what others could do: {:?}", self.slaves[hoarder]))
    }

    // Slaves and guards.

    /// A master has let a slave in, or not.
    pub(super) fn linked(&mut self, slave: usize, now_us: u64, result: &Result<(), String>) {
        match result {
            Ok(()) => self.slaves[slave].linked_us = Some(now_us),
            Err(_) if self.slaves[slave].is_troubled || self.shutdown_us.is_some() => {}
            Err(why) => self.wrong(format!("slave {slave} was not let in: {why}")),
        }
    }

    /// How many slaves the master must have in the end.
    pub(super) fn healthy(&self) -> usize {
        if self.shutdown_us.is_some() {
            0
        } else {
            self.slaves.iter().filter(|it| it.linked_us.is_some() && !it.is_troubled).count()
        }
    }

    /// Something befell a slave by which it may be lost.
    pub(super) fn troubled(&mut self, slave: usize) {
        self.slaves[slave].is_troubled = true;
    }

    /// Reserves a slave for a guard.
    pub(super) fn granted(&mut self, slave: usize, guard: usize) {
        self.guards[guard] = Some(slave);
        let record = &mut self.slaves[slave];
        let before = record.guard.replace((guard, true));
        let is_held = before.is_some_and(|(_, is_held)| is_held);
        if (is_held || !record.has.is_empty()) && !record.is_liar {
            let wrong =
                format!("slave {slave} was reserved for guard {guard} while it had {before:?}, {:?}", record.has);
            self.wrong(wrong);
        }
    }

    /// A guard is about to be dropped.
    pub(super) fn released(&mut self, guard: usize) {
        if let Some(slave) = self.guards[guard].take() {
            // Its tasks may still run: nobody else has the slave until they have ended.
            self.slaves[slave].guard = Some((guard, false));
        }
    }
}

/// Bytes that tell what they belong to.
pub(super) fn pattern(number: usize, length: usize) -> Bytes {
    (0..length).map(|index| u8::try_from((number * 31 + index) % 251).unwrap()).collect::<Vec<_>>().into()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap()
}
