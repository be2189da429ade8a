//! The protocol by its bytes: a scripted peer at the other end of a socket, and what becomes of those that lie.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    io::Write,
    net::SocketAddr,
    time::{Duration, Instant},
};

use dpfw::{ConnectError, Limits, LinkConfig, LinkError, Master, Slave, SlaveLost, TaskErrorKind, WireError, remote};
use dpfw_tests::script::{self, Peer, frame, hello};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(10);

/// The core text of `(lambda (i o) (+ (read i) 1))`.
const TEMPLATE: &[u8] = b"(lambda () (lambda (_0 _1) (+ (read _0) 1)))";

/// A run message of the template, without values or deadline.
fn run_payload() -> Vec<u8> {
    script::run(template_name())
}

fn template_name() -> [u8; 16] {
    dpfw_syntax::TemplateHash::of(std::str::from_utf8(TEMPLATE).unwrap()).0
}

async fn slave(link: LinkConfig) -> (SocketAddr, tokio::task::JoinHandle<Result<(), dpfw::SlaveError>>) {
    served(Slave::builder().link(link).build()).await
}

async fn served(slave: Slave) -> (SocketAddr, tokio::task::JoinHandle<Result<(), dpfw::SlaveError>>) {
    let listener = slave.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, tokio::spawn(async move { slave.serve_listener(listener).await }))
}

async fn blocking<T: Send + 'static>(script: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::time::timeout(2 * PATIENCE, tokio::task::spawn_blocking(script)).await.expect("in time").expect("the script")
}

async fn assert_serves(address: SocketAddr) {
    let master = Master::new();
    master.connect(address).await.unwrap();
    assert_eq!(master.run::<i64>(remote!((lambda (i o) (+ 2 3)))).await.unwrap(), 5);
}

#[tokio::test]
async fn a_scripted_master_is_answered_by_the_documented_bytes() {
    let (address, _server) = slave(LinkConfig::default()).await;
    blocking(move || {
        let mut peer = Peer::connect(address);
        peer.introduce_as_master();
        peer.say(16, 0, 1, &run_payload());
        assert_eq!(peer.hear(), Some((17, 0, 1, template_name().to_vec())), "need-template");
        peer.say(18, 0, 1, TEMPLATE);
        // 41 as an encoded value; the small integers have a tag of their own.
        peer.say(19, 2, 1, &[0x40 + 41]);
        assert_eq!(peer.hear(), Some((22, 2, 1, vec![0x40 + 42])), "done");
        // Warm, and the data as text.
        peer.say(16, 0, 2, &run_payload());
        peer.say(19, 0, 2, b" 1");
        peer.say(19, 0, 2, b"4 ");
        assert_eq!(peer.hear(), Some((22, 2, 2, vec![0x40 + 15])), "done");
        // Raised: code 1.
        peer.say(16, 0, 3, &run_payload());
        peer.say(20, 0, 3, &[]);
        let (kind, _, task, payload) = peer.hear().unwrap();
        assert_eq!((kind, task, payload[0]), (23, 3, 1));
        // Cancelled while it reads: code 3.
        peer.say(16, 0, 4, &run_payload());
        peer.say(24, 0, 4, &[]);
        assert_eq!(peer.hear(), Some((23, 0, 4, vec![3])));
        // A heartbeat.
        peer.say(2, 0, 0, b"8 bytes.");
        assert_eq!(peer.hear(), Some((3, 0, 0, b"8 bytes.".to_vec())));
    })
    .await;
}

#[tokio::test]
async fn frames_may_come_a_byte_at_a_time() {
    let (address, _server) = slave(LinkConfig::default()).await;
    blocking(move || {
        let mut peer = Peer::connect(address);
        peer.introduce_as_master();
        let mut bytes = frame(16, 0, 1, &run_payload());
        bytes.extend(frame(19, 2, 1, &[0x41]));
        for byte in bytes {
            peer.0.write_all(&[byte]).unwrap();
        }
        assert_eq!(peer.hear().map(|(kind, ..)| kind), Some(17));
        peer.say(18, 0, 1, TEMPLATE);
        assert_eq!(peer.hear(), Some((22, 2, 1, vec![0x42])));
    })
    .await;
}

