//! A task: a remote procedure with its values and options, as the macros and [`Task::parse`] make it.

mod dynamic;
mod parse;
mod place;
mod rejection;
pub(crate) mod splice;
pub(crate) mod template;
#[cfg(test)]
mod tests;
mod values;

use std::{sync::Arc, time::Duration};

pub use self::{
    place::SourcePlace,
    rejection::TaskRejection,
    splice::{IntoCode, Splice, Spread, SpreadCode},
};
use self::{
    splice::Spliced,
    template::{Source, Template},
};
pub(crate) use self::{template::TemplateRef, values::EncodedValues};
use crate::{SyntaxErrors, Value, ValueError, wire::TaskLimits};

/// A remote procedure with the values spliced into it, ready to be sent: what `remote!` makes.
///
/// Cheap to clone. It can be sent many times, from any thread, to any master.
#[derive(Debug, Clone)]
#[must_use = "a task runs when it is given to `make_task`, `run` or `parallel!`"]
pub struct Task {
    template: TemplateRef,
    values: EncodedValues,
    rejection: Option<Arc<TaskRejection>>,
    options: TaskOptions,
}

static UNREAD: Template = Template::new("", [0; 16], &[], "", Source::new("", 0, 0, &[]));

/// How a task is to be run.
#[derive(Debug, Clone, Default)]
pub(crate) struct TaskOptions {
    /// From `make_task` to the end, waiting included; `None`: as the master says.
    pub(crate) timeout: Option<Duration>,
    /// How often it may be started again after its slave was lost.
    pub(crate) retries: u32,
    /// What errors and logs call it.
    pub(crate) label: Option<Arc<str>>,
    /// What it may take of the slave.
    pub(crate) limits: TaskLimits,
}

impl Task {
    /// Reads, checks and compiles a task at run time, as `remote!` does at compile time.
    ///
    /// The text has the full lexical syntax of Scheme. There is no Rust around it, so nothing can be spliced: `,` is
    /// Scheme's own. Strings, quoted data and large numbers are sent as values, so that texts which differ only in
    /// those are compiled once by a slave.
    ///
    /// # Errors
    ///
    /// Every mistake that `remote!` would report, with its line and column.
    #[track_caller]
    pub fn parse(text: &str) -> Result<Self, SyntaxErrors> {
        let caller = std::panic::Location::caller();
        Self::parse_from(text, &format!("<task parsed at {}:{}>", caller.file(), caller.line()))
    }

    /// The same for a text that errors say is from `source`: a file, or the like.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_from(text: &str, source: &str) -> Result<Self, SyntaxErrors> {
        let (template, values) = parse::compile(text, source)?;
        Ok(Self::with_values(TemplateRef::Shared(Arc::new(template)), &values))
    }

    /// Limits the time from `make_task` to the end of the task, waiting for a slave included.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Allows the task to be started again, at most `retries` times and at most three, when the slave that had it is lost, or
    /// the slave's evaluator breaks. For `run` and `map`: the local procedure of `make_task` is never called twice.
    ///
    /// A lost slave may have run the task in part or in full, so this is for tasks that may run twice.
    pub fn retries(mut self, retries: u32) -> Self {
        self.options.retries = retries;
        self
    }

    /// Limits the time that the task may compute on the slave, not counting what it waits. Noticed some milliseconds late.
    ///
    /// This and the other limits of a task count where they are tighter than those of the slave
    /// ([`Limits`](crate::Limits)); what passes one fails with [`LimitExceeded`](crate::TaskErrorKind::LimitExceeded).
    pub fn cpu_time(mut self, limit: Duration) -> Self {
        self.options.limits.cpu_ms = Some(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Limits the bytes by which the memory of the slave's process may grow while the task computes. Noticed some
    /// milliseconds late. See [`cpu_time`](Self::cpu_time).
    pub fn memory_bytes(mut self, limit: u64) -> Self {
        self.options.limits.memory_bytes = Some(limit);
        self
    }

    /// Limits the bytes that the task may write on its port, its value not counted. See [`cpu_time`](Self::cpu_time).
    pub fn output_bytes(mut self, limit: u64) -> Self {
        self.options.limits.output_bytes = Some(limit);
        self
    }

    /// Limits the bytes of the task's value, encoded. See [`cpu_time`](Self::cpu_time).
    pub fn result_bytes(mut self, limit: u64) -> Self {
        self.options.limits.result_bytes = Some(limit);
        self
    }

    /// Names the task in errors and logs.
    pub fn label(mut self, label: impl Into<Arc<str>>) -> Self {
        self.options.label = Some(label.into());
        self
    }

    /// Where the task was written.
    pub fn place(&self) -> SourcePlace {
        self.template.place()
    }

    /// What `remote!` calls.
    pub(crate) fn from_splices(template: &'static Template, splices: &[Spliced]) -> Self {
        let template = TemplateRef::Static(template);
        if let Some((index, error)) = first_failure(splices) {
            return Self::rejected(template, TaskRejection::Value { index, error });
        }
        if splices.iter().all(|splice| matches!(splice, Spliced::Value(_))) {
            return Self::with_values(template, splices.iter().filter_map(Spliced::as_value));
        }
        match dynamic::compile(&template, splices) {
            Ok((template, values)) => Self::with_values(TemplateRef::Shared(Arc::new(template)), values),
            Err(errors) => Self::rejected(template, TaskRejection::Syntax(errors)),
        }
    }

    /// What `remote!` makes where it was not given the places of its tokens.
    pub(crate) fn unread() -> Self {
        Self::rejected(TemplateRef::Static(&UNREAD), TaskRejection::Unread)
    }

    fn with_values<'v>(template: TemplateRef, values: impl IntoIterator<Item = &'v Value>) -> Self {
        match EncodedValues::encode(values) {
            Ok(values) => Self { template, values, rejection: None, options: TaskOptions::default() },
            Err((index, error)) => Self::rejected(template, TaskRejection::Value { index, error }),
        }
    }

    fn rejected(template: TemplateRef, rejection: TaskRejection) -> Self {
        let rejection = Some(Arc::new(rejection));
        Self { template, values: EncodedValues::default(), rejection, options: TaskOptions::default() }
    }

    /// Why it must not be sent, if so.
    pub(crate) fn rejection(&self) -> Option<&Arc<TaskRejection>> {
        self.rejection.as_ref()
    }

    pub(crate) fn template(&self) -> &TemplateRef {
        &self.template
    }

    /// One for each parameter of the template's outer procedure.
    pub(crate) fn values(&self) -> &EncodedValues {
        &self.values
    }

    pub(crate) fn options(&self) -> &TaskOptions {
        &self.options
    }
}

/// The first value whose `Serialize` failed.
fn first_failure(splices: &[Spliced]) -> Option<(usize, ValueError)> {
    splices.iter().enumerate().find_map(|(index, splice)| splice.failure().map(|error| (index, error.clone())))
}
