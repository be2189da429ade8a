//! The ledger: every task, how it ended, and whether that may be.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use dpfw::{LinkError, SlaveLost, TaskError, TaskErrorKind, Value, WireError};

/// A task may be settled so much later than its deadline.
pub(crate) const LATE_MAX: Duration = Duration::from_secs(1);
/// A task is sent again so often at most, whatever it asks for.
const RETRIES_MAX: u32 = 3;

/// How a task ends that loses no slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// With its value.
    Value,
    /// With the error that it raises: its number.
    Raised,
    /// With the error of its local procedure.
    Local,
    /// With its deadline.
    Timeout,
    /// Aborted, or its promise dropped; unless it was faster.
    Cancelled,
    /// Never: it kills its slave.
    Killer,
}

/// One task.
#[derive(Debug)]
struct Entry {
    expected: Expected,
    retries: u32,
    made: Instant,
    limit: Duration,
    end: Option<End>,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Value,
    Raised,
    Local,
    Timeout,
    Cancelled,
    /// Its slave was lost: after so many attempts.
    Lost(u32),
}

/// Accounts for the tasks of one test.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    tasks: Vec<Entry>,
    /// What may not be, in words.
    wrongs: Vec<String>,
    /// How late the latest task was, and which it was.
    latest: (Duration, Number),
}

/// The number of a task.
pub(crate) type Number = u64;

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a task that is about to be made, with its retries and its time; gives its number.
    pub(crate) fn enter(&self, expected: Expected, retries: u32, limit: Duration) -> Number {
        let mut books = self.books();
        books.tasks.push(Entry { expected, retries, made: Instant::now(), limit, end: None });
        books.tasks.len() as u64 - 1
    }

    /// How many tasks there are.
    pub(crate) fn len(&self) -> usize {
        self.books().tasks.len()
    }

    /// Notes something that may not be.
    pub(crate) fn wrong(&self, task: Number, what: impl fmt::Display) {
        self.books().note(task, what);
    }

    /// A task has its result.
    pub(crate) fn settle<T: PartialEq + fmt::Debug>(&self, task: Number, result: Result<T, TaskError>, right: &T) {
        let mut books = self.books();
        let end = match result {
            Ok(value) => {
                let may_have_one = matches!(books.entry(task).expected, Expected::Value | Expected::Cancelled);
                if !may_have_one || value != *right {
                    books.note(task, format_args!("a wrong answer, {value:?} and not {right:?}"));
                }
                End::Value
            }
            Err(error) => match books.judge(task, &error) {
                Some(end) => end,
                None => return books.note(task, format_args!("an error that may not be: {error}")),
            },
        };
        books.end(task, end);
    }

    /// The promise of a task was dropped before it had a result.
    pub(crate) fn drop(&self, task: Number) {
        self.books().end(task, End::Cancelled);
    }

    /// Compares the ledger with the marks that tasks have left, each when it began. Nothing is late by less than
    /// `slowness`: so much the machine was.
    ///
    /// # Panics
    ///
    /// If anything is not as it should be.
    pub(crate) fn close(&self, marks: &[Number], seed: u64, slowness: Duration) -> Summary {
        let mut books = self.books();
        let (late, latest) = books.latest;
        if late > LATE_MAX + slowness {
            books.note(latest, format_args!("settled {late:?} after its deadline"));
        }
        let mut begun = vec![0_u32; books.tasks.len()];
        for mark in marks {
            match usize::try_from(*mark).ok().and_then(|mark| begun.get_mut(mark)) {
                Some(count) => *count += 1,
                None => books.note(*mark, "began and was never made"),
            }
        }
        let mut summary = Summary { tasks: begun.len(), latest: late, ..Summary::default() };
        for (task, begun) in (0..).zip(begun) {
            let Entry { retries, end, .. } = *books.entry(task);
            let attempts_max = 1 + retries.min(RETRIES_MAX);
            summary.again += usize::from(begun > 1);
            match end {
                None => books.note(task, "was never settled"),
                Some(End::Value | End::Raised) if begun == 0 => books.note(task, "has an answer and never began"),
                Some(End::Lost(attempts)) if begun > attempts => {
                    books.note(task, format_args!("began {begun} times in {attempts} attempts"));
                }
                Some(_) if begun > attempts_max => {
                    books.note(task, format_args!("began {begun} times, with {retries} retries"));
                }
                Some(_) => {}
            }
            if let Some(end) = end {
                *summary.ends.entry(end).or_default() += 1;
            }
        }
        let wrongs = &books.wrongs;
        let shown: Vec<_> = wrongs.iter().take(WRONGS_SHOWN).map(String::as_str).collect();
        assert!(wrongs.is_empty(), "seed {seed}: {} wrongs in {summary}\n{}", wrongs.len(), shown.join("\n"));
        summary
    }
}

/// Wrongs that are told in words.
const WRONGS_SHOWN: usize = 20;

impl Books {
    fn entry(&mut self, task: Number) -> &mut Entry {
        usize::try_from(task).ok().and_then(|task| self.tasks.get_mut(task)).expect("a task that was entered")
    }

    fn note(&mut self, task: Number, what: impl fmt::Display) {
        let entry = usize::try_from(task).ok().and_then(|task| self.tasks.get(task));
        self.wrongs.push(match entry {
            Some(Entry { expected, made, .. }) => {
                format!("task {task} ({expected:?}), {:?} after it was made: {what}", made.elapsed())
            }
            None => format!("task {task}: {what}"),
        });
    }