#[tokio::test]
async fn text_that_is_not_core_is_rejected_with_its_place() {
    let (address, _server) = slave(LinkConfig::default()).await;
    blocking(move || {
        let mut peer = Peer::connect(address);
        peer.introduce_as_master();
        let hostile = "(lambda () (lambda (_0 _1) (command \"sh\")))";
        let name = dpfw_syntax::TemplateHash::of(hostile).0;
        peer.say(16, 0, 1, &script::run(name));
        peer.hear().unwrap();
        peer.say(18, 0, 1, hostile.as_bytes());
        let (kind, _, _, payload) = peer.hear().unwrap();
        assert_eq!((kind, payload[0]), (23, 2));
        assert!(String::from_utf8_lossy(&payload[5..]).contains("command"), "{payload:?}");
        // Another text than the one that was asked for ends the link.
        peer.say(16, 0, 2, &run_payload());
        peer.hear().unwrap();
        peer.say(18, 0, 2, hostile.as_bytes());
        assert_eq!(peer.hear().map(|(kind, ..)| kind), Some(4), "goodbye");
        assert_eq!(peer.hear(), None);
    })
    .await;
    assert_serves(address).await;
}

#[tokio::test]
async fn strangers_cost_a_slave_nothing_but_their_own_link() {
    let mut link = LinkConfig::default();
    link.handshake_max = Duration::from_millis(300);
    let (address, _server) = slave(link).await;
    let master = Master::new();
    master.connect(address).await.unwrap();
    let begun = master.make_task::<i64, _, _>(remote!((lambda (i o) (read i))), async |mut i, mut o| {
        tokio::time::sleep(Duration::from_millis(600)).await;
        o.write(&9).await?;
        Ok(i.read().await?)
    });
    blocking(move || {
        let silent = Peer::connect(address);
        for garbage in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[0xff; 64],
            &[0; 64],
            &frame(1, 0, 0, b"nonsense"),
            &frame(99, 0, 0, b""),
            &frame(16, 0, 1, &run_payload()),
            &frame(1, 0, 0, &hello(1, 1, 1))[..20],
            b"",
        ] {
            let mut peer = Peer::connect(address);
            // The slave may have hung up already.
            let _ = peer.0.write_all(garbage);
            let began = Instant::now();
            while peer.hear().is_some() {}
            assert!(began.elapsed() < Duration::from_secs(5), "{garbage:?} was tolerated");
        }
        let mut silent = silent;
        assert_eq!(silent.hear(), None);
        // After a good hello.
        for bad in [
            frame(22, 0, 1, b""),
            frame(16, 0, 1, b"short"),
            frame(19, 0, 7, b"to nobody"),
            frame(1, 0, 0, &hello(1, 1, 1)),
            vec![0xff; 32],
        ] {
            let mut peer = Peer::connect(address);
            peer.introduce_as_master();
            peer.0.write_all(&bad).unwrap();
            assert_eq!(peer.hear().map(|(kind, ..)| kind), Some(4), "goodbye to {bad:?}");
            assert_eq!(peer.hear(), None);
        }
    })
    .await;
    assert_eq!(begun.await.unwrap(), 9);
    assert_serves(address).await;
}

#[tokio::test]
async fn a_hello_of_parts_without_end_is_not_kept() {
    let (address, _server) = slave(LinkConfig::default()).await;
    let sent = blocking(move || {
        let mut peer = Peer::connect(address);
        let part = frame(1, 1, 0, &[7; 60_000]);
        // What the sockets hold besides is no concern of the slave's.
        (0..1_000).take_while(|_| peer.0.write_all(&part).is_ok()).count()
    })
    .await;
    assert!(sent < 1_000, "the slave heard them all");
    assert_serves(address).await;
}

