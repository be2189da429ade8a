//! Ways out of the task language, tried with one layer after another out of the way.
//!
//! | layer | what it is shown to stop | where |
//! |---|---|---|
//! | front end | the programs | here |
//! | admission | core text by hand, past the front end | here, over the wire |
//! | engine | the same with admission off | `dpfw/src/engine/tests/escapes.rs` |
//! | operating system | a native of the slave's own that tries, as if it had been taken over | `supervised.rs` |
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{net::SocketAddr, path::Path};

use dpfw::{Slave, Task};
use dpfw_tests::script::{self, Peer};
use tokio::net::TcpListener;

/// The ways, by what they are, as bodies of tasks in core.
fn escapes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let text = include_str!("../dpfw/src/engine/tests/escapes.scm");
    let mut lines = text.lines().skip_while(|line| !line.is_empty()).skip(1);
    std::iter::from_fn(move || Some((lines.next()?.strip_prefix(";; ").expect("a name"), lines.next()?)))
}

/// What the promise names.
const KINDS: [&str; 11] = [
    "files",
    "processes",
    "environment",
    "network",
    "threads",
    "clock",
    "libraries",
    "eval",
    "engine",
    "redefinition",
    "other tasks",
];

#[test]
fn every_kind_of_way_is_tried() {
    for kind in KINDS {
        let count = escapes().filter(|(what, _)| what.starts_with(kind)).count();
        assert!(count >= 2, "{count} of {kind}");
    }
}

#[test]
fn the_front_end_refuses_every_way_out() {
    for (what, body) in escapes() {
        // As a program spells it: core's locals are no names there.
        let body = body.replace("_0", "i").replace("_1", "o");
        let program = format!("(lambda (i o) {body})");
        assert!(Task::parse(&program).is_err(), "{what}: {program}");
    }
}

#[tokio::test]
async fn a_slave_admits_no_way_out_past_the_front_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { Slave::new().serve_listener(listener).await });
    tokio::task::spawn_blocking(move || send_each(address)).await.unwrap();
    assert!(!Path::new("/tmp/dpfw-was-here").exists());
}

/// Sends each way as a template of one master, and between them what is none.
fn send_each(address: SocketAddr) {
    let mut peer = Peer::connect(address);
    peer.introduce_as_master();
    for (number, (what, body)) in (1..).step_by(2).zip(escapes()) {
        let (kind, failure) = answer(&mut peer, number, &format!("(lambda () (lambda (_0 _1) {body}))"));
        // Failed, by a refusal with its place: the engine's own come without.
        assert_eq!((kind, failure.first()), (23, Some(&2)), "{what}: {}", String::from_utf8_lossy(&failure));
        assert_ne!(failure[1..5], [0xff; 4], "{what} was admitted, and refused by the engine");
        let (kind, five) = answer(&mut peer, number + 1, &format!("(lambda () (lambda (_0 _1) (+ 0 {number})))"));
        assert_eq!(kind, 22, "after {what}: {five:?}");
    }
}

/// Kind and payload of what a slave says to a task that it is given.
fn answer(peer: &mut Peer, number: u64, text: &str) -> (u8, Vec<u8>) {
    peer.say(16, 4, number, &script::run(dpfw_syntax::TemplateHash::of(text).0));
    assert_eq!(peer.hear().map(|(kind, ..)| kind), Some(17), "need-template");
    peer.say(18, 0, number, text.as_bytes());
    let (kind, _, task, payload) = peer.hear().expect("an answer");
    assert_eq!(task, number);
    (kind, payload)
}
