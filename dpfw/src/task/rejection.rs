//! Why a task cannot be sent at all.

use crate::{SyntaxErrors, ValueError};

/// Why a task fails when it is dispatched, before any slave has seen it.
///
/// Making a task never fails, so that `remote!` needs no `?`; the promise says what was wrong.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TaskRejection {
    /// A spliced value that cannot travel.
    #[error("value {} of the task cannot be spliced: {error}", .index + 1)]
    Value {
        /// Which of the splices, from 0 in the order in which they are written.
        index: usize,
        /// What is wrong with it.
        error: ValueError,
    },
    /// Spliced program text with which the task is no program.
    #[error("the task is not a program with the spliced text in place: {0}")]
    Syntax(SyntaxErrors),
    /// The macro was expanded without the places of its tokens.
    #[error("the task was expanded by a tool that does not know where its tokens are")]
    Unread,
}
