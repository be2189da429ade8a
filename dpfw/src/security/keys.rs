//! [`Keys`]: an authority, a master's and a slave's certificate, made together.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::tls::{CA_FILE, certificate_file, key_file, role_name};
use crate::wire::Role;

/// The keys of one group of masters and slaves, for [`Security::Tls`](crate::Security::Tls).
///
/// The key of the authority that signs them is forgotten at once: nobody can make more, and all are replaced together.
/// Whoever has the master's key commands the slaves; whoever has the slave's can only play a slave.
///
/// # Examples
///
/// ```no_run
/// # fn example() -> Result<(), dpfw::KeysError> {
/// dpfw::Keys::generate(825)?.write_new("keys")
/// # }
/// ```
pub struct Keys {
    files: Vec<KeyFile>,
}

struct KeyFile {
    name: &'static str,
    pem: String,
    is_secret: bool,
}

/// Why keys could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// There are keys already.
    #[error("{} is there already", path.display())]
    Exists {
        /// A file that would be replaced.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Certificates are valid for a day at least and for a hundred years at most.
    #[error("{days} days are not from 1 to {days_max}")]
    Days {
        /// What was asked for.
        days: u32,
        /// The most.
        days_max: u32,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {reason}")]
    Certificate {
        /// Why.
        reason: String,
    },
}

impl From<rcgen::Error> for KeysError {
    fn from(err: rcgen::Error) -> Self {
        Self::Certificate { reason: err.to_string() }
    }
}

const DAYS_MAX: u32 = 36_500;

/// The clocks of other machines may be behind by so much.
const CLOCK_SKEW: Duration = Duration::hours(1);

impl Keys {
    /// Makes keys that are valid for so many days from now.
    ///
    /// # Errors
    ///
    /// [`KeysError::Days`], and [`KeysError::Certificate`] if the system gives no random numbers.
    pub fn generate(days: u32) -> Result<Self, KeysError> {
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(KeysError::Days { days, days_max: DAYS_MAX });
        }
        let now = OffsetDateTime::now_utc();
        let (not_before, not_after) = (now - CLOCK_SKEW, now + Duration::days(days.into()));
        let params = |common_name: &str, names: Vec<String>| {
            let mut params = CertificateParams::new(names)?;
            (params.not_before, params.not_after) = (not_before, not_after);
            params.distinguished_name.remove(DnType::CommonName);
            params.distinguished_name.push(DnType::CommonName, common_name);
            Ok::<_, rcgen::Error>(params)
        };

        let mut authority = params("dpfw authority", Vec::new())?;
        // What it signs cannot sign in turn.
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

        let mut files = vec![KeyFile { name: CA_FILE, pem: authority.pem(), is_secret: false }];
        for role in [Role::Master, Role::Slave] {
            let key = KeyPair::generate()?;
            let mut params = params(role_name(role), vec![role_name(role).to_owned()])?;
            params.is_ca = IsCa::ExplicitNoCa;
            params.use_authority_key_identifier_extension = true;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            // Either side may dial.
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
            let certificate = params.signed_by(&key, &authority)?;
            files.push(KeyFile { name: certificate_file(role), pem: certificate.pem(), is_secret: false });
            files.push(KeyFile { name: key_file(role), pem: key.serialize_pem(), is_secret: true });
        }
        Ok(Self { files })
    }

    /// Writes them into `dir`, which is made if it is missing, as `ca.pem`, `master.pem`, `master.key`, `slave.pem` and
    /// `slave.key`. Only the owner may read the keys.
    ///
    /// # Errors
    ///
    /// [`KeysError::Exists`] if one of the files is there, and [`KeysError::File`].
    pub fn write_new(&self, dir: impl AsRef<Path>) -> Result<(), KeysError> {
        let dir = dir.as_ref();
        for file in &self.files {
            let path = dir.join(file.name);
            // A link that leads nowhere is something as well.
            if path.symlink_metadata().is_ok() {
                return Err(KeysError::Exists { path });
            }
        }
        self.write(dir)
    }

    /// As [`write_new`](Self::write_new), in place of what is there.
    ///
    /// # Errors
    ///
    /// [`KeysError::File`].
    pub fn write_over(&self, dir: impl AsRef<Path>) -> Result<(), KeysError> {
        let dir = dir.as_ref();
        for file in &self.files {
            let path = dir.join(file.name);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(KeysError::File { path, source });
                }
                _ => {}
            }
        }
        self.write(dir)
    }

    fn write(&self, dir: &Path) -> Result<(), KeysError> {
        fs::create_dir_all(dir).map_err(|source| KeysError::File { path: dir.to_owned(), source })?;
        for KeyFile { name, pem, is_secret } in &self.files {
            let path = dir.join(name);
            create(&path, *is_secret)
                .and_then(|mut file| file.write_all(pem.as_bytes()))
                .map_err(|source| KeysError::File { path, source })?;
        }
        Ok(())
    }
}

/// Shows no secret.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

fn create(path: &Path, is_secret: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = is_secret;
    options.open(path)
}
