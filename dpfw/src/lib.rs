//! dpfw.
extern crate self as dpfw;

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "slave")]
mod engine;
mod identity;
mod link;
mod master;
mod parallel;
mod port;
mod retry;
mod security;
#[cfg(feature = "slave")]
mod slave;
mod syntax_errors;
mod task;
#[cfg(all(feature = "slave", unix))]
pub mod testing;
mod value;
mod wire;

#[cfg(feature = "slave")]
pub use crate::engine::{AsyncNativeFn, NativeFn};
pub use crate::{
    link::{LinkConfig, LinkError},
    master::{
        Condition, ConnectError, InputPort, Listener, Map, Master, MasterBuilder, OutputPort, PortResult, Promise,
        Rejected, Result, SlaveGuard, SlaveId, SlaveInfo, SlaveLost, SlaveState, TaskError, TaskErrorKind, get_slave,
        make_task, master_client, master_server, read_result, run, try_get_slave,
    },
    port::PortError,
    security::{Security, SecurityError, set_default_security},
    syntax_errors::{SyntaxError, SyntaxErrors},
    task::{IntoCode, SourcePlace, Splice, Spread, SpreadCode, Task, TaskRejection},
    value::{Code, F64Vector, Number, Symbol, Value, ValueError, ValueErrorKind, from_value, to_value},
    wire::WireError,
};
#[cfg(feature = "slave")]
pub use crate::{
    master::{slave_client, slave_server},
    slave::{Limits, Slave, SlaveBuilder, SlaveError},
};

#[doc = include_str!("task/remote.md")]
pub use dpfw_macros::remote;
#[doc = include_str!("task/remote_file.md")]
pub use dpfw_macros::remote_file;

#[doc = include_str!("parallel.md")]
pub use dpfw_macros::parallel;
