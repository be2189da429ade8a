//! What the fuzzers in `dpfw/fuzz` try of the parts that are private. Tests build it too, nothing else does.

mod link;
pub mod program;
#[cfg(feature = "slave")]
mod slave_compiler;
#[cfg(test)]
mod tests;
mod value;
mod wire;

#[cfg(feature = "slave")]
pub use self::slave_compiler::{SlaveCompiler, Verdict};
pub use self::{link::link, value::value, wire::wire};
