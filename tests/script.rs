//! A peer that says what a test says, byte by byte. Where its script does not come true it panics, and its test fails.
#![allow(clippy::unwrap_used, reason = "a script that fails fails its test")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long a script waits for what the other side is to say.
const PATIENCE: Duration = Duration::from_secs(10);

/// A peer that says what the test says.
#[derive(Debug)]
pub struct Peer(pub TcpStream);

impl Peer {
    /// Dials `address`.
    pub fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).unwrap())
    }

    /// The peer at this end of `stream`.
    pub fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nonblocking(false).unwrap();
        Self(stream)
    }

    /// Sends a frame.
    pub fn say(&mut self, kind: u8, flags: u8, task: u64, payload: &[u8]) {
        self.0.write_all(&frame(kind, flags, task, payload)).unwrap();
    }

    /// Kind, flags, task and payload of the next frame that is no heartbeat; `None` at the end.
    pub fn hear(&mut self) -> Option<(u8, u8, u64, Vec<u8>)> {
        loop {
            let mut length = [0; 4];
            self.0.read_exact(&mut length).ok()?;
            let mut body = vec![0; u32::from_be_bytes(length) as usize];
            self.0.read_exact(&mut body).ok()?;
            assert_eq!(body.pop(), Some(0xff), "the mark at the end");
            if body[0] == 2 {
                let nonce = body[10..].to_vec();
                self.say(3, 0, 0, &nonce);
                continue;
            }
            let task = u64::from_be_bytes(body[2..10].try_into().unwrap());
            return Some((body[0], body[1], task, body[10..].to_vec()));
        }
    }

    /// Shakes hands as a master does.
    pub fn introduce_as_master(&mut self) {
        self.say(1, 0, 0, &hello(1, 1, 1));
        let (kind, _, task, payload) = self.hear().expect("a hello");
        assert_eq!((kind, task), (1, 0));
        assert!(payload.starts_with(b"dpfw\x01\0\0\0\x04\0\x01\0\x01\x02\0\0\0\x01\x02"), "{payload:?}");
    }

    /// Shakes hands as a slave does.
    pub fn introduce_as_slave(&mut self) {
        let (kind, _, task, payload) = self.hear().expect("a hello");
        assert_eq!((kind, task), (1, 0));
        assert!(payload.starts_with(b"dpfw\x01\0\0\0\x04\0\x01\0\x01\x02\0\0\0\x01\x01"), "{payload:?}");
        self.say(1, 0, 0, &hello(1, 1, 2));
    }
}

/// The bytes of a frame.
pub fn frame(kind: u8, flags: u8, task: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len() + 11).unwrap().to_be_bytes().to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(task.to_be_bytes());
    bytes.extend(payload);
    // Where the frame ends.
    bytes.push(if kind == 5 { 0xfe } else { 0xff });
    bytes
}

/// A hello of the versions from `min` to `max`; the role is 1 for masters and 2 for slaves.
pub fn hello(min: u16, max: u16, role: u8) -> Vec<u8> {
    let mut bytes = b"dpfw".to_vec();
    for (tag, field) in [
        (1, [min.to_be_bytes(), max.to_be_bytes()].concat()),
        (2, vec![role]),
        (3, b"scripted".to_vec()),
        (4, 1_000_000_u32.to_be_bytes().to_vec()),
        (5, 16_u32.to_be_bytes().to_vec()),
        (200, b"a field from the future".to_vec()),
    ] {
        bytes.push(tag);
        bytes.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
        bytes.extend(field);
    }
    bytes
}

/// What asks a slave to run the template of this name, without values or deadline.
pub fn run(template: [u8; 16]) -> Vec<u8> {
    [&template[..], &[0; 12]].concat()
}