#[tokio::test]
async fn a_master_that_does_not_read_is_given_up_whatever_it_says() {
    let mut link = LinkConfig::default();
    (link.heartbeat, link.silence_max) = (Duration::from_millis(100), Duration::from_millis(400));
    let (address, _server) = slave(link).await;
    let endless = "(lambda () (lambda (_0 _1) ((lambda (_2) (begin (%set-box! _2 (lambda () (begin (write 'again _1) \
                   ((%unbox _2))))) ((%unbox _2)))) (%box #f))))";
    let began = Instant::now();
    blocking(move || {
        let mut peer = Peer::connect(address);
        // A window that no task fills.
        let mut greeting = hello(1, 1, 1);
        greeting.extend([4, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff]);
        peer.say(1, 0, 0, &greeting);
        peer.hear().expect("a hello");
        peer.say(16, 4, 1, &script::run(dpfw_syntax::TemplateHash::of(endless).0));
        assert_eq!(peer.hear().map(|(kind, ..)| kind), Some(17), "need-template");
        peer.say(18, 0, 1, endless.as_bytes());
        while peer.0.write_all(&frame(2, 0, 0, &[0; 8])).is_ok() {
            assert!(began.elapsed() < PATIENCE, "the slave bears with it");
            std::thread::sleep(Duration::from_millis(50));
        }
    })
    .await;
    // Not for the pings, of which far fewer came than may wait.
    assert!(began.elapsed() > Duration::from_millis(400));
    assert_serves(address).await;
}

#[tokio::test]
async fn a_master_that_lets_itself_be_refused_and_does_not_read_is_given_up() {
    let (address, _server) = slave(LinkConfig::default()).await;
    blocking(move || {
        let mut peer = Peer::connect(address);
        peer.introduce_as_master();
        let busy = "(lambda () (lambda (_0 _1) (read _0)))";
        peer.say(16, 0, 1, &script::run(dpfw_syntax::TemplateHash::of(busy).0));
        assert_eq!(peer.hear().map(|(kind, ..)| kind), Some(17), "need-template");
        peer.say(18, 0, 1, busy.as_bytes());
        let run = script::run(dpfw_syntax::TemplateHash::of(busy).0);
        // Each is called back before it has its turn: the first one holds the slave.
        let began = Instant::now();
        let mut said =
            (2..).map(|task| peer.0.write_all(&[frame(16, 0, task, &run), frame(26, 0, task, &[])].concat()));
        let count = said.by_ref().take_while(Result::is_ok).count();
        assert!(count > 64 * 1024, "{count}");
        // Long before it is given up because its socket takes nothing.
        assert!(began.elapsed() < LinkConfig::default().silence_max, "{:?}", began.elapsed());
    })
    .await;
    assert_serves(address).await;
}

#[tokio::test]
async fn another_version_is_told_both() {
    let (address, _server) = slave(LinkConfig::default()).await;
    blocking(move || {
        let mut peer = Peer::connect(address);
        peer.say(1, 0, 0, &hello(7, 9, 1));
        let (kind, _, _, payload) = peer.hear().expect("a goodbye");
        assert_eq!((kind, payload[0]), (4, 3));
        let words = String::from_utf8(payload[1..].to_vec()).unwrap();
        assert!(words.contains("1 to 1") && words.contains("7 to 9"), "{words}");
    })
    .await;
}

/// A slave that introduces itself to whoever dials, is played by `script`, and then listens to the end; gives its address.
async fn played_slave(script: impl FnOnce(&mut Peer) + Send + 'static) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let played = tokio::task::spawn_blocking(move || {
        let listener = listener.into_std().unwrap();
        listener.set_nonblocking(false).unwrap();
        let mut peer = Peer::new(listener.accept().unwrap().0);
        peer.introduce_as_slave();
        script(&mut peer);
        while peer.hear().is_some() {}
    });
    (address, played)
}

