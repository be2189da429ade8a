//! Why a task has no value.

use std::{error::Error, fmt, sync::Arc};

use serde::{Serialize, Serializer};

use super::SlaveId;
use crate::{PortError, SourcePlace, TaskRejection, Value, link::LinkError, plain::Plain, wire::Death};

/// What local procedures return: any error, so that `?` works on everything.
pub type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// Why a task has no value, and which task it was.
///
/// `Display` says all of it, with the place in the Rust source, as rustc would; `Debug`, which `main` prints for the error
/// that it returns, says the same.
pub struct TaskError(Box<Inner>);

struct Inner {
    kind: TaskErrorKind,
    label: Option<Arc<str>>,
    place: SourcePlace,
    slave: Option<SlaveId>,
    index: Option<usize>,
    attempts: u32,
    /// What it was doing when its deadline passed.
    doing: Option<String>,
}

/// Why a task has no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// The remote procedure raised; it would raise again.
    Raised(Condition),
    /// The task is not one that can be sent, or the slave does not admit it.
    Rejected(Rejected),
    /// The deadline passed, and the slave was told to stop.
    DeadlineExceeded,
    /// The task was aborted, or its master was shut down.
    Cancelled,
    /// The slave was lost before it answered. The task may have run in part or in full.
    SlaveLost(SlaveLost),
    /// A limit was passed.
    LimitExceeded {
        /// What is limited.
        which: String,
        /// The limit, where it is a number.
        limit: Option<u64>,
    },
    /// The local procedure returned an error or panicked.
    Local(Box<dyn Error + Send + Sync>),
    /// The master has no slave, expects none, and none could come.
    NoSlave,
}

/// What a remote procedure raised and did not handle.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub(crate) message: String,
    pub(crate) irritants: Vec<Value>,
    pub(crate) payload: Option<Value>,
    pub(crate) place: SourcePlace,
    pub(crate) backtrace: Vec<SourcePlace>,
}

impl Condition {
    /// The message of an error object; for other objects, their text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The irritants of an error object: the arguments of `error` after the message.
    pub fn irritants(&self) -> &[Value] {
        &self.irritants
    }

    /// The object that was raised, unless it was an error object. What cannot travel in it is replaced by its text.
    pub fn payload(&self) -> Option<&Value> {
        self.payload.as_ref()
    }

    /// Where in the Rust program the form is that raised; the whole task where that is not known.
    pub fn place(&self) -> &SourcePlace {
        &self.place
    }

    /// The calls that led there, the innermost first.
    pub fn backtrace(&self) -> &[SourcePlace] {
        &self.backtrace
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Plain(&self.message))?;
        self.irritants.iter().try_for_each(|irritant| write!(f, " {irritant}"))
    }
}

/// Why a task was not run at all.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The task could not be sent.
    #[error(transparent)]
    Unsendable(Arc<TaskRejection>),
    /// The slave does not admit the task.
    #[error("the slave does not admit it: {message}")]
    BySlave {
        /// The slave's words.
        message: String,
        /// Where in the Rust program the form is that it does not admit.
        place: SourcePlace,
    },
    /// No slave has the procedures that the task declares as `extern`.
    #[error("no slave offers `{name}`")]
    NotOffered {
        /// The first procedure that is missing.
        name: String,
    },
}

/// Why a slave was lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlaveLost {
    /// The link ended.
    #[error(transparent)]
    Link(LinkError),
    /// Its process ended, and its supervisor says how.
    #[error("its process ended: {0}")]
    Died(Death),
    /// Its evaluator broke and was replaced, or was stopped with the slave.
    #[error("its evaluator did not finish the task: {message}")]
    Evaluator {
        /// What is known.
        message: String,
    },
    /// The slave that a task was bound to was gone before the task started.
    #[error("it was gone before the task started")]
    Gone,
}

impl From<LinkError> for SlaveLost {
    fn from(why: LinkError) -> Self {
        match why {
            LinkError::Died(death) => Self::Died(death),
            why => Self::Link(why),
        }
    }
}

impl TaskError {
    pub(crate) fn new(kind: TaskErrorKind, label: Option<Arc<str>>, place: SourcePlace) -> Self {
        Self(Box::new(Inner { kind, label, place, slave: None, index: None, attempts: 0, doing: None }))
    }

