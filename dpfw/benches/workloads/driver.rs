//! Measures a workload in a process of its own, the driver, and bounds its time.

use std::{
    io::Read,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Outcome, Workload, peer, report::Rows, settings::Settings};

/// What a workload may take in all.
const TIME_MAX: Duration = Duration::from_secs(120);
/// How often the end of a driver is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Before the rows on a driver's standard output, where tasks may print as well.
const MARK: &str = "\nrows: ";

/// In the driver: measures and prints the rows for [`run`].
pub(crate) fn drive(workload: &Workload, settings: &Settings) -> Outcome<()> {
    peer::end_with_parent();
    if workload.is_pinned {
        // Before there are other threads or processes, which inherit it.
        peer::pin()?;
    }
    let rows = (workload.measure)(settings)?;
    let rows: Rows = rows.into_iter().map(|(suffix, row)| (format!("{}{suffix}", workload.name), row)).collect();
    println!("{MARK}{}", serde_json::to_string(&rows)?);
    Ok(())
}

/// Starts a driver and gives its rows.
pub(crate) fn run(workload: &Workload, settings: &Settings) -> Outcome<Rows> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["driver", workload.name]).args(settings.to_arguments());
    if std::env::var_os("STEEL_HOME").is_none() {
        // Slaves would look for one each, and print that there is none.
        command.env("STEEL_HOME", std::env::temp_dir());
    }
    // It ends with its standard input, and with it all that it started.
    let mut driver = peer::Peer::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let mut stdout = driver.child.stdout.take().ok_or("no output")?;
    let reader = thread::spawn(move || {
        let mut output = String::new();
        stdout.read_to_string(&mut output).map(|_| output)
    });

    let start = Instant::now();
    let status = loop {
        if let Some(status) = driver.child.try_wait()? {
            break status;
        }
        if start.elapsed() > TIME_MAX {
            return Err(format!("not done within {TIME_MAX:?}").into());
        }
        thread::sleep(LOOK_EVERY);
    };
    if !status.success() {
        return Err(format!("ended with {status}").into());
    }
    let output = reader.join().map_err(|_| "the output was not read")??;
    let (_, rows) = output.rsplit_once(MARK).ok_or("no rows")?;
    Ok(serde_json::from_str(rows)?)
}
