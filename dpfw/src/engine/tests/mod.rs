//! Behaviour of the evaluator: text through the front end, a fake master at the other end of the ports.

mod compiling;
mod errors;
mod escapes;
mod interrupts;
mod language;
mod numbers;
mod port_procedures;
mod sizes;
mod tables;
mod templates;
mod user_functions;
mod vocabulary;

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use dpfw_syntax::{CompileOptions, ReadLimits, compile_task, read_all};

use super::{Engine, EngineConfig, Failure, Interrupted, Ports, Sizes, Unsent, UserNatives, failure::Raised};
use crate::{port::Segment, value::Value};

/// A master that has said all that it will say.
#[derive(Default)]
struct FakePorts {
    incoming: VecDeque<Segment>,
    sent: Vec<Segment>,
    flushes: usize,
    consumed: u64,
    printed: String,
    cancelled: bool,
}

impl Ports for FakePorts {
    fn receive(&mut self) -> Result<Option<(Segment, u64)>, Interrupted> {
        if self.cancelled { Err(Interrupted) } else { Ok(self.poll_receive()) }
    }

    fn poll_receive(&mut self) -> Option<(Segment, u64)> {
        self.incoming.pop_front().map(|segment| (segment, 10))
    }

    fn send(&mut self, segment: Segment) -> Result<(), Unsent> {
        self.sent.push(segment);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Interrupted> {
        self.flushes += 1;
        Ok(())
    }

    fn consumed(&mut self, weight: u64) {
        self.consumed += weight;
    }

    fn print(&mut self, text: &str) {
        self.printed.push_str(text);
    }
}

/// An engine with shorthands.
struct Bench {
    engine: Engine,
    ports: Rc<RefCell<FakePorts>>,
}

impl Bench {
    fn new() -> Self {
        Self::with(UserNatives::default())
    }

    fn with(natives: UserNatives) -> Self {
        Self { engine: Engine::new(natives, EngineConfig::default()), ports: Rc::default() }
    }

    /// One whose programs make nothing of more than so many bytes at once.
    fn with_bytes_max(bytes_max: usize) -> Self {
        let sizes = Sizes { bytes_max, ..Sizes::default() };
        let config = EngineConfig { sizes, ..EngineConfig::default() };
        Self { engine: Engine::new(UserNatives::default(), config), ports: Rc::default() }
    }

    /// The core text of a task.
    fn lower(task: &str) -> String {
        let data = read_all(task, &ReadLimits::default()).expect("a readable task");
        let options = CompileOptions::default();
        match compile_task(&data[0], 0, &options) {
            Ok(lowered) => lowered.text,
            Err(errors) => panic!("{task}: {errors:?}"),
        }
    }

    /// Runs `(lambda (i o) body)`.
    fn run(&mut self, body: &str) -> Result<Value, Failure> {
        self.run_task(&format!("(lambda (i o) {body})"))
    }

    fn run_task(&mut self, task: &str) -> Result<Value, Failure> {
        let text = Self::lower(task);
        let compiled = self.engine.compile(&text).unwrap_or_else(|rejection| panic!("{text}: {rejection:?}"));
        self.engine.call(&compiled, Vec::new(), self.ports.clone())
    }

    /// What `write` prints for the value of `body`.
    fn show(&mut self, body: &str) -> String {
        match self.run(body) {
            Ok(value) => value.to_string(),
            Err(failure) => format!("{failure:?}"),
        }
    }

    /// What `body` raises.
    fn raised(&mut self, body: &str) -> Raised {
        match self.run(body) {
            Err(Failure::Raised(raised)) => *raised,
            other => panic!("{body}: {other:?}"),
        }
    }

    /// Checks `(body, what write prints)`.
    fn check(&mut self, cases: &[(&str, &str)]) {
        let wrong: Vec<_> = cases
            .iter()
            .filter_map(|(body, expected)| {
                let found = self.show(body);
                (found != *expected).then(|| format!("{body}\n  expected {expected}\n  found    {found}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
