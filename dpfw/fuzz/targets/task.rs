//! `Task::parse` and the compiler of slaves: what the checker accepts compiles.
#![no_main]

use std::sync::{LazyLock, Mutex};

use dpfw::fuzzing::{SlaveCompiler, Verdict};
use dpfw_fuzz::program;
use libfuzzer_sys::{Corpus, fuzz_target};

static SLAVE: LazyLock<Mutex<SlaveCompiler>> = LazyLock::new(|| Mutex::new(SlaveCompiler::start()));

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some(text) = program::source(input) else { return Corpus::Reject };
    let slave = SLAVE.lock().expect("a panic ends the process");
    match slave.compile(text.clone()) {
        Verdict::Refused { template, message } => panic!("{message}\nprogram: {text}\ntemplate: {template}"),
        Verdict::NotSent | Verdict::Compiled => Corpus::Keep,
    }
});
