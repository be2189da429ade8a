//! Links under TLS: who is let in, who is refused by which side, and that nobody hangs.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers fail the test that calls them")]

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use dpfw::{
    ConnectError, InputPort, Keys, KeysError, LinkConfig, LinkError, Master, OutputPort, Security, Slave, SlaveError,
    TlsError, WireError, remote,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Longer than anything here takes on a busy machine, and shorter than a handshake that is waited for in vain.
const PATIENCE: Duration = Duration::from_secs(20);

const MASTER: &str = "master.dpfw";
const SLAVE: &str = "slave.dpfw";

/// Limits under which a handshake that never comes is not waited for long.
fn hasty() -> LinkConfig {
    let mut link = LinkConfig::default();
    link.handshake_max = Duration::from_millis(500);
    link
}

/// A directory of its own for `test`.
fn fresh_dir(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{test}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// A directory of its own with keys as users have them.
fn keys(test: &str) -> PathBuf {
    let dir = fresh_dir(test);
    Keys::generate(1).unwrap().write_new(&dir).unwrap();
    dir
}

/// An authority of the tests, which signs anything.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with those that vouch for it, and its key.
struct Identity {
    pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

/// A certificate for `name`, valid for so many days around now.
fn params(name: &str, days: std::ops::Range<i64>) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let now = OffsetDateTime::now_utc();
    params.not_before = now + time::Duration::days(days.start);
    params.not_after = now + time::Duration::days(days.end);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    params
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str, days: std::ops::Range<i64>) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params(name, days).signed_by(&key, &self.0).unwrap();
        Identity { pem: certificate.pem(), chain: vec![certificate.der().clone()], key }
    }

    /// A directory of its own with this authority, and keys that it signed.
    fn keys(&self, test: &str) -> PathBuf {
        let dir = fresh_dir(test);
        fs::write(dir.join("ca.pem"), self.0.pem()).unwrap();
        self.issue(MASTER, -1..1).write(&dir, "master");
        self.issue(SLAVE, -1..1).write(&dir, "slave");
        dir
    }
}

impl Identity {
    fn write(&self, dir: &Path, role: &str) {
        fs::write(dir.join(format!("{role}.pem")), &self.pem).unwrap();
        fs::write(dir.join(format!("{role}.key")), self.key.serialize_pem()).unwrap();
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialize_der()).unwrap()
    }

    /// Dials as whoever holds this identity, whatever program they use.
    fn connector(&self, ca: &Path) -> TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(self.chain.clone(), self.key())
            .unwrap();
        Arc::new(config).into()
    }

    /// Listens likewise, and lets everybody in.
    fn acceptor(&self) -> TlsAcceptor {
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key())
            .unwrap();
        Arc::new(config).into()
    }
}

/// A slave that listens; it ends with the test's runtime.
async fn slave(security: Security) -> (SocketAddr, JoinHandle<Result<(), SlaveError>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slave = Slave::builder().security(security).link(hasty()).build();
    (address, tokio::spawn(async move { slave.serve_listener(listener).await }))
}

fn master(security: Security) -> Master {
    Master::builder().security(security).link(hasty()).build()
}

async fn works(master: &Master) {
    let five = timeout(PATIENCE, master.run::<i64>(remote!((lambda (i o) (+ 2 3))))).await;
    assert_eq!(five.expect("in time").unwrap(), 5);
}

/// What comes of dialling `address` as `identity`, with a program that is none of dpfw: the error, and what was read.
async fn intrude(identity: &Identity, ca: &Path, name: &'static str, address: SocketAddr) -> String {
    let attempt = async {
        let stream = TcpStream::connect(address).await?;
        let mut stream = identity.connector(ca).connect(ServerName::try_from(name).unwrap(), stream).await?;
        // A hello of a master: nobody is to read it.
        let _ = stream.write_all(b"\0\0\0\x18\x01\0\0\0\0\0\0\0\0\0dpfw\x01\0\0\0\x04\0\x01\0\x01\xff").await;
        let mut heard = [0; 1];
        let length = stream.read(&mut heard).await?;
        panic!("was let in: read {length} bytes");
    };
    let outcome: std::io::Result<()> = timeout(PATIENCE, attempt).await.expect("an intruder is sent away");
    outcome.unwrap_err().to_string()
}

