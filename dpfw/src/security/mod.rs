//! Who may have a link.

#[cfg(feature = "tls")]
mod keys;
#[cfg(feature = "tls")]
mod tls;
mod tls_error;

#[cfg(feature = "tls")]
pub use self::keys::{Keys, KeysError};
#[cfg(feature = "tls")]
pub(crate) use self::tls::Tls;
pub use self::tls_error::TlsError;

#[cfg(feature = "tls")]
use std::path::PathBuf;
use std::{
    fmt, io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    link::LinkError,
    wire::{Challenge, Proof, Role},
};

/// How the two ends of a link prove themselves.
///
/// Without any, links stay on this machine's loopback addresses: whoever can log in here can then send tasks.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tls")] {
/// use dpfw::Security;
///
/// dpfw::set_default_security(Security::Tls("/etc/dpfw/keys".into()));
/// let master = dpfw::Master::builder().security(Security::tls_and_token("keys", "s3cret")).build();
/// # }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Security {
    /// TLS 1.3, and both ends show certificates of the same authority, one as a master and one as a slave: for all
    /// networks. The directory holds `ca.pem`, and a master's `master.pem` and `master.key` or a slave's `slave.pem` and
    /// `slave.key`, as [`Keys`] and the command `dpfw keys` make them.
    ///
    /// The files are read with each call of `serve`, `listen` or `connect`, which gives a [`TlsError`] if they cannot be
    /// used. Links that are made again later are made with the same keys.
    #[cfg(feature = "tls")]
    Tls(PathBuf),
    /// [`Tls`](Self::Tls), and in it both ends know a secret as well.
    #[cfg(feature = "tls")]
    TlsAndToken {
        /// The directory.
        dir: PathBuf,
        /// The secret.
        token: Arc<str>,
    },
    /// Both ends know this secret, and prove it to each other without saying it: for loopback alone. Off loopback it is
    /// refused, since all that follows would be in clear. Whoever holds the other port can try guesses on the proof, so it
    /// should be random: sixteen bytes or more.
    Token(Arc<str>),
    /// No proof: whoever reaches a slave commands it, whoever reaches a master is sent tasks. For networks where
    /// everybody is trusted, such as a cluster of one's own.
    Insecure,
}

impl Security {
    /// TLS with the keys in `dir`.
    #[cfg(feature = "tls")]
    pub fn tls(dir: impl Into<PathBuf>) -> Self {
        Self::Tls(dir.into())
    }

    /// TLS with the keys in `dir`, and a secret that both ends know.
    #[cfg(feature = "tls")]
    pub fn tls_and_token(dir: impl Into<PathBuf>, secret: impl Into<Arc<str>>) -> Self {
        Self::TlsAndToken { dir: dir.into(), token: secret.into() }
    }

    /// A secret that both ends know.
    pub fn token(secret: impl Into<Arc<str>>) -> Self {
        Self::Token(secret.into())
    }
}

/// Shows no secret.
impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "tls")]
            Self::Tls(dir) => f.debug_tuple("Tls").field(dir).finish(),
            #[cfg(feature = "tls")]
            Self::TlsAndToken { dir, .. } => f.debug_struct("TlsAndToken").field("dir", dir).finish_non_exhaustive(),
            Self::Token(_) => f.write_str("Token(…)"),
            Self::Insecure => f.write_str("Insecure"),
        }
    }
}

static DEFAULT: Mutex<Option<Security>> = Mutex::new(None);

/// Sets how links are secured for masters and slaves that are not told otherwise, from now on.
pub fn set_default_security(security: Security) {
    *DEFAULT.lock().unwrap_or_else(PoisonError::into_inner) = Some(security);
}

