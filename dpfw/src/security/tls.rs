//! TLS: the keys of one side, and what it asks of the other.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    ServerConfig, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName, UnixTime,
        pem::{self, PemObject},
    },
    server::{
        NoServerSessionStorage, ParsedCertificate, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    version::TLS13,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::TlsError;
use crate::wire::Role;

/// How long a peer that was refused may take to hear why.
const FAREWELL_MAX: Duration = Duration::from_millis(500);

/// What one side needs to secure its connections: whoever dials is the client.
///
/// Nothing is remembered from one connection to the next, so each is proved anew.
pub(crate) struct Tls {
    connector: TlsConnector,
    acceptor: TlsAcceptor,
    peer: Role,
}

impl Tls {
    /// Reads the keys of a side in `role`, and looks whether the other side would accept them.
    pub(crate) fn load(dir: &Path, role: Role) -> Result<Self, TlsError> {
        let (chain_path, key_path) = (dir.join(certificate_file(role)), dir.join(key_file(role)));
        let roots = Arc::new(read_roots(&dir.join(CA_FILE))?);
        let chain = read_certificates(&chain_path)?;
        let key = PrivateKeyDer::from_pem_file(&key_path).map_err(|err| unreadable(key_path.clone(), err))?;
        let of_key = |err: Error| TlsError::Contents { path: key_path.clone(), reason: err.to_string() };

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider))
            .build()
            .map_err(|err| TlsError::Contents { path: dir.join(CA_FILE), reason: err.to_string() })?;
        let asked_by_peer = verifier.verify_server_cert(&chain[0], &chain[1..], &name(role), &[], UnixTime::now());
        asked_by_peer
            .map_err(|err| TlsError::OwnCertificate { path: chain_path, reason: Box::new(explain(&err, role)) })?;

        let client_verifier = RoleVerifier::new(roots, &provider, role.peer())
            .map_err(|err| TlsError::Contents { path: dir.join(CA_FILE), reason: err.to_string() })?;
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .and_then(|builder| {
                builder
                    .with_client_cert_verifier(Arc::new(client_verifier))
                    .with_single_cert(chain.clone(), key.clone_key())
            })
            .map_err(of_key)?;
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;

        let mut client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .and_then(|builder| builder.with_webpki_verifier(verifier).with_client_auth_cert(chain, key))
            .map_err(of_key)?;
        client.resumption = Resumption::disabled();
        // The name that is asked for is a role and not a host.
        client.enable_sni = false;

        Ok(Self { connector: Arc::new(client).into(), acceptor: Arc::new(server).into(), peer: role.peer() })
    }

    /// Secures a connection that was dialled.
    ///
    /// The peer may still refuse this side: a client hears that only when it reads.
    pub(crate) async fn connect(&self, stream: TcpStream, limit: Duration) -> Result<TlsStream<TcpStream>, TlsError> {
        let handshake = self.connector.connect(name(self.peer), stream);
        match tokio::time::timeout(limit, handshake).await {
            Ok(Ok(stream)) => Ok(stream.into()),
            Ok(Err(err)) => Err(explain_io(&err, self.peer)),
            Err(_) => Err(TlsError::Timeout { limit }),
        }
    }

    /// Secures a connection that was accepted.
    pub(crate) async fn accept(&self, stream: TcpStream, limit: Duration) -> Result<TlsStream<TcpStream>, TlsError> {
        let handshake = self.acceptor.accept(stream).into_fallible();
        match tokio::time::timeout(limit, handshake).await {
            Ok(Ok(stream)) => Ok(stream.into()),
            Ok(Err((err, stream))) => {
                let _ = tokio::time::timeout(FAREWELL_MAX, let_hear(stream)).await;
                Err(explain_io(&err, self.peer))
            }
            Err(_) => Err(TlsError::Timeout { limit }),
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Closes a connection whose last bytes the peer is to read: the system takes them back if the peer's are unread then.
async fn let_hear(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<u64> {
    stream.shutdown().await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
}

/// Verifies certificates of clients as rustls does, and then their role, which it asks of servers alone.
#[derive(Debug)]
struct RoleVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    role: ServerName<'static>,
}

impl RoleVerifier {
    fn new(
        roots: Arc<RootCertStore>,
        provider: &Arc<CryptoProvider>,
        role: Role,
    ) -> Result<Self, rustls::server::VerifierBuilderError> {
        let chain = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider)).build()?;
        Ok(Self { chain, role: name(role) })
    }
}

