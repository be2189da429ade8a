//! What a command line says about security.

use std::{error::Error, fs, path::PathBuf};

use dpfw::{ConnectError, Security, SecurityError, SlaveError};

#[derive(Debug, clap::Args)]
pub(crate) struct SecurityArguments {
    /// Secures links by TLS with the keys in this directory, as `dpfw keys` makes them; needed for other machines
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,
    /// Both sides know the secret in this file; without --tls it is for this machine alone
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Trusts everybody who reaches the other end, without any proof
    #[arg(long, conflicts_with_all = ["tls", "token_file"])]
    insecure: bool,
}

impl SecurityArguments {
    pub(crate) fn security(&self) -> Result<Option<Security>, Box<dyn Error>> {
        let token = self.token_file.as_ref().map(read_token).transpose()?;
        Ok(match (&self.tls, token) {
            (Some(dir), Some(token)) => Some(Security::tls_and_token(dir, token)),
            (Some(dir), None) => Some(Security::tls(dir)),
            (None, Some(token)) => Some(Security::token(token)),
            (None, None) => self.insecure.then_some(Security::Insecure),
        })
    }
}

/// What to write on the command line, if it is for want of security that something failed.
pub(crate) fn remedy(err: &(dyn Error + 'static)) -> Option<String> {
    let of_slave = err.downcast_ref().and_then(|err| match err {
        SlaveError::Security(err) => Some(err),
        _ => None,
    });
    let of_master = || match err.downcast_ref()? {
        ConnectError::Security(err) => Some(err),
        _ => None,
    };
    match of_slave.or_else(of_master)? {
        SecurityError::NotLoopback { address } => Some(format!(
            "{address} is not this machine's loopback: give --tls DIR, or --insecure if everybody who reaches it is trusted"
        )),
        SecurityError::TokenInClear { address } => {
            Some(format!("the link to {address} would be in clear: give --tls DIR as well"))
        }
        _ => None,
    }
}

/// The secret in a file: all of it, less the end of the last line.
fn read_token(path: &PathBuf) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|err| format!("cannot read {}: {err}", path.display()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(format!("{} holds no secret", path.display()).into()),
        token => Ok(token.to_owned()),
    }
}
