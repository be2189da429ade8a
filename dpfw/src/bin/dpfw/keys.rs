//! `dpfw keys`: makes the keys for TLS.

use std::{error::Error, path::PathBuf};

use dpfw::Keys;

/// Makes an authority, and keys and certificates of a master and a slave
///
/// All masters have the same, and so have all slaves. Whoever has the master's key commands the slaves. The key of the
/// authority is not kept: to replace one certificate, or when they expire, make all of them again.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where they go; it is made if it is missing
    dir: PathBuf,
    /// Days from now for which they are valid
    #[arg(long, default_value_t = 825)]
    days: u32,
    /// Replaces keys that are there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { dir, days, force } = arguments;
    let keys = Keys::generate(*days)?;
    match force {
        true => keys.write_over(dir)?,
        false => keys.write_new(dir).map_err(|err| match err {
            dpfw::KeysError::Exists { .. } => format!("{err}; --force replaces all keys"),
            err => crate::in_full(&err),
        })?,
    }
    let dir = dir.display();
    println!(
        "Made in {dir}, valid for {days} days.
Copy to each slave:   ca.pem slave.pem slave.key
Copy to each master:  ca.pem master.pem master.key
Keep master.key from slaves: whoever has it commands them."
    );
    Ok(())
}