/// An address at which whoever dials meets `identity`, in a program that is none of dpfw.
async fn impostor(identity: &Identity) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = identity.acceptor();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    address
}

async fn dial(master: &Master, address: SocketAddr) -> ConnectError {
    timeout(PATIENCE, master.connect(address)).await.expect("in time").unwrap_err()
}

async fn call(security: Security, address: SocketAddr) -> SlaveError {
    let slave = Slave::builder().security(security).link(hasty()).build();
    timeout(PATIENCE, slave.connect(address)).await.expect("in time").unwrap_err()
}

#[tokio::test]
async fn either_side_may_dial() {
    let keys = keys("either");
    let (address, _server) = slave(Security::Tls(keys.clone())).await;
    let dialling = master(Security::Tls(keys.clone()));
    dialling.connect(address).await.unwrap();
    works(&dialling).await;

    let listening = master(Security::Tls(keys.clone()));
    let listener = listening.listen("127.0.0.1:0").await.unwrap();
    let slave = Slave::builder().security(Security::tls(keys)).build();
    let address = listener.local_addr();
    let served = tokio::spawn(async move { slave.connect(address).await });
    listening.wait_for_slaves(1).await;
    works(&listening).await;
    listening.shutdown().await;
    timeout(PATIENCE, served).await.expect("the master's goodbye is heard").unwrap().unwrap();
}

