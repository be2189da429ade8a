//! Compilation as slaves do it, without running anything.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use dpfw_syntax::{CompileOptions, Program, ReadLimits, compile_task, read_all};

use crate::{
    Limits, Task,
    engine::{Engine, EngineConfig, UserNatives},
};

/// The compiler of a slave that offers nothing beyond the language, on a thread with a slave's stack.
#[derive(Debug)]
pub struct SlaveCompiler {
    programs: Sender<String>,
    verdicts: Receiver<Verdict>,
}

/// What became of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The checker refused it, or it needs procedures that not all slaves offer.
    NotSent,
    /// The slave compiled it.
    Compiled,
    /// The slave refused what the checker had accepted.
    Refused {
        /// The core text.
        template: String,
        /// The slave's words.
        message: String,
    },
}

impl SlaveCompiler {
    /// Starts the thread.
    ///
    /// # Panics
    ///
    /// If the system gives no thread.
    pub fn start() -> Self {
        let (programs, received) = channel::<String>();
        let (tell, verdicts) = channel();
        let serve = move || {
            let mut engine = Engine::new(UserNatives::default(), EngineConfig::default());
            for program in received {
                // Steel keeps something of every template that it compiles.
                if engine.compiles() > COMPILES_MAX {
                    engine.replace();
                }
                if tell.send(verdict(&mut engine, &program)).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().stack_size(Limits::default().stack_bytes);
        thread.spawn(serve).expect("the system gives a thread");
        Self { programs, verdicts }
    }

    /// Sends a program the way of [`Task::parse`] and that of `remote!`, whose templates hold the constants.
    ///
    /// # Panics
    ///
    /// If the thread panicked.
    pub fn compile(&self, program: String) -> Verdict {
        self.programs.send(program).expect("the compiler runs");
        self.verdicts.recv().expect("the compiler does not panic")
    }
}

fn verdict(engine: &mut Engine, program: &str) -> Verdict {
    let Ok(task) = Task::parse(program) else { return Verdict::NotSent };
    if task.template().externs().next().is_some() {
        return Verdict::NotSent;
    }
    let whole = with_constants(program);
    for template in [Some(task.template().text()), whole.as_deref()].into_iter().flatten() {
        if let Err(rejection) = engine.compile(template) {
            return Verdict::Refused { template: template.to_owned(), message: rejection.message };
        }
    }
    Verdict::Compiled
}

/// The template as `remote!` makes it. `None` if it is too deep, which constants may make it.
fn with_constants(program: &str) -> Option<String> {
    let data = read_all(program, &ReadLimits::default()).ok()?;
    let Program { externs, task } = Program::from_data(&data).ok()?;
    let options = CompileOptions { externs, lift_literals: false };
    compile_task(task, 0, &options).ok().map(|lowered| lowered.text)
}

/// Fewer than slaves keep, so that a fuzzer's memory stays small.
const COMPILES_MAX: u64 = 2_000;
