//! Bytes to messages and back: the handshake, messages in parts, and the heartbeat.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::{LinkConfig, LinkError, outbox::Outbox};
use crate::{
    security::{self, Token},
    wire::{Challenge, Flags, Frame, FrameKind, GoodbyeReason, Hello, Message, Proof, Role, TaskId, WireError},
};

/// Bytes of answers to pings and the like that may wait for a peer that does not read.
const CONTROL_MAX: usize = 64 * 1024;

/// The longest hello: what a stranger can make this side keep. Slaves name their natives in it.
const HELLO_MAX: usize = 256 * 1024;

/// The longest text of a log message.
const LOG_MAX: usize = 1024 * 1024;

/// Frames that a handshake may take: a hello in parts, a proof, and the like.
const HANDSHAKE_FRAMES_MAX: u32 = 64;

/// What a message may hold besides values, and a template's text in place of them.
const AROUND_VALUES_MAX: usize = 16 * 1024 * 1024;

/// The part of a link that does not know about tasks.
#[derive(Debug)]
pub(super) struct Connection {
    config: LinkConfig,
    local: Hello,
    token: Option<Token>,
    peer: Option<Hello>,
    /// What a master was challenged with, and what a slave has challenged its master with, who said this hello.
    challenged: Option<(Challenge, Option<Hello>)>,
    partial: Option<Partial>,
    /// Frames that came before the peer was let in.
    strange_frames: u32,
    outbox: Outbox,
    opened: Instant,
    heard: Instant,
    asked: bool,
    /// Since when the peer takes nothing more of what there is to write, if it does not.
    blocked: Option<Instant>,
}

/// A message of which some parts have come.
#[derive(Debug)]
struct Partial {
    kind: FrameKind,
    task: TaskId,
    payload: BytesMut,
}

/// What a stranger may say.
fn may_come_before_hello(kind: FrameKind) -> bool {
    use FrameKind::{Challenge, Died, Goodbye, Hello, Proof};
    matches!(kind, Hello | Goodbye | Died | Challenge | Proof)
}

impl Connection {
    /// A connection just opened, on which both ends must know `token`, if there is one. A master's hello is in its outbox; a
    /// slave says its own when it has accepted that, so that a master which hears it knows that it is let in.
    pub(super) fn new(local: Hello, token: Option<Token>, config: LinkConfig, now: Instant) -> Self {
        let mut connection = Self {
            config,
            local,
            token,
            peer: None,
            challenged: None,
            partial: None,
            strange_frames: 0,
            outbox: Outbox::default(),
            opened: now,
            heard: now,
            asked: false,
            blocked: None,
        };
        if connection.local.role == Role::Master {
            connection.local.challenge = connection.token.as_ref().map(|token| token.challenge);
            connection.greet();
        }
        connection
    }

    fn greet(&mut self) {
        self.outbox.push(&Message::Hello(self.local.clone()));
    }

    pub(super) fn config(&self) -> &LinkConfig {
        &self.config
    }

    pub(super) fn role(&self) -> Role {
        self.local.role
    }

    pub(super) fn peer(&self) -> Option<&Hello> {
        self.peer.as_ref()
    }

