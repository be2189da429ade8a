//! The command `dpfw`: keys, slaves and single tasks from a shell.

mod eval;
mod keys;
mod security;
#[cfg(unix)]
mod slave;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};
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
async fn main() -> ExitCode {
    #[cfg(unix)]
    dpfw::child_main();
    let arguments = Arguments::parse();
    let result = match start_log() {
        Ok(()) => run(arguments.command).await,
        Err(err) => Err(err),
    };
    result.unwrap_or_else(|err| {
        eprintln!("dpfw: {}", security::remedy(&*err).unwrap_or_else(|| in_full(&*err)));
        ExitCode::FAILURE
    })
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Keys(arguments) => keys::run(&arguments).map(|()| ExitCode::SUCCESS),
        #[cfg(unix)]
        Command::Slave(arguments) => slave::run(arguments).await,
        Command::Eval(arguments) => eval::run(&arguments).await.map(|()| ExitCode::SUCCESS),
    }
}

fn start_log() -> Result<(), Box<dyn Error>> {
    let filter: Targets = std::env::var("RUST_LOG").as_deref().unwrap_or("info").parse()?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines).with(filter).try_init()?;
    Ok(())
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
