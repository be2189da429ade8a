//! What the targets of the front end share. It links no evaluator.

#[path = "../../src/fuzzing/program.rs"]
pub mod program;