/// A master whose only slave is played by `script` after the introduction; gives how its task ended.
async fn lied_to_by(script: impl FnOnce(&mut Peer) + Send + 'static) -> SlaveLost {
    let (address, liar) = played_slave(|peer| {
        let (kind, flags, task, _) = peer.hear().expect("a run");
        assert_eq!((kind, flags & 4, task), (16, 4, 1), "a run without input");
        script(peer);
    })
    .await;
    let master = Master::new();
    master.connect(address).await.unwrap();
    let promise = master.run::<i64>(remote!((lambda (i o) 1)));
    let error = tokio::time::timeout(PATIENCE, promise).await.expect("in time").unwrap_err();
    liar.await.unwrap();
    match error.into_kind() {
        TaskErrorKind::SlaveLost(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_slave_that_lies_loses_its_link() {
    let wire = |why: SlaveLost| match why {
        SlaveLost::Link(LinkError::Wire(why)) => why,
        other => panic!("{other:?}"),
    };
    let why = wire(lied_to_by(|peer| peer.say(22, 0, 5, b"")).await);
    assert!(matches!(why, WireError::Unexpected { message: "done", .. }), "{why:?}");
    let why = wire(lied_to_by(|peer| peer.say(22, 2, 1, b"\xff\xff\xff")).await);
    assert!(matches!(why, WireError::Malformed { message: "done", .. }), "{why:?}");
    let why = wire(lied_to_by(|peer| peer.say(17, 0, 1, &[9; 16])).await);
    assert!(matches!(why, WireError::Malformed { message: "need-template", .. }), "{why:?}");
    let why = wire(lied_to_by(|peer| peer.say(16, 0, 9, &run_payload())).await);
    assert!(matches!(why, WireError::Unexpected { message: "run", .. }), "{why:?}");
    let why = lied_to_by(|peer| peer.0.shutdown(std::net::Shutdown::Both).unwrap()).await;
    assert_eq!(why, SlaveLost::Link(LinkError::Closed));
}

#[tokio::test]
async fn a_slave_that_does_not_read_is_given_up_whatever_it_says() {
    let (address, deaf) = played_slave(|peer| {
        let began = Instant::now();
        while peer.0.write_all(&frame(2, 0, 0, &[0; 8])).is_ok() {
            assert!(began.elapsed() < PATIENCE, "the master bears with it");
            std::thread::sleep(Duration::from_millis(50));
        }
    })
    .await;
    let mut link = LinkConfig::default();
    (link.heartbeat, link.silence_max) = (Duration::from_millis(100), Duration::from_millis(400));
    let master = Master::builder().link(link).build();
    master.connect(address).await.unwrap();
    // More than the sockets on the way hold.
    let bytes = dpfw::Value::Bytes(vec![0; 64 << 20].into());
    let began = Instant::now();
    let promise = master.run::<i64>(remote!((lambda (i o) (bytevector-length ,bytes))));
    let error = tokio::time::timeout(PATIENCE, promise).await.expect("in time").unwrap_err();
    let TaskErrorKind::SlaveLost(SlaveLost::Link(LinkError::PeerDoesNotRead { limit })) = error.into_kind() else {
        panic!("another error")
    };
    assert!(limit > 1 << 20, "{limit}");
    assert!(began.elapsed() > Duration::from_millis(400));
    deaf.await.unwrap();
}

#[tokio::test]
async fn a_slave_that_sends_more_than_a_window_loses_its_link() {
    let (address, liar) = played_slave(|peer| {
        peer.hear().expect("a run");
        let mut chunks = (0..40).map(|_| peer.0.write_all(&frame(19, 0, 1, &vec![b'x'; 60_000])));
        while chunks.next().is_some_and(|written| written.is_ok()) {}
    })
    .await;
    let master = Master::new();
    master.connect(address).await.unwrap();
    // Nobody reads for a while, and nothing is thrown away.
    let late = async |mut input: dpfw::InputPort, _output: dpfw::OutputPort| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        while input.read_char().await?.is_some() {}
        Ok(0)
    };
    let promise = master.make_task::<i64, _, _>(remote!((lambda (i o) 1)), late);
    let error = tokio::time::timeout(PATIENCE, promise).await.expect("in time").unwrap_err();
    liar.await.unwrap();
    let TaskErrorKind::SlaveLost(why) = error.into_kind() else { panic!("not lost") };
    assert_eq!(why, SlaveLost::Link(LinkError::WindowExceeded));
}

#[tokio::test]
async fn what_is_no_slave_does_not_become_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let other = Master::new();
    let listening = other.listen_on(listener).unwrap();
    // Two masters.
    let error = Master::new().connect(address).await.unwrap_err();
    assert!(matches!(error, ConnectError::Link(LinkError::SameRole { .. } | LinkError::Refused { .. })), "{error:?}");
    assert_eq!(other.slaves(), []);
    listening.close();
    // Nobody.
    let error = Master::new().connect(address).await.unwrap_err();
    assert!(matches!(error, ConnectError::Io(_)), "{error:?}");
    // `main` prints what is for people.
    let said = format!("{error:?}");
    assert!(said.starts_with(&format!("cannot connect to {address}: ")), "{said}");
    let error = Slave::new().connect(address).await.unwrap_err();
    let said = format!("{error:?}");
    assert!(said.starts_with(&format!("cannot connect to {address}: ")), "{said}");
}

#[tokio::test]
async fn a_slave_that_dials_no_master_says_so() {
    // Accepts and closes.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let dials = tokio::spawn(async move {
        let mut dials = 0;
        while let Ok(Ok((stream, _))) = tokio::time::timeout(Duration::from_secs(1), listener.accept()).await {
            drop(stream);
            dials += 1;
        }
        dials
    });
    let error = Slave::new().connect(address).await.unwrap_err();
    assert!(matches!(&error, dpfw::SlaveError::Link(LinkError::NoMaster { .. })), "{error:?}");
    assert_eq!(dials.await.unwrap(), 1);

    // Another slave: both wait for the other's first word.
    let mut link = LinkConfig::default();
    link.handshake_max = Duration::from_millis(300);
    let (address, _server) = slave(LinkConfig::default()).await;
    let error = Slave::builder().link(link).build().connect(address).await.unwrap_err();
    assert!(matches!(&error, dpfw::SlaveError::Link(LinkError::NoMaster { .. })), "{error:?}");

    // Something else altogether, from either side.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = Slave::new().connect(address).await.unwrap_err();
    assert!(error.to_string().contains("does not speak dpfw"), "{error}");
    let error = Master::new().connect(address).await.unwrap_err();
    assert!(matches!(error, ConnectError::Link(LinkError::Wire(WireError::NotDpfw))), "{error}");
}