    pub(super) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// Notes that bytes have come.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.asked = false;
    }

    /// Notes that the peer takes no more for now, and whether that `is_old`: nothing was written since it was noted last.
    pub(super) fn blocked(&mut self, is_old: bool, now: Instant) {
        if self.blocked.is_none() || !is_old {
            self.blocked = Some(now);
        }
    }

    /// Notes that everything has been written.
    pub(super) fn unblocked(&mut self) {
        self.blocked = None;
    }

    /// The next message in `input`, after the handshake and heartbeat have been seen to. The peer's hello is given once,
    /// too.
    pub(super) fn receive(&mut self, input: &mut BytesMut) -> Result<Option<Message>, LinkError> {
        while let Some(frame) = self.frame(input)? {
            self.count_strange(frame.kind)?;
            let Some(frame) = self.assemble(frame)? else {
                continue;
            };
            if self.peer.is_none() && !may_come_before_hello(frame.kind) {
                return Err(WireError::unexpected(frame.kind, "before the hello").into());
            }
            match Message::decode(frame)? {
                Message::Ping(nonce) => {
                    if self.outbox.control_len() > CONTROL_MAX {
                        return Err(LinkError::PeerDoesNotRead { limit: CONTROL_MAX });
                    }
                    self.outbox.push_control(&Message::Pong(nonce));
                }
                Message::Pong(_) => {}
                Message::Hello(hello) => {
                    self.check_hello(&hello)?;
                    if let Some(hello) = self.identify(hello)? {
                        return Ok(Some(self.accept(hello)));
                    }
                }
                Message::Challenge(challenge) => self.answer(challenge)?,
                Message::Proof(proof) => {
                    let hello = self.take_proof(&proof)?;
                    return Ok(Some(self.accept(hello)));
                }
                message => return Ok(Some(message)),
            }
        }
        Ok(None)
    }

    /// The next frame. What does not begin with one is no dpfw at all, such as a web server, or is hidden by TLS.
    fn frame(&self, input: &mut BytesMut) -> Result<Option<Frame>, WireError> {
        // A record of a handshake, or the alert that answers what was no TLS. As a frame it would be too long. Looked at
        // before anything is taken off: what follows a frame that is wrong says nothing.
        let is_tls = input.starts_with(&[0x16, 3]) || input.starts_with(&[0x15, 3]);
        Frame::decode(input).map_err(|err| match &self.peer {
            Some(_) => err,
            None if is_tls => WireError::Tls,
            None => WireError::NotDpfw,
        })
    }

    /// Gives up a stranger who says more than a handshake takes: what he says costs time, and says nothing.
    fn count_strange(&mut self, kind: FrameKind) -> Result<(), LinkError> {
        if self.peer.is_some() {
            return Ok(());
        }
        self.strange_frames += 1;
        if self.strange_frames > HANDSHAKE_FRAMES_MAX {
            return Err(WireError::unexpected(kind, "after all that a handshake takes").into());
        }
        Ok(())
    }

    /// Puts the parts of a message together. Parts of data pass singly: their dialogue bounds them.
    fn assemble(&mut self, frame: Frame) -> Result<Option<Frame>, LinkError> {
        if frame.kind == FrameKind::Data {
            return Ok(Some(frame));
        }
        let more = frame.flags.has(Flags::MORE);
        // They would have no end.
        if more && frame.payload.is_empty() {
            return Err(WireError::malformed(frame.kind, "has a part that holds nothing").into());
        }
        let Some(partial) = &mut self.partial else {
            if more {
                let Frame { kind, task, payload, .. } = frame;
                self.partial = Some(Partial { kind, task, payload: BytesMut::from(payload) });
                return Ok(None);
            }
            return Ok(Some(frame));
        };
        if (partial.kind, partial.task) != (frame.kind, frame.task) {
            // A complete message may come between two parts; a second one in parts may not, so that one buffer is enough.
            return match more {
                true => Err(WireError::unexpected(frame.kind, "in parts, between the parts of another message").into()),
                false => Ok(Some(frame)),
            };
        }
        let length = partial.payload.len() + frame.payload.len();
        if self.peer.is_none() && length > HELLO_MAX {
            return Err(WireError::MessageTooLong { length_max: HELLO_MAX }.into());
        }
        if frame.kind == FrameKind::Log && length > LOG_MAX {
            return Err(WireError::MessageTooLong { length_max: LOG_MAX }.into());
        }
        if length > self.config.message_max.saturating_add(AROUND_VALUES_MAX) {
            return Err(WireError::MessageTooLong { length_max: self.config.message_max }.into());
        }
        partial.payload.extend_from_slice(&frame.payload);
        if more {
            return Ok(None);
        }
        let whole = self.partial.take().map(|partial| partial.payload.freeze()).unwrap_or_default();
        Ok(Some(Frame { payload: whole, ..frame }))
    }

    /// Lets the peer in that has said `hello`.
    fn accept(&mut self, hello: Hello) -> Message {
        if self.local.role == Role::Slave {
            self.greet();
        }
        self.peer = Some(hello.clone());
        Message::Hello(hello)
    }

    /// Whether the peer knows the token, where there is one. `None`: a master was asked to prove it.
    fn identify(&mut self, hello: Hello) -> Result<Option<Hello>, LinkError> {
        let Some(token) = &self.token else { return Ok(Some(hello)) };
        let missing = || LinkError::TokenMismatch { reason: "the peer shows no token".to_owned() };
        match self.local.role {
            Role::Master => {
                let of_master = self.local.challenge.ok_or_else(missing)?;
                let (of_slave, _) = self.challenged.take().ok_or_else(missing)?;
                let proof = hello.proof.ok_or_else(missing)?;
                security::check_proof(&token.secret, Role::Slave, &of_master, &of_slave, &proof)?;
                Ok(Some(hello))
            }
            Role::Slave => {
                hello.challenge.ok_or_else(missing)?;
                let of_slave = token.challenge;
                self.challenged = Some((of_slave, Some(hello)));
                self.outbox.push(&Message::Challenge(of_slave));
                Ok(None)
            }
        }
    }

    /// Proves to a slave that this master knows the token.
    fn answer(&mut self, of_slave: Challenge) -> Result<(), LinkError> {
        let unexpected = || WireError::unexpected(FrameKind::Challenge, "from nobody who has to be convinced");
        let (Some(token), Some(of_master)) = (&self.token, &self.local.challenge) else {
            return Err(unexpected().into());
        };
        if self.peer.is_some() || self.challenged.is_some() {
            return Err(unexpected().into());
        }
        let proof = security::prove(&token.secret, Role::Master, of_master, &of_slave);
        self.challenged = Some((of_slave, None));
        self.outbox.push(&Message::Proof(proof));
        Ok(())
    }

    /// Lets a master in that proves that it knows the token, and proves the same to it. Gives the master's hello.
    fn take_proof(&mut self, proof: &Proof) -> Result<Hello, LinkError> {
        let unexpected = || WireError::unexpected(FrameKind::Proof, "that was not asked for");
        let token = self.token.as_ref().ok_or_else(unexpected)?;
        let Some((of_slave, Some(hello))) = self.challenged.take() else { return Err(unexpected().into()) };
        let of_master = hello.challenge.ok_or_else(unexpected)?;
        security::check_proof(&token.secret, Role::Master, &of_master, &of_slave, proof)?;
        self.local.proof = Some(security::prove(&token.secret, Role::Slave, &of_master, &of_slave));
        Ok(hello)
    }

    fn check_hello(&self, hello: &Hello) -> Result<(), LinkError> {
        if self.peer.is_some() || matches!(self.challenged, Some((_, Some(_)))) {
            return Err(WireError::unexpected(FrameKind::Hello, "a second time").into());
        }
        if self.local.common_version(hello).is_none() {
            return Err(LinkError::Version {
                ours_min: self.local.version_min,
                ours_max: self.local.version_max,
                theirs: hello.software.clone(),
                theirs_min: hello.version_min,
                theirs_max: hello.version_max,
            });
        }
        if hello.role != self.local.role.peer() {
            return Err(LinkError::SameRole { role: hello.role.name() });
        }
        Ok(())
    }

    /// When [`tick`](Self::tick) wants to be called next.
    pub(super) fn next_tick(&self) -> Instant {
        let next = self.next_heartbeat();
        self.given_up_at().map_or(next, |at| next.min(at))
    }

    /// When a peer is given up that does not read, whatever it says.
    fn given_up_at(&self) -> Option<Instant> {
        self.blocked?.checked_add(self.config.silence_max)
    }

    fn next_heartbeat(&self) -> Instant {
        match (&self.peer, self.asked) {
            (None, _) => self.opened + self.config.handshake_max,
            (Some(_), false) => self.heard + self.config.heartbeat,
            (Some(_), true) => self.heard + self.config.silence_max,
        }
    }

    /// Minds the heartbeat: asks a silent peer for a sign of life, gives up on one that does not answer, or does not read.
    pub(super) fn tick(&mut self, now: Instant) -> Result<(), LinkError> {
        if self.given_up_at().is_some_and(|at| at <= now) {
            return Err(LinkError::PeerDoesNotRead { limit: self.outbox.len() });
        }
        if now < self.next_heartbeat() {
            return Ok(());
        }
        if self.peer.is_none() {
            return Err(LinkError::HandshakeTimeout { limit: self.config.handshake_max });
        }
        let silence = now.duration_since(self.heard);
        if silence >= self.config.silence_max {
            return Err(LinkError::Silent { silence });
        }
        if !self.asked {
            self.asked = true;
            self.outbox.push_control(&Message::Ping(0));
        }
        Ok(())
    }

    /// Tells the peer why this side ends the link, if that is something it can use.
    pub(super) fn say_why(&mut self, error: &LinkError) {
        let reason = match error {
            LinkError::Version { .. } => GoodbyeReason::Version,
            LinkError::SameRole { .. } | LinkError::TokenMismatch { .. } => GoodbyeReason::Refused,
            LinkError::Wire(WireError::NotDpfw | WireError::Tls) => return,
            LinkError::Wire(_) | LinkError::WindowExceeded | LinkError::TooMuchUnread { .. } => GoodbyeReason::Protocol,
            LinkError::Shutdown => GoodbyeReason::Shutdown,
            _ => return,
        };
        self.outbox.push(&Message::Goodbye { reason, text: error.to_string() });
    }

    /// The next bytes to write.
    pub(super) fn take_output(&mut self) -> Option<Bytes> {
        self.outbox.take()
    }
}
