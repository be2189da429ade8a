//! The state machine of a link: the handshake and what may follow it.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    link::{Event, Link, LinkConfig, LinkError},
    security::Token,
    wire::{Failure, Hello, Message, Role},
};

/// Lets a link hear a peer whose bytes come all at once, and the same bytes in pieces.
///
/// Bits of the first byte say which end the link is, whether the peer has introduced itself properly before what
/// `input` says, and whether windows and messages are small. The second byte is the length of the pieces.
///
/// # Panics
///
/// If what the link understands, answers or refuses depends on how the bytes come.
pub fn link(input: &[u8]) {
    let [setting, piece, said @ ..] = input else { return };
    let scene = Scene { setting: *setting };
    let whole = scene.play(said, said.len().max(1));
    let pieces = scene.play(said, usize::from(*piece).max(1));
    assert_eq!(whole, pieces);
}

/// What happened on a link, and what it said.
#[derive(Debug, PartialEq)]
struct Record {
    events: Vec<Event>,
    refused: Option<LinkError>,
    answers: Vec<Bytes>,
}

#[derive(Clone, Copy)]
struct Scene {
    setting: u8,
}

impl Scene {
    fn play(self, said: &[u8], piece: usize) -> Record {
        let now = Instant::now();
        let mut link = Link::new(self.hello(self.role()), self.token(), self.config(), now);
        if self.role() == Role::Master {
            self.ask(&mut link);
        }
        let mut record = Record { events: Vec::new(), refused: None, answers: Vec::new() };
        let mut heard = BytesMut::new();
        if self.has(2) {
            Message::Hello(self.hello(self.role().peer())).put(&mut heard);
        }
        for piece in said.chunks(piece) {
            heard.put_slice(piece);
            link.heard(now);
            if let Err(error) = self.understand(&mut link, &mut heard, &mut record) {
                link.close(&error);
                record.refused = Some(error);
                break;
            }
        }
        record.answers.extend(std::iter::from_fn(|| link.take_output()));
        // How answers are put together for the socket is no matter.
        record.answers = vec![record.answers.concat().into()];
        record
    }

    fn understand(self, link: &mut Link, heard: &mut BytesMut, record: &mut Record) -> Result<(), LinkError> {
        while let Some(event) = link.next_event(heard)? {
            match &event {
                Event::Data { task, chunk } => link.consume(*task, chunk.credit),
                // A slave echoes, and ends what it is told to end.
                Event::Run { task, run } => {
                    link.need_template(*task, run.template);
                    link.write(*task, true, run.values.clone());
                }
                Event::Template { task, text } => link.done(*task, Some(text.clone().into())),
                Event::Cancel { task } => link.done(*task, None),
                Event::Recall { task } => link.failed(*task, Failure::NotStarted),
                Event::NeedTemplate { task, .. } => link.template(*task, Bytes::from_static(b"text")),
                _ => {}
            }
            record.events.push(event);
        }
        Ok(())
    }

    /// Gives a slave something to talk about.
    fn ask(self, link: &mut Link) {
        for no_input in [false, true] {
            let values = Bytes::from_static(b"\x40");
            let run = crate::wire::Run {
                template: [7; 16],
                left_ms: Some(5),
                no_input,
                limits: crate::wire::TaskLimits::default(),
                values_count: 1,
                values: values.into(),
            };
            let task = link.run(run);
            link.write(task, false, Bytes::from_static(b"more than a small window takes"));
        }
    }

    fn has(self, bit: u8) -> bool {
        self.setting & bit != 0
    }

    fn role(self) -> Role {
        if self.has(1) { Role::Master } else { Role::Slave }
    }

    fn hello(self, role: Role) -> Hello {
        let window = if self.has(4) { 16 } else { 1024 };
        Hello::new(role, window, 4, [role as u8; 16])
    }

    fn token(self) -> Option<Token> {
        self.has(32).then(|| Token { secret: Bytes::from_static(b"secret"), challenge: [9; 16] })
    }

    fn config(self) -> LinkConfig {
        let (window, message_max) = if self.has(4) { (16, 64) } else { (1024, 4096) };
        LinkConfig { window, message_max, ..LinkConfig::default() }
    }
}
