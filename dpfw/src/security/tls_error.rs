//! Why there is no TLS.

use std::{io, path::PathBuf, time::Duration};

/// Why TLS could not be had: this side's keys cannot be used, or one end refused the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What kind of error.
        kind: io::ErrorKind,
        /// The system's words.
        message: String,
    },
    /// A file does not hold what it should.
    #[error("{} cannot be used: {reason}", path.display())]
    Contents {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// This side's own certificate is one that the peer would refuse.
    #[error("{} cannot be used: {reason}", path.display())]
    OwnCertificate {
        /// The file.
        path: PathBuf,
        /// Why it would be refused.
        reason: Box<Self>,
    },
    /// The certificate has expired.
    #[error("the certificate has expired")]
    Expired,
    /// The certificate is not valid yet: a clock may be wrong.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// The certificate was made by another authority.
    #[error("the certificate is not from the authority in `ca.pem`")]
    Foreign,
    /// The certificate is not for this role: a slave's cannot command slaves, a master's cannot play a slave.
    #[error("the certificate is not that of a {role}")]
    WrongRole {
        /// The role that it should be for.
        role: &'static str,
    },
    /// The peer shows no certificate.
    #[error("the peer shows no certificate")]
    NoCertificate,
    /// Something else is wrong with the certificate.
    #[error("the certificate is refused: {reason}")]
    Certificate {
        /// What.
        reason: String,
    },
    /// The peer refused this side.
    #[error("the peer refused this side: {reason}")]
    Refused {
        /// The peer's words.
        reason: String,
    },
    /// What the peer says is not TLS.
    #[error("the peer does not speak TLS")]
    NotTls,
    /// The peer closed the connection before it was secured.
    #[error("the peer closed the connection before the TLS handshake was done: it may not speak TLS")]
    Closed,
    /// The peer did not shake hands in time.
    #[error("no TLS handshake within {limit:?}")]
    Timeout {
        /// How long it had.
        limit: Duration,
    },
    /// The connection broke, or the two sides have no version or method in common.
    #[error("the TLS handshake failed: {reason}")]
    Handshake {
        /// What happened.
        reason: String,
    },
}