#[tokio::test]
async fn a_master_needs_no_key_of_a_slave_nor_a_slave_one_of_a_master() {
    let all = keys("own");
    let only = |role: &str| {
        let dir = fresh_dir(&format!("own-{role}"));
        for file in ["ca.pem".to_owned(), format!("{role}.pem"), format!("{role}.key")] {
            fs::copy(all.join(&file), dir.join(&file)).unwrap();
        }
        dir
    };
    let (address, _server) = slave(Security::Tls(only("slave"))).await;
    let master = master(Security::Tls(only("master")));
    master.connect(address).await.unwrap();
    works(&master).await;
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_said_at_once_and_by_name() {
    let dir = keys("unusable");
    let refusal = async |dir: &Path| match master(Security::tls(dir)).listen("127.0.0.1:0").await.unwrap_err() {
        ConnectError::Tls(err) => err,
        other => panic!("{other:?}"),
    };
    fs::rename(dir.join("master.key"), dir.join("kept")).unwrap();
    let error = refusal(&dir).await;
    assert!(matches!(&error, TlsError::File { path, .. } if path.ends_with("master.key")), "{error:?}");
    let error = call(Security::tls(dir.join("nowhere")), "127.0.0.1:1".parse().unwrap()).await;
    assert!(error.to_string().contains("nowhere/ca.pem"), "{error}");

    fs::copy(dir.join("slave.key"), dir.join("master.key")).unwrap();
    let error = refusal(&dir).await;
    assert!(matches!(&error, TlsError::Contents { path, .. } if path.ends_with("master.key")), "{error:?}");
    fs::copy(dir.join("slave.pem"), dir.join("master.pem")).unwrap();
    let error = refusal(&dir).await;
    let reason = match &error {
        TlsError::OwnCertificate { path, reason } if path.ends_with("master.pem") => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(**reason, TlsError::WrongRole { role: "master" });
    fs::write(dir.join("ca.pem"), "nothing").unwrap();
    let error = refusal(&dir).await;
    assert!(matches!(&error, TlsError::Contents { path, .. } if path.ends_with("ca.pem")), "{error:?}");

    let authority = Authority::new();
    let dir = authority.keys("unusable-expired");
    authority.issue(MASTER, -2..-1).write(&dir, "master");
    assert!(matches!(refusal(&dir).await, TlsError::OwnCertificate { reason, .. } if *reason == TlsError::Expired));
    authority.issue(MASTER, 1..2).write(&dir, "master");
    assert!(matches!(refusal(&dir).await, TlsError::OwnCertificate { reason, .. } if *reason == TlsError::NotYetValid));
    Authority::new().issue(MASTER, -1..1).write(&dir, "master");
    assert!(matches!(refusal(&dir).await, TlsError::OwnCertificate { reason, .. } if *reason == TlsError::Foreign));
}

#[tokio::test]
async fn whoever_dials_a_slave_without_the_certificate_of_a_master_is_sent_away() {
    let authority = Authority::new();
    let dir = authority.keys("dialled-slave");
    let ca = dir.join("ca.pem");
    let (address, _server) = slave(Security::tls(&dir)).await;
    let thief = authority.issue(SLAVE, -1..1);
    for (stranger, why) in [
        (&thief, "BadCertificate"),
        (&Authority::new().issue(MASTER, -1..1), "UnknownCA"),
        (&authority.issue(MASTER, -2..-1), "CertificateExpired"),
        (&authority.issue(MASTER, 1..2), "CertificateExpired"),
        (&authority.issue("localhost", -1..1), "BadCertificate"),
    ] {
        let error = intrude(stranger, &ca, SLAVE, address).await;
        // Another authority may show by its signature, too.
        assert!(error.contains(why) || error.contains("DecryptError") && why == "UnknownCA", "{why}: {error}");
    }
    // A slave's key makes no certificate for a master.
    let issuer = rcgen::Issuer::new(params(SLAVE, -1..1), KeyPair::from_pem(&thief.key.serialize_pem()).unwrap());
    let key = KeyPair::generate().unwrap();
    let forged = params(MASTER, -1..1).signed_by(&key, &issuer).unwrap();
    let chain = vec![forged.der().clone(), thief.chain[0].clone()];
    let forger = Identity { pem: forged.pem(), chain, key };
    let error = intrude(&forger, &ca, SLAVE, address).await;
    assert!(error.contains("alert"), "{error}");

    let master = master(Security::tls(&dir));
    master.connect(address).await.unwrap();
    works(&master).await;
}

#[tokio::test]
async fn whoever_dials_a_master_without_the_certificate_of_a_slave_is_sent_away() {
    let authority = Authority::new();
    let dir = authority.keys("dialled-master");
    let master = master(Security::tls(&dir));
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    for stranger in
        [authority.issue(MASTER, -1..1), Authority::new().issue(SLAVE, -1..1), authority.issue(SLAVE, -2..-1)]
    {
        let error = intrude(&stranger, &dir.join("ca.pem"), MASTER, listener.local_addr()).await;
        assert!(error.contains("alert"), "{error}");
    }
    assert_eq!(master.slaves().len(), 0);
}

#[tokio::test]
async fn a_master_gives_no_task_to_whoever_is_no_slave() {
    let authority = Authority::new();
    let dir = authority.keys("impostor-slave");
    let master = master(Security::tls(&dir));
    for (identity, expected) in [
        (authority.issue(MASTER, -1..1), TlsError::WrongRole { role: "slave" }),
        (Authority::new().issue(SLAVE, -1..1), TlsError::Foreign),
        (authority.issue(SLAVE, -2..-1), TlsError::Expired),
        (authority.issue(SLAVE, 1..2), TlsError::NotYetValid),
    ] {
        match dial(&master, impostor(&identity).await).await {
            ConnectError::Tls(err) => assert_eq!(err, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_slave_takes_no_task_from_whoever_is_no_master() {
    let authority = Authority::new();
    let dir = authority.keys("impostor-master");
    for (identity, expected) in [
        (authority.issue(SLAVE, -1..1), TlsError::WrongRole { role: "master" }),
        (Authority::new().issue(MASTER, -1..1), TlsError::Foreign),
        (authority.issue(MASTER, -2..-1), TlsError::Expired),
    ] {
        match call(Security::tls(&dir), impostor(&identity).await).await {
            SlaveError::Tls(err) => assert_eq!(err, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn whoever_dials_is_told_why_it_was_refused() {
    // The dialling side accepts both authorities, the other only its own.
    let (ours, theirs) = (Authority::new(), Authority::new());
    let (strict, lenient) = (ours.keys("strict"), theirs.keys("lenient"));
    fs::write(lenient.join("ca.pem"), [ours.0.pem(), theirs.0.pem()].concat()).unwrap();

    let (address, _server) = slave(Security::tls(&strict)).await;
    let error = dial(&master(Security::tls(&lenient)), address).await;
    let is_told =
        |err: &LinkError| matches!(err, LinkError::Refused { reason } if reason.contains("another authority"));
    assert!(matches!(&error, ConnectError::Link(err) if is_told(err)), "{error:?}");

    let master = master(Security::tls(&strict));
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let error = call(Security::tls(&lenient), listener.local_addr()).await;
    assert!(matches!(&error, SlaveError::Link(err) if is_told(err)), "{error:?}");
}

#[tokio::test]
async fn a_side_with_tls_and_one_without_part_with_clear_words() {
    let keys = keys("mixed");
    let (address, _server) = slave(Security::tls(&keys)).await;
    let error = dial(&Master::new(), address).await;
    assert!(matches!(&error, ConnectError::Link(LinkError::Wire(WireError::Tls))), "{error:?}");

    let (address, _server) = slave(Security::token("plain")).await;
    let error = dial(&master(Security::tls(&keys)), address).await;
    assert!(matches!(&error, ConnectError::Tls(TlsError::Closed)), "{error:?}");

    let plain = Master::new();
    let listener = plain.listen("127.0.0.1:0").await.unwrap();
    let error = call(Security::tls(&keys), listener.local_addr()).await;
    assert!(matches!(&error, SlaveError::Tls(TlsError::NotTls)), "{error:?}");

    // Both wait for the other's first word, and no longer than their limit.
    let secured = master(Security::tls(&keys));
    let listener = secured.listen("127.0.0.1:0").await.unwrap();
    let error = call(Security::token("plain"), listener.local_addr()).await;
    assert!(matches!(&error, SlaveError::Link(LinkError::NoMaster { .. })), "{error:?}");

    // Who accepts and says nothing is waited for no longer, either.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = dial(&secured, silent.local_addr().unwrap()).await;
    assert!(matches!(&error, ConnectError::Tls(TlsError::Timeout { .. })), "{error:?}");
}

#[tokio::test]
async fn strangers_who_say_nothing_hold_up_nobody() {
    let keys = keys("silent");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // They could stay for a long time.
    let mut link = LinkConfig::default();
    link.handshake_max = Duration::from_secs(3600);
    let slave = Slave::builder().security(Security::tls(&keys)).link(link.clone()).build();
    let _server = tokio::spawn(async move { slave.serve_listener(listener).await });
    let master = Master::builder().security(Security::tls(&keys)).link(link).build();
    let slaves = master.listen("127.0.0.1:0").await.unwrap();

    let mut strangers = Vec::new();
    for _ in 0..300 {
        strangers.push(TcpStream::connect(address).await.unwrap());
        strangers.push(TcpStream::connect(slaves.local_addr()).await.unwrap());
    }
    // One is in the middle of a word.
    strangers.last_mut().unwrap().write_all(&[0x16, 3, 1]).await.unwrap();

    timeout(PATIENCE, master.connect(address)).await.expect("strangers hold up nobody").unwrap();
    let dialling = Slave::builder().security(Security::tls(&keys)).build();
    let address = slaves.local_addr();
    let _served = tokio::spawn(async move { dialling.connect(address).await });
    timeout(PATIENCE, master.wait_for_slaves(2)).await.expect("strangers hold up nobody");
    works(&master).await;
    // The oldest were sent away, so that their number is limited.
    let mut byte = [0];
    let read = timeout(PATIENCE, strangers[0].read(&mut byte)).await.expect("the oldest is sent away");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_values_pass_in_both_directions_at_once() {
    let keys = keys("large");
    let (address, _server) = slave(Security::tls(&keys)).await;
    let master = master(Security::tls(&keys));
    master.connect(address).await.unwrap();
    let text: String = (0..16 * 1024 * 1024_u32).map(|n| char::from(b'a' + u8::try_from(n % 23).unwrap())).collect();
    let echo = remote!((lambda (i o) (write (read i) o) (read i)));
    let (sent, expected) = (text.clone(), text);
    let promise = master.make_task(echo, async move |mut i: InputPort, mut o: OutputPort| {
        o.write(&sent).await?;
        let back: String = i.read().await?;
        o.write(&back).await?;
        Ok((back, i.read::<String>().await?))
    });
    let (first, second) = timeout(PATIENCE * 3, promise).await.expect("in time").unwrap();
    assert!(first == expected && second == expected, "{} and {} bytes", first.len(), second.len());
}

#[tokio::test]
async fn a_token_is_asked_for_inside_tls() {
    let keys = keys("token");
    let (address, _server) = slave(Security::tls_and_token(&keys, "secret")).await;
    for other in [Security::tls_and_token(&keys, "Secret"), Security::tls(&keys)] {
        let error = dial(&master(other), address).await;
        assert!(matches!(&error, ConnectError::Link(LinkError::Refused { .. })), "{error:?}");
    }
    let master = master(Security::tls_and_token(&keys, "secret"));
    master.connect(address).await.unwrap();
    works(&master).await;
}

#[tokio::test]
async fn a_broken_link_is_made_again() {
    let keys = keys("again");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = |listener: TcpListener| {
        let slave = Slave::builder().security(Security::tls(&keys)).build();
        tokio::spawn(async move { slave.serve_listener(listener).await })
    };
    let server = serve(listener);
    let master = master(Security::tls(&keys));
    master.connect(address).await.unwrap();
    works(&master).await;
    server.abort();
    let _ = server.await;
    let _server = serve(TcpListener::bind(address).await.unwrap());
    let until = Instant::now() + PATIENCE;
    while master.run::<i64>(remote!((lambda (i o) 1))).await.is_err() {
        assert!(Instant::now() < until, "not in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A master breaks the protocol, and then TLS when the slave has ended that.
#[tokio::test]
async fn a_slave_dials_again_whatever_comes_after_its_last_word() {
    let authority = Authority::new();
    let acceptor = authority.issue(MASTER, -1..1).acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slave = Slave::builder().security(Security::tls(authority.keys("last-word"))).build();
    let calling = tokio::spawn({
        let address = listener.local_addr().unwrap();
        async move { slave.connect(address).await }
    });
    for _ in 0..2 {
        let (stream, _) = timeout(PATIENCE, listener.accept()).await.expect("it dials again").unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        // A hello of a master, and a message that only slaves say.
        let hello = b"\0\0\0\x1e\x01\0\0\0\0\0\0\0\0\0dpfw\x01\0\0\0\x04\0\x01\0\x01\x02\0\0\0\x01\x01\xff";
        stream.write_all(hello).await.unwrap();
        stream.write_all(b"\0\0\0\x0b\x16\0\0\0\0\0\0\0\0\x01\xff").await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        let (mut stream, _) = stream.into_inner();
        stream.write_all(b"\x17\x03\x03\0\x04none").await.unwrap();
        stream.shutdown().await.unwrap();
        // A reset would do as well: nobody reads that any more.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    calling.abort();
}

#[tokio::test]
async fn a_slave_that_leaves_says_its_last_words_first() {
    let keys = keys("leave");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slave = Slave::builder().security(Security::tls(&keys)).build();
    let server = tokio::spawn({
        let slave = slave.clone();
        async move { slave.serve_listener(listener).await }
    });
    let master = master(Security::tls(&keys));
    master.connect(address).await.unwrap();
    let (told, mut running) = tokio::sync::mpsc::channel(1);
    let promise = master.make_task(
        remote!((lambda (i o) (write 1 o) (+ (read i) 1))),
        async move |mut i: InputPort, mut o: OutputPort| {
            assert_eq!(i.read::<i64>().await?, 1);
            told.send(()).await?;
            tokio::time::sleep(Duration::from_millis(200)).await;
            o.write(&41).await?;
            Ok(i.read::<i64>().await?)
        },
    );
    running.recv().await.unwrap();
    timeout(PATIENCE, slave.shutdown(PATIENCE)).await.expect("in time");
    server.await.unwrap().unwrap();
    assert_eq!(timeout(PATIENCE, promise).await.expect("in time").unwrap(), 42);
}

#[tokio::test]
async fn tls_is_enough_off_loopback() {
    let keys = keys("far");
    let listener = master(Security::tls(&keys)).listen("0.0.0.0:0").await.unwrap();
    listener.close();
    let both = master(Security::tls_and_token(&keys, "secret")).listen("0.0.0.0:0").await.unwrap();
    both.close();
    let clear = master(Security::token("secret")).listen("0.0.0.0:0").await.unwrap_err();
    assert!(matches!(clear, ConnectError::Security(_)), "{clear}");
}

#[tokio::test]
async fn keys_are_for_their_owner_and_not_overwritten_unasked() {
    use std::os::unix::fs::PermissionsExt;
    let dir = keys("files");
    for file in ["master.key", "slave.key"] {
        assert_eq!(fs::metadata(dir.join(file)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let before = fs::read(dir.join("ca.pem")).unwrap();
    let other = Keys::generate(7).unwrap();
    assert!(matches!(other.write_new(&dir), Err(KeysError::Exists { .. })));
    assert_eq!(fs::read(dir.join("ca.pem")).unwrap(), before);
    other.write_over(&dir).unwrap();
    assert_ne!(fs::read(dir.join("ca.pem")).unwrap(), before);
    master(Security::tls(&dir)).listen("127.0.0.1:0").await.unwrap().close();
    assert!(matches!(Keys::generate(0), Err(KeysError::Days { .. })));
    assert!(!format!("{other:?}").contains("PRIVATE"));
}

/// The supervised program, with keys.
fn supervised(deed: &str, place: SocketAddr, slaves: usize, keys: &Path) -> process::Child {
    process::Command::new(env!("CARGO_BIN_EXE_supervised-program"))
        .args([deed, &place.to_string(), &slaves.to_string()])
        .arg(keys)
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn cube(master: &Master, n: i64) -> (u32, i64) {
    let task = remote! { extern (process-id 0) (cube 1) (lambda (i o) (list (process-id) (cube ,n))) };
    timeout(PATIENCE, master.run(task)).await.expect("in time").unwrap()
}

#[tokio::test]
async fn supervised_slaves_are_behind_tls_and_hold_no_key() {
    let keys = keys("supervised");
    let place = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let program = supervised("serve", place, 2, &keys);
    let master = master(Security::tls(&keys));
    let until = Instant::now() + PATIENCE;
    while let Err(err) = master.connect(place).await {
        assert!(Instant::now() < until, "{err}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    timeout(PATIENCE, master.wait_for_slaves(2)).await.expect("both are linked");
    let (child, cubed) = cube(&master, 3).await;
    assert_eq!(cubed, 27);
    assert_ne!(Some(child), program.id(), "a child evaluates");

    // The next child starts where there are no keys any more.
    for file in ["slave.key", "slave.pem", "ca.pem"] {
        fs::remove_file(keys.join(file)).unwrap();
    }
    let kill = process::Command::new("kill").args(["-KILL", &child.to_string()]).status().await;
    assert!(kill.unwrap().success());
    let until = Instant::now() + PATIENCE;
    while master.slaves().len() < 2 || cube(&master, 2).await.0 == child {
        assert!(Instant::now() < until, "the child is replaced");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn supervised_slaves_dial_under_tls() {
    let keys = keys("supervised-dial");
    let master = master(Security::tls(&keys));
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let mut program = supervised("connect", listener.local_addr(), 2, &keys);
    timeout(PATIENCE, master.wait_for_slaves(2)).await.expect("both dial");
    assert_eq!(cube(&master, 4).await.1, 64);
    master.shutdown().await;
    assert!(timeout(PATIENCE, program.wait()).await.expect("it ends with the master").unwrap().success());
}