    pub(crate) fn with_attempts(mut self, slave: Option<SlaveId>, attempts: u32) -> Self {
        self.0.slave = slave;
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_doing(mut self, doing: Option<String>) -> Self {
        self.0.doing = doing;
        self
    }

    /// The same error of the task at `index` of a `parallel!`.
    #[must_use]
    pub fn with_index(mut self, index: usize) -> Self {
        self.0.index = Some(index);
        self
    }

    /// Why.
    pub fn kind(&self) -> &TaskErrorKind {
        &self.0.kind
    }

    /// Why, taken out of the error.
    pub fn into_kind(self) -> TaskErrorKind {
        self.0.kind
    }

    /// The task's label, if it has one.
    pub fn label(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    /// Where the task was written.
    pub fn place(&self) -> &SourcePlace {
        &self.0.place
    }

    /// The slave that had the task last, if one had it.
    pub fn slave(&self) -> Option<SlaveId> {
        self.0.slave
    }

    /// Which task of a `parallel!` it was, from 0.
    pub fn index(&self) -> Option<usize> {
        self.0.index
    }

    /// How often the task was given to a slave.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What the remote procedure raised, if that is why.
    pub fn condition(&self) -> Option<&Condition> {
        match &self.0.kind {
            TaskErrorKind::Raised(condition) => Some(condition),
            _ => None,
        }
    }

    /// Whether the same task may succeed later: the reason lies with the slaves, not with the task.
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, TaskErrorKind::SlaveLost(_) | TaskErrorKind::NoSlave)
    }

    /// Whether the deadline passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, TaskErrorKind::DeadlineExceeded)
    }

    /// Whether the task was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.kind, TaskErrorKind::Cancelled)
    }

    /// Whether the remote procedure raised.
    pub fn is_raised(&self) -> bool {
        matches!(self.0.kind, TaskErrorKind::Raised(_))
    }

    /// Whether the slave was lost.
    pub fn is_slave_lost(&self) -> bool {
        matches!(self.0.kind, TaskErrorKind::SlaveLost(_))
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, label, place, slave, index, attempts, doing } = &*self.0;
        f.write_str("task")?;
        if let Some(label) = label {
            write!(f, " `{label}`")?;
        }
        if let Some(index) = index {
            write!(f, " at index {index} of the parallel tasks")?;
        }
        match kind {
            TaskErrorKind::Raised(condition) => {
                write!(f, " raised: {condition}\n  --> {}", condition.place)?;
                for place in condition.backtrace.iter().skip(1) {
                    write!(f, "\n   in {place}")?;
                }
            }
            TaskErrorKind::Rejected(why) => {
                let place = match why {
                    Rejected::BySlave { place, .. } => place,
                    _ => place,
                };
                write!(f, " was rejected: {why}\n  --> {place}")?;
            }
            TaskErrorKind::DeadlineExceeded => {
                let doing = doing.as_deref().unwrap_or("while it ran");
                write!(f, " missed its deadline {doing}\n  --> {place}")?;
            }
            TaskErrorKind::Cancelled => write!(f, " was cancelled\n  --> {place}")?,
            TaskErrorKind::SlaveLost(why) => write!(f, " lost its slave: {why}\n  --> {place}")?,
            TaskErrorKind::LimitExceeded { which, limit } => match limit {
                Some(limit) => write!(f, " passed a limit: more than {limit} {which}\n  --> {place}")?,
                None => write!(f, " passed a limit: {which}\n  --> {place}")?,
            },
            TaskErrorKind::Local(err) => match err.downcast_ref::<Unreadable>() {
                Some(err) => write!(f, " {err}\n  --> {place}")?,
                None => write!(f, " failed in its local procedure: {err}\n  --> {place}")?,
            },
            TaskErrorKind::NoSlave => write!(f, ": there is no slave to run on\n  --> {place}")?,
        }
        if let Some(slave) = slave {
            write!(f, " (slave {slave}")?;
            if *attempts > 1 {
                write!(f, ", attempt {attempts}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As its text: a function that a slave offers, and that is a master itself, may return it.
impl Serialize for TaskError {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text says the immediate cause already, so the chain goes on behind it; [`TaskError::kind`] has the cause itself.
impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.kind {
            TaskErrorKind::SlaveLost(why) => why.source(),
            TaskErrorKind::Local(err) => err.source(),
            _ => None,
        }
    }
}

/// The value of a task is not what `run` was asked for.
#[derive(Debug, thiserror::Error)]
#[error("has another value than was asked for: {0}")]
pub(super) struct Unreadable(pub(super) PortError);