    fn end(&mut self, task: Number, end: End) {
        let entry = self.entry(task);
        let before = entry.end.replace(end);
        let late = entry.made.elapsed().saturating_sub(entry.limit);
        self.latest = self.latest.max((late, task));
        if let Some(before) = before {
            self.note(task, format_args!("ended twice, {before:?} and {end:?}"));
        }
    }

    /// How a task ended by `error`, if it may have.
    fn judge(&mut self, task: Number, error: &TaskError) -> Option<End> {
        let Entry { expected, retries, made, limit, .. } = *self.entry(task);
        let attempts_max = 1 + retries.min(RETRIES_MAX);
        match error.kind() {
            TaskErrorKind::SlaveLost(why) => {
                // A guard's task that was never sent: its slave had gone.
                let is_unsent = error.attempts() == 0 && retries == 0;
                // Retries that were asked for are used up before a task fails.
                let is_used_up = error.attempts() == attempts_max;
                ((is_unsent || is_used_up) && is_honest(why)).then_some(End::Lost(error.attempts()))
            }
            TaskErrorKind::Raised(condition) => {
                let is_its_own = condition.payload() == Some(&Value::from(task));
                (expected == Expected::Raised && is_its_own).then_some(End::Raised)
            }
            TaskErrorKind::Local(_) => (expected == Expected::Local).then_some(End::Local),
            TaskErrorKind::Cancelled => (expected == Expected::Cancelled).then_some(End::Cancelled),
            // All others have more time than any of what happens to slaves takes.
            TaskErrorKind::DeadlineExceeded => {
                (expected == Expected::Timeout && made.elapsed() >= limit).then_some(End::Timeout)
            }
            _ => None,
        }
    }
}

/// Whether a slave may have been lost like this: whatever happens on the way, no peer of these tests breaks the protocol,
/// nor does its evaluator.
fn is_honest(why: &SlaveLost) -> bool {
    match why {
        // Supervised ones are killed as well, and some tasks kill theirs.
        SlaveLost::Gone | SlaveLost::Died(_) => true,
        SlaveLost::Link(LinkError::Closed | LinkError::Io { .. } | LinkError::Silent { .. }) => true,
        // It died in the middle of what it said, and its supervisor said how.
        SlaveLost::Link(LinkError::Wire(why)) => matches!(why, WireError::CutOff { .. }),
        _ => false,
    }
}

/// What a ledger holds, when all is well.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    tasks: usize,
    ends: BTreeMap<End, usize>,
    /// Tasks that began more than once, by request.
    again: usize,
    latest: Duration,
}

impl Summary {
    /// How many tasks lost their slave.
    pub(crate) fn lost(&self) -> usize {
        let lost = self.ends.iter().filter(|(end, _)| matches!(end, End::Lost(_)));
        lost.map(|(_, count)| count).sum()
    }

    /// How many tasks have their value.
    pub(crate) fn values(&self) -> usize {
        self.ends.get(&End::Value).copied().unwrap_or(0)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tasks, ends, again, latest } = self;
        write!(f, "{tasks} tasks: ")?;
        for (end, count) in ends {
            write!(f, "{end:?} {count}, ")?;
        }
        write!(f, "begun again {again}, the latest {latest:?} after its deadline")
    }
}

mod tests {
    use super::*;

    /// What the ledger says of one task with these marks.
    fn verdict(retries: u32, marks: usize, settle: impl Fn(&Ledger, Number)) -> Result<Summary, String> {
        let ledger = Ledger::default();
        let task = ledger.enter(Expected::Value, retries, Duration::from_secs(9));
        settle(&ledger, task);
        let close = std::panic::AssertUnwindSafe(|| ledger.close(&vec![task; marks], 0, Duration::ZERO));
        std::panic::catch_unwind(close).map_err(|panic| *panic.downcast::<String>().expect("words"))
    }

    #[test]
    fn what_may_not_be_is_told() {
        let right = |ledger: &Ledger, task| ledger.settle(task, Ok(5), &5);
        assert_eq!(verdict(0, 1, right).expect("all is well").values(), 1);
        assert_eq!(verdict(9, 4, right).expect("all is well").again, 1);
        let told = |retries, marks, settle: &dyn Fn(&Ledger, Number)| {
            verdict(retries, marks, settle).expect_err("something is wrong")
        };
        assert!(told(0, 2, &right).contains("began 2 times"));
        assert!(told(9, 5, &right).contains("began 5 times"));
        assert!(told(0, 0, &right).contains("never began"));
        assert!(told(0, 1, &|_, _| {}).contains("never settled"));
        assert!(told(0, 1, &|ledger, task| ledger.settle(task, Ok(6), &5)).contains("wrong answer"));
        let twice = |ledger: &Ledger, task| (0..2).for_each(|_| ledger.settle(task, Ok(5), &5));
        assert!(told(0, 1, &twice).contains("ended twice"));
    }

    #[test]
    fn a_task_that_is_settled_late_is_told() {
        let late = |slowness| {
            let ledger = Ledger::default();
            let task = ledger.enter(Expected::Cancelled, 0, Duration::ZERO);
            std::thread::sleep(LATE_MAX + Duration::from_millis(10));
            ledger.drop(task);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ledger.close(&[], 0, slowness)))
        };
        let told = late(Duration::ZERO).expect_err("it is late").downcast::<String>().expect("words");
        assert!(told.contains("after its deadline"));
        assert!(late(Duration::from_secs(60)).is_ok(), "so was the machine");
    }
}