/// What applies where `own` was chosen.
pub(crate) fn effective(own: Option<&Security>) -> Option<Security> {
    own.cloned().or_else(|| DEFAULT.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Refuses a link with `address` that `security` does not cover.
pub(crate) fn check_address(security: Option<&Security>, address: IpAddr) -> Result<(), SecurityError> {
    if address.to_canonical().is_loopback() {
        return Ok(());
    }
    match security {
        #[cfg(feature = "tls")]
        Some(Security::Tls(_) | Security::TlsAndToken { .. }) => Ok(()),
        Some(Security::Insecure) => Ok(()),
        Some(Security::Token(_)) => Err(SecurityError::TokenInClear { address }),
        None => Err(SecurityError::NotLoopback { address }),
    }
}

/// The token that a side with `security` must know.
fn token(security: Option<&Security>) -> Option<Bytes> {
    match security? {
        #[cfg(feature = "tls")]
        Security::TlsAndToken { token, .. } => Some(Bytes::copy_from_slice(token.as_bytes())),
        Security::Token(secret) => Some(Bytes::copy_from_slice(secret.as_bytes())),
        _ => None,
    }
}

/// The peer's words, if `err` says that it refused this side by TLS. A TLS client hears that only when it reads.
pub(crate) fn refusal(err: &io::Error) -> Option<String> {
    #[cfg(feature = "tls")]
    return tls::refusal(err);
    #[cfg(not(feature = "tls"))]
    return err.get_ref().and(None);
}

/// What both ends of a link must know, and what this end challenges the other with.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: Bytes,
    pub(crate) challenge: Challenge,
}

impl Token {
    /// That of a side with `security`, for one link.
    pub(crate) fn of(security: Option<&Security>) -> Option<Self> {
        token(security).map(|secret| Self { secret, challenge: crate::identity::random() })
    }
}

/// Shows no secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What proves that `role` knows the token.
pub(crate) fn prove(token: &[u8], role: Role, of_master: &Challenge, of_slave: &Challenge) -> Proof {
    digest(token, role, of_master, of_slave).finalize().into_bytes().into()
}

/// Checks a proof of the peer's, in a time that does not tell where it is wrong.
pub(crate) fn check_proof(
    token: &[u8],
    role: Role,
    of_master: &Challenge,
    of_slave: &Challenge,
    proof: &Proof,
) -> Result<(), LinkError> {
    let checked = digest(token, role, of_master, of_slave).verify_slice(proof);
    checked.map_err(|_| LinkError::TokenMismatch { reason: "the peer shows another token".to_owned() })
}

fn digest(token: &[u8], role: Role, of_master: &Challenge, of_slave: &Challenge) -> Hmac<Sha256> {
    let mut digest = Hmac::<Sha256>::new_from_slice(token).expect("a key may be of any length");
    digest.update(b"dpfw");
    // A key and the same with zeros behind it are one to an HMAC.
    digest.update(&(token.len() as u64).to_be_bytes());
    digest.update(&[role.code()]);
    digest.update(of_master);
    digest.update(of_slave);
    digest
}

/// Why an address may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecurityError {
    /// The address is not a loopback address and no security was chosen.
    #[error(
        "{address} is not this machine's loopback: choose `Security::Tls`, or `Security::Insecure` by name if everybody who reaches it is trusted"
    )]
    NotLoopback {
        /// The address.
        address: IpAddr,
    },
    /// A token would be all that guards a link in clear over a network.
    #[error("the link to {address} would be in clear: choose `Security::TlsAndToken`")]
    TokenInClear {
        /// The address.
        address: IpAddr,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_loopback_only_the_named_exception_is_let_through() {
        let far: IpAddr = "192.0.2.1".parse().expect("an address");
        let near: IpAddr = "::ffff:127.0.0.1".parse().expect("an address");
        assert_eq!(check_address(None, near), Ok(()));
        assert!(matches!(check_address(None, far), Err(SecurityError::NotLoopback { .. })));
        assert!(matches!(check_address(Some(&Security::token("x")), far), Err(SecurityError::TokenInClear { .. })));
        assert_eq!(check_address(Some(&Security::Insecure), far), Ok(()));
    }

    #[cfg(feature = "tls")]
    #[test]
    fn tls_is_let_through_everywhere_and_a_token_inside_it_too() {
        let far: IpAddr = "192.0.2.1".parse().expect("an address");
        let both = Security::tls_and_token("keys", "s3cret");
        assert_eq!(check_address(Some(&Security::Tls("keys".into())), far), Ok(()));
        assert_eq!(check_address(Some(&both), far), Ok(()));
        assert_eq!(token(Some(&both)).as_deref(), Some(&b"s3cret"[..]));
        assert!(!format!("{both:?}").contains("s3cret"));
    }

    #[test]
    fn a_proof_is_good_for_one_token_role_and_pair_of_challenges() {
        let (master, slave) = ([1; 16], [2; 16]);
        let proof = prove(b"secret", Role::Master, &master, &slave);
        let check = |token: &[u8], role, master, slave| check_proof(token, role, master, slave, &proof);
        assert_eq!(check(b"secret", Role::Master, &master, &slave), Ok(()));
        for token in [&b""[..], b"secre", b"secret!", b"Secret"] {
            assert!(check(token, Role::Master, &master, &slave).is_err(), "{token:?}");
        }
        assert!(check(b"secret", Role::Slave, &master, &slave).is_err());
        assert!(check(b"secret", Role::Master, &slave, &master).is_err());
        assert!(check(b"secret", Role::Master, &master, &master).is_err());
    }
}