#[tokio::test]
async fn a_failure_with_malformed_values_ends_the_link_and_its_tasks() {
    let master = Master::new();
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr();
    let liar = tokio::task::spawn_blocking(move || {
        let mut peer = Peer::connect(address);
        peer.introduce_as_slave();
        let (kind, _, task, _) = peer.hear().expect("a run");
        assert_eq!(kind, 16);
        // Raised, no offset, no backtrace, a message, and a byte that begins no value.
        peer.say(23, 0, task, b"\x01\xff\xff\xff\xff\0\0\0\0\0\x01x\xff");
        peer.hear()
    });
    master.wait_for_slaves(1).await;
    let outcome = tokio::time::timeout(PATIENCE, master.run::<i64>(remote!((lambda (i o) 1)))).await.expect("in time");
    assert!(outcome.unwrap_err().is_slave_lost());
    liar.await.unwrap();
}

#[tokio::test]
async fn a_master_that_was_shut_down_listens_no_more() {
    let master = Master::new();
    master.shutdown().await;
    assert!(matches!(master.listen("127.0.0.1:0").await, Err(ConnectError::Link(LinkError::Shutdown))));
}

#[tokio::test]
async fn a_slave_asks_again_for_a_template_that_another_link_brought_first_and_that_is_gone() {
    let limits = Limits { templates: 1, ..Limits::default() };
    let (address, _server) = served(Slave::builder().limits(limits).build()).await;
    blocking(move || {
        let other = b"(lambda () (lambda (_0 _1) 7))";
        let (run, need) = (run_payload(), Some((17, 0, 1, template_name().to_vec())));
        let (mut first, mut second) = (Peer::connect(address), Peer::connect(address));
        for peer in [&mut first, &mut second] {
            peer.introduce_as_master();
            peer.say(16, 0, 1, &run);
            assert_eq!(peer.hear(), need);
            peer.say(19, 2, 1, &[0x40 + 1]);
        }
        // The first brings it, and both tasks run; then the second does, and is not heard.
        first.say(18, 0, 1, TEMPLATE);
        assert_eq!(first.hear().map(|(kind, ..)| kind), Some(22), "done");
        assert_eq!(second.hear().map(|(kind, ..)| kind), Some(22), "done");
        second.say(18, 0, 1, TEMPLATE);
        // Another one takes its place.
        first.say(16, 0, 2, &script::run(dpfw_syntax::TemplateHash::of(std::str::from_utf8(other).unwrap()).0));
        assert_eq!(first.hear().map(|(kind, ..)| kind), Some(17), "need-template");
        first.say(18, 0, 2, other);
        assert_eq!(first.hear().map(|(kind, ..)| kind), Some(22), "done");
        second.say(16, 0, 2, &run);
        assert_eq!(second.hear(), Some((17, 0, 2, template_name().to_vec())));
        second.say(18, 0, 2, TEMPLATE);
        second.say(19, 2, 2, &[0x40 + 1]);
        assert_eq!(second.hear(), Some((22, 2, 2, vec![0x40 + 2])), "done");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn masters_with_more_templates_than_a_slave_keeps_are_all_served() {
    let limits = Limits { templates: 2, ..Limits::default() };
    let (address, _server) = served(Slave::builder().limits(limits).build()).await;
    let masters = (0..6).map(|n| async move {
        let master = Master::new();
        master.connect(address).await.unwrap();
        let tasks = (0..200).map(|_| {
            // Each has a text of its own: as many additions.
            let sum = (0..=n).fold("0".to_owned(), |sum, _| format!("(+ 1 {sum})"));
            master.run::<i64>(dpfw::Task::parse(&format!("(lambda (i o) {sum})")).unwrap())
        });
        for value in futures::future::join_all(tasks).await {
            assert_eq!(value.unwrap(), n + 1);
        }
    });
    tokio::time::timeout(2 * PATIENCE, futures::future::join_all(masters)).await.expect("in time");
}

#[tokio::test]
async fn data_that_hold_nothing_end_the_link() {
    let (address, _server) = slave(LinkConfig::default()).await;
    blocking(move || {
        for flags in [0, 1, 2, 3] {
            let mut peer = Peer::connect(address);
            peer.introduce_as_master();
            peer.say(16, 0, 1, &run_payload());
            assert_eq!(peer.hear().map(|(kind, ..)| kind), Some(17), "need-template");
            peer.say(19, flags, 1, &[]);
            assert_eq!(peer.hear().map(|(kind, ..)| kind), Some(4), "goodbye, flags {flags}");
        }
    })
    .await;
    assert_serves(address).await;
}

/// The core text of `(lambda (i o) (make-bytevector 30000000 7))`.
const LARGE: &str = "(lambda () (lambda (_0 _1) (make-bytevector 30000000 7)))";

/// Runs [`LARGE`] as task `task`; gives the kind of frame in which the answer begins.
fn ask_for_much(peer: &mut Peer, task: u64) -> (u8, Vec<u8>) {
    peer.say(16, 0, task, &script::run(dpfw_syntax::TemplateHash::of(LARGE).0));
    let mut answer = peer.hear().unwrap();
    if answer.0 == 17 {
        peer.say(18, 0, task, LARGE.as_bytes());
        answer = peer.hear().unwrap();
    }
    assert_eq!(answer.2, task);
    (answer.0, answer.3)
}

#[tokio::test]
async fn masters_that_take_no_more_of_their_answers_make_room_for_others() {
    // Of 40 MiB of answers.
    let limits = Limits { memory_bytes: Some(80 * 1024 * 1024), ..Limits::default() };
    let (address, _server) = served(Slave::builder().limits(limits).build()).await;
    blocking(move || {
        let hoarders: Vec<_> = (0..2)
            .map(|_| {
                let mut hoarder = Peer::connect(address);
                hoarder.introduce_as_master();
                assert_eq!(ask_for_much(&mut hoarder, 1).0, 19, "data");
                // It gives signs of life, and no credit for more than its first window.
                let heard = std::thread::spawn(move || while hoarder.hear().is_some() {});
                // The answer of one must wait before the next is asked for.
                std::thread::sleep(Duration::from_millis(100));
                heard
            })
            .collect();
        let ask = || {
            let mut peer = Peer::connect(address);
            peer.introduce_as_master();
            ask_for_much(&mut peer, 1)
        };
        let (kind, failure) = ask();
        assert_eq!((kind, failure[0]), (23, 5), "failed, with a limit");
        let text = String::from_utf8_lossy(&failure);
        assert!(text.contains("bytes of answers that masters have not read"), "{text}");
        std::thread::sleep(Duration::from_secs(7));
        assert_eq!(ask().0, 19, "data");
        assert!(hoarders.iter().any(std::thread::JoinHandle::is_finished), "one was given up");
    })
    .await;
    assert_serves(address).await;
}

#[tokio::test]
async fn a_stranger_who_talks_on_is_given_up() {
    let (address, _server) = slave(LinkConfig::default()).await;
    // A hello in parts without end, and farewells.
    for (flood, text) in [(frame(1, 1, 0, b""), "holds nothing"), (frame(4, 0, 0, &[9]), "handshake takes")] {
        blocking(move || {
            let mut peer = Peer::connect(address);
            // It may be given up while it talks.
            let _ = peer.0.write_all(&flood.repeat(100));
            let (kind, _, _, reason) = peer.hear().unwrap();
            assert_eq!(kind, 4, "goodbye");
            assert!(String::from_utf8_lossy(&reason).contains(text), "{reason:?}");
            assert_eq!(peer.hear(), None);
        })
        .await;
    }
    assert_serves(address).await;
}

#[tokio::test]
async fn a_master_that_says_goodbye_and_leaves_answers_unread_has_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slave = tokio::spawn(async move { Slave::builder().build().connect(address).await });
    let (stream, _) = listener.accept().await.unwrap();
    let stream = stream.into_std().unwrap();
    blocking(move || {
        let mut peer = Peer::new(stream);
        peer.introduce_as_master();
        assert_eq!(ask_for_much(&mut peer, 1).0, 19, "data");
        peer.say(4, 0, 0, &[1]);
        // What was not read makes the system reset the connection.
    })
    .await;
    slave.await.unwrap().expect("its master has left");
}

#[tokio::test]
async fn a_log_without_end_ends_the_link() {
    let lost = lied_to_by(|peer| {
        for _ in 0..40 {
            peer.say(25, 1, 1, &vec![b'\n'; 60_000]);
        }
    })
    .await;
    assert!(matches!(lost, SlaveLost::Link(LinkError::Wire(WireError::MessageTooLong { .. }))), "{lost:?}");
}