impl ClientCertVerifier for RoleVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, &self.role)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

pub(super) const CA_FILE: &str = "ca.pem";

pub(super) fn certificate_file(role: Role) -> &'static str {
    match role {
        Role::Master => "master.pem",
        Role::Slave => "slave.pem",
    }
}

pub(super) fn key_file(role: Role) -> &'static str {
    match role {
        Role::Master => "master.key",
        Role::Slave => "slave.key",
    }
}

/// The name in a certificate, as a DNS name, that makes it one for `role`.
pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Master => "master.dpfw",
        Role::Slave => "slave.dpfw",
    }
}

fn name(role: Role) -> ServerName<'static> {
    ServerName::try_from(role_name(role)).expect("the names of roles are names of hosts")
}

fn read_roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(path)? {
        roots.add(certificate).map_err(|err| TlsError::Contents { path: path.to_owned(), reason: err.to_string() })?;
    }
    Ok(roots)
}

/// The certificates in a file, at least one.
fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read.map_err(|err| unreadable(path.to_owned(), err))? {
        none if none.is_empty() => {
            Err(TlsError::Contents { path: path.to_owned(), reason: "it holds no certificate".to_owned() })
        }
        certificates => Ok(certificates),
    }
}

fn unreadable(path: PathBuf, err: pem::Error) -> TlsError {
    match err {
        pem::Error::Io(err) => TlsError::File { path, kind: err.kind(), message: err.to_string() },
        err => TlsError::Contents { path, reason: err.to_string() },
    }
}

/// Why a handshake with a peer in the role of `peer` failed.
fn explain_io(err: &io::Error, peer: Role) -> TlsError {
    match err.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(err) => explain(err, peer),
        None if err.kind() == io::ErrorKind::UnexpectedEof => TlsError::Closed,
        None => TlsError::Handshake { reason: err.to_string() },
    }
}

fn explain(err: &Error, holder: Role) -> TlsError {
    match err {
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            TlsError::Expired
        }
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            TlsError::NotYetValid
        }
        // Authorities of the same name have different keys.
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            TlsError::Foreign
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => TlsError::WrongRole { role: holder.name() },
        Error::InvalidCertificate(other) => TlsError::Certificate { reason: other.to_string() },
        Error::NoCertificatesPresented => TlsError::NoCertificate,
        Error::AlertReceived(alert) => TlsError::Refused { reason: words(*alert) },
        Error::InvalidMessage(_) => TlsError::NotTls,
        other => TlsError::Handshake { reason: other.to_string() },
    }
}

/// The peer's words, if `err` says that it does not accept this side's certificate.
pub(super) fn refusal(err: &io::Error) -> Option<String> {
    match err.get_ref()?.downcast_ref()? {
        Error::AlertReceived(alert) if is_refusal(*alert) => Some(words(*alert)),
        _ => None,
    }
}

fn is_refusal(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
    )
}

fn words(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateExpired => "this side's certificate has expired, or is not valid yet".to_owned(),
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            "this side's certificate is from another authority".to_owned()
        }
        AlertDescription::BadCertificate => {
            "this side's certificate is not accepted: it may be for the other role".to_owned()
        }
        AlertDescription::CertificateRequired => "it asks for a certificate".to_owned(),
        other => format!("{other:?}"),
    }
}
