//! The command `dpfw`: keys, slaves and single tasks from a shell.

mod eval;
mod keys;
mod security;
#[cfg(unix)]
mod slave;

use std::{
    error::Error,
    io::{self, IsTerminal},
};

use clap::{Parser, Subcommand};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Sends code, not just data, to other machines.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "The variable RUST_LOG says what is logged on standard error, such as `warn` or `dpfw=debug`.

Exit codes: 0 if all went well, 1 if not, 2 if the command was not understood, 130 if it was stopped by a second signal.";

#[derive(Debug, Subcommand)]
enum Command {
    Keys(keys::Arguments),
    #[cfg(unix)]
    Slave(slave::Arguments),
    Eval(eval::Arguments),
}

#[tokio::main]
async fn main() {
    #[cfg(unix)]
    dpfw::child_main();
    let arguments = Arguments::parse();
    let result = match start_log() {
        Ok(log) => {
            let result = run(arguments.command).await;
            drop(log);
            result
        }
        Err(err) => Err(err),
    };
    let code = result.unwrap_or_else(|err| {
        eprintln!("dpfw: {}", security::remedy(&*err).unwrap_or_else(|| in_full(&*err)));
        FAILED
    });
    // Whatever still runs is not waited for: it may be stuck.
    std::process::exit(code)
}

/// Exit codes, as a shell sees them.
const SUCCEEDED: i32 = 0;
const FAILED: i32 = 1;

async fn run(command: Command) -> Result<i32, Box<dyn Error>> {
    match command {
        Command::Keys(arguments) => keys::run(&arguments).map(|()| SUCCEEDED),
        #[cfg(unix)]
        Command::Slave(arguments) => slave::run(arguments).await,
        Command::Eval(arguments) => eval::run(&arguments).await.map(|()| SUCCEEDED),
    }
}

/// Starts the log, which is written until the guard is dropped.
fn start_log() -> Result<WorkerGuard, Box<dyn Error>> {
    let filter: Targets = std::env::var("RUST_LOG").as_deref().unwrap_or("info").parse()?;
    // A pipe that is full and that nobody reads must not stop the slaves: then lines are dropped.
    let (lines, guard) = tracing_appender::non_blocking(io::stderr());
    let lines = tracing_subscriber::fmt::layer().with_writer(lines).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines).with(filter).try_init()?;
    Ok(guard)
}

/// An error and what caused it.
fn in_full(err: &dyn Error) -> String {
    let mut text = err.to_string();
    let mut source = err.source();
    while let Some(err) = source {
        text = format!("{text}: {err}");
        source = err.source();
    }
    text
}
