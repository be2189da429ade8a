//! dpfw.
extern crate self as dpfw;

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "slave")]
mod engine;
mod port;
mod syntax_errors;
mod task;
mod value;

#[cfg(feature = "slave")]
pub use crate::engine::{AsyncNativeFn, NativeFn};
pub use crate::{
    port::PortError,
    syntax_errors::{SyntaxError, SyntaxErrors},
    task::{IntoCode, SourcePlace, Splice, Spread, SpreadCode, Task, TaskRejection},
    value::{Code, F64Vector, Number, Symbol, Value, ValueError, ValueErrorKind, from_value, to_value},
};

#[doc = include_str!("task/remote.md")]
pub use dpfw_macros::remote;
#[doc = include_str!("task/remote_file.md")]
pub use dpfw_macros::remote_file;
