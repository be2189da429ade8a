//! Messages: frames put together and taken apart.

use bytes::{Buf, BufMut, Bytes, TryGetError};

use super::{
    Challenge, Death, Failure, Flags, Frame, FrameKind, Hello, Proof, TaskId, WireError,
    frame::{put_data, put_frame, put_message},
};
use crate::{
    plain::on_one_line,
    value::pieces::{Output, Pieces},
};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    Hello(Hello),
    Ping(u64),
    Pong(u64),
    Goodbye { reason: GoodbyeReason, text: String },
    Died(Death),
    Challenge(Challenge),
    Proof(Proof),
    Run { task: TaskId, run: Run },
    NeedTemplate { task: TaskId, template: [u8; 16] },
    Template { task: TaskId, text: Bytes },
    Data { task: TaskId, datum: bool, more: bool, payload: Bytes },
    End { task: TaskId },
    Credit { task: TaskId, bytes: u32 },
    Done { task: TaskId, value: Option<Pieces> },
    Failed { task: TaskId, failure: Failure },
    Cancel { task: TaskId },
    Log { task: TaskId, text: Bytes },
    Recall { task: TaskId },
}

/// What a slave needs to run a task, but for the template's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// The template's hash.
    pub(crate) template: [u8; 16],
    /// Time left until the deadline, in milliseconds.
    pub(crate) left_ms: Option<u64>,
    /// The master's port is closed from the start.
    pub(crate) no_input: bool,
    /// What it may take, where that is less than the slave grants.
    pub(crate) limits: TaskLimits,
    /// How many values fill the template's holes.
    pub(crate) values_count: u32,
    /// The values, encoded one after the other.
    pub(crate) values: Pieces,
}

/// What a task may take, by its own options; `None`: what the slave grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TaskLimits {
    pub(crate) cpu_ms: Option<u64>,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) output_bytes: Option<u64>,
    pub(crate) result_bytes: Option<u64>,
}

/// Why a peer leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoodbyeReason {
    /// It was told to stop.
    Shutdown,
    /// It could not make sense of what this side sent.
    Protocol,
    /// The two sides have no version of the protocol in common.
    Version,
    /// This side may not have a link: wrong role, token or certificate.
    Refused,
    /// A reason that this version does not know.
    Other(u8),
}

impl Message {
    /// The kind of frame that carries the message.
    pub(crate) fn kind(&self) -> FrameKind {
        match self {
            Self::Hello(_) => FrameKind::Hello,
            Self::Ping(_) => FrameKind::Ping,
            Self::Pong(_) => FrameKind::Pong,
            Self::Goodbye { .. } => FrameKind::Goodbye,
            Self::Died(_) => FrameKind::Died,
            Self::Challenge(_) => FrameKind::Challenge,
            Self::Proof(_) => FrameKind::Proof,
            Self::Run { .. } => FrameKind::Run,
            Self::NeedTemplate { .. } => FrameKind::NeedTemplate,
            Self::Template { .. } => FrameKind::Template,
            Self::Data { .. } => FrameKind::Data,
            Self::End { .. } => FrameKind::End,
            Self::Credit { .. } => FrameKind::Credit,
            Self::Done { .. } => FrameKind::Done,
            Self::Failed { .. } => FrameKind::Failed,
            Self::Cancel { .. } => FrameKind::Cancel,
            Self::Log { .. } => FrameKind::Log,
            Self::Recall { .. } => FrameKind::Recall,
        }
    }

    /// Appends the message to `out`.
    pub(crate) fn put(&self, out: &mut impl Output) {
        let kind = self.kind();
        match self {
            Self::Hello(hello) => put_message(out, kind, Flags::NONE, TaskId::LINK, &[], &hello.encode().into()),
            Self::Ping(nonce) | Self::Pong(nonce) => {
                put_frame(out, kind, Flags::NONE, TaskId::LINK, |out| out.put_u64(*nonce));
            }
            Self::Goodbye { reason, text } => put_frame(out, kind, Flags::NONE, TaskId::LINK, |out| {
                out.put_u8(reason.code());
                out.put_slice(&text.as_bytes()[..text.len().min(GOODBYE_TEXT_MAX)]);
            }),
            Self::Died(death) => {
                put_frame(out, kind, Flags::NONE, TaskId::LINK, |out| out.put_slice(death.encode().as_bytes()));
            }
            Self::Challenge(challenge) => {
                put_frame(out, kind, Flags::NONE, TaskId::LINK, |out| out.put_slice(challenge));
            }
            Self::Proof(proof) => put_frame(out, kind, Flags::NONE, TaskId::LINK, |out| out.put_slice(proof)),
            Self::Run { task, run } => {
                let mut head = [0; RUN_HEAD_BYTES + TaskLimits::BYTES];
                let mut rest = &mut head[..];
                rest.put_slice(&run.template);
                rest.put_u64(run.left_ms.unwrap_or(0));
                rest.put_u32(run.values_count);
                let mut flags = if run.no_input { Flags::ENDED } else { Flags::NONE };
                if run.limits != TaskLimits::default() {
                    flags = flags.with(Flags::LIMITED);
                    run.limits.put(&mut rest);
                }
                let left = rest.len();
                put_message(out, kind, flags, *task, &head[..head.len() - left], &run.values);
            }
            Self::NeedTemplate { task, template } => {
                put_frame(out, kind, Flags::NONE, *task, |out| out.put_slice(template));
            }
            Self::Template { task, text } | Self::Log { task, text } => {
                put_message(out, kind, Flags::NONE, *task, &[], &text.clone().into());
            }
            Self::Data { task, datum, more, payload } => {
                let mut flags = Flags::NONE;
                if *datum {
                    flags = flags.with(Flags::DATUM);
                }
                if *more {
                    flags = flags.with(Flags::MORE);
                }
                put_data(out, flags, *task, payload);
            }
            Self::End { task } | Self::Cancel { task } | Self::Recall { task } => {
                put_frame(out, kind, Flags::NONE, *task, |_| {})
            }
            Self::Credit { task, bytes } => put_frame(out, kind, Flags::NONE, *task, |out| out.put_u32(*bytes)),
            Self::Done { task, value } => {
                let flags = if value.is_some() { Flags::DATUM } else { Flags::NONE };
                put_message(out, kind, flags, *task, &[], value.as_ref().unwrap_or(&Pieces::default()));
            }
            Self::Failed { task, failure } => {
                put_message(out, kind, Flags::NONE, *task, &[], &failure.encode().into());
            }
        }
    }

    /// Reads a message from a frame whose parts, if there were several, have been put together.
    pub(crate) fn decode(frame: Frame) -> Result<Self, WireError> {
        let Frame { kind, flags, task, mut payload } = frame;
        let short = |_| WireError::malformed(kind, "ends early");
        let message = match kind {
            FrameKind::Hello => return Ok(Self::Hello(Hello::decode(payload)?)),
            FrameKind::Ping => Self::Ping(payload.try_get_u64().map_err(short)?),
            FrameKind::Pong => Self::Pong(payload.try_get_u64().map_err(short)?),
            FrameKind::Goodbye => {
                let reason = GoodbyeReason::of(payload.try_get_u8().map_err(short)?);
                return Ok(Self::Goodbye { reason, text: on_one_line(&String::from_utf8_lossy(&payload)) });
            }
            FrameKind::Died => {
                let death = Death::decode(&payload).ok_or(WireError::malformed(kind, "says no cause"))?;
                return Ok(Self::Died(death));
            }
            FrameKind::Challenge => Self::Challenge(take_array(kind, &mut payload)?),
            FrameKind::Proof => Self::Proof(take_array(kind, &mut payload)?),
            FrameKind::Run => {
                let template = take_array(kind, &mut payload)?;
                let left_ms = payload.try_get_u64().map_err(short)?;
                let values_count = payload.try_get_u32().map_err(short)?;
                let left_ms = (left_ms != 0).then_some(left_ms);
                let no_input = flags.has(Flags::ENDED);
                let limits = match flags.has(Flags::LIMITED) {
                    true => TaskLimits::take(&mut payload).map_err(short)?,
                    false => TaskLimits::default(),
                };
                return Ok(Self::Run {
                    task,
                    run: Run { template, left_ms, no_input, limits, values_count, values: payload.into() },
                });
            }
            FrameKind::NeedTemplate => Self::NeedTemplate { task, template: take_array(kind, &mut payload)? },
            FrameKind::Template => return Ok(Self::Template { task, text: payload }),
            FrameKind::Log => return Ok(Self::Log { task, text: payload }),
            FrameKind::Data => {
                let (datum, more) = (flags.has(Flags::DATUM), flags.has(Flags::MORE));
                return Ok(Self::Data { task, datum, more, payload });
            }
            FrameKind::End => Self::End { task },
            FrameKind::Cancel => Self::Cancel { task },
            FrameKind::Recall => Self::Recall { task },
            FrameKind::Credit => Self::Credit { task, bytes: payload.try_get_u32().map_err(short)? },
            FrameKind::Done => {
                return Ok(Self::Done { task, value: flags.has(Flags::DATUM).then(|| payload.into()) });
            }
            FrameKind::Failed => return Ok(Self::Failed { task, failure: Failure::decode(payload)? }),
        };
        if payload.has_remaining() {
            return Err(WireError::malformed(kind, "has bytes left over"));
        }
        Ok(message)
    }
}

const RUN_HEAD_BYTES: usize = 28;
const GOODBYE_TEXT_MAX: usize = 1024;

fn take_array<const N: usize>(kind: FrameKind, payload: &mut Bytes) -> Result<[u8; N], WireError> {
    let Some(&array) = payload.first_chunk::<N>() else {
        return Err(WireError::malformed(kind, "ends early"));
    };
    payload.advance(N);
    Ok(array)
}

impl TaskLimits {
    const BYTES: usize = 32;
    /// Stands for no limit.
    const NONE: u64 = u64::MAX;

    fn put(&self, out: &mut impl BufMut) {
        for limit in [self.cpu_ms, self.memory_bytes, self.output_bytes, self.result_bytes] {
            out.put_u64(limit.unwrap_or(Self::NONE));
        }
    }

    fn take(payload: &mut Bytes) -> Result<Self, TryGetError> {
        let mut limit = || Ok(Some(payload.try_get_u64()?).filter(|limit| *limit != Self::NONE));
        Ok(Self { cpu_ms: limit()?, memory_bytes: limit()?, output_bytes: limit()?, result_bytes: limit()? })
    }
}

impl GoodbyeReason {
    fn code(self) -> u8 {
        match self {
            Self::Shutdown => 1,
            Self::Protocol => 2,
            Self::Version => 3,
            Self::Refused => 4,
            Self::Other(code) => code,
        }
    }

    fn of(code: u8) -> Self {
        match code {
            1 => Self::Shutdown,
            2 => Self::Protocol,
            3 => Self::Version,
            4 => Self::Refused,
            code => Self::Other(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::wire::{DeathCause, Role};

    fn samples() -> Vec<Message> {
        let task = TaskId(5);
        let payload = Bytes::from_static(b"payload");
        vec![
            Message::Hello(Hello::new(Role::Master, 1, 2, [3; 16])),
            Message::Ping(1),
            Message::Challenge([7; 16]),
            Message::Proof([8; 32]),
            Message::Pong(2),
            Message::Goodbye { reason: GoodbyeReason::Shutdown, text: "bye".into() },
            Message::Died(Death::new(DeathCause::Signal { number: 9 }, "last")),
            Message::Run {
                task,
                run: Run {
                    template: [1; 16],
                    left_ms: Some(9),
                    no_input: true,
                    limits: TaskLimits::default(),
                    values_count: 2,
                    values: payload.clone().into(),
                },
            },
            Message::Run {
                task,
                run: Run {
                    template: [1; 16],
                    left_ms: None,
                    no_input: false,
                    limits: TaskLimits { cpu_ms: Some(5), output_bytes: Some(0), ..TaskLimits::default() },
                    values_count: 0,
                    values: payload.clone().into(),
                },
            },
            Message::NeedTemplate { task, template: [2; 16] },
            Message::Template { task, text: payload.clone() },
            Message::Data { task, datum: true, more: true, payload: payload.clone() },
            Message::Data { task, datum: false, more: false, payload: payload.clone() },
            Message::End { task },
            Message::Credit { task, bytes: 77 },
            Message::Done { task, value: None },
            Message::Done { task, value: Some(payload.clone().into()) },
            Message::Failed { task, failure: Failure::Cancelled },
            Message::Cancel { task },
            Message::Log { task, text: payload },
            Message::Recall { task },
        ]
    }

    #[test]
    fn every_message_is_read_as_it_was_written() {
        for message in samples() {
            let mut out = BytesMut::new();
            message.put(&mut out);
            let frame = Frame::decode(&mut out).unwrap().expect("one frame");
            assert_eq!(Message::decode(frame), Ok(message));
            assert!(out.is_empty());
        }
    }

    #[test]
    fn half_a_frame_is_never_completed_by_word_of_the_senders_death() {
        let mut died = BytesMut::new();
        Message::Died(Death::new(DeathCause::Killed { why: "\u{7f}ÿ\u{10ffff}".into() }, &"ÿ".repeat(500)))
            .put(&mut died);
        for message in samples().into_iter().filter(|message| !matches!(message, Message::Died(_))) {
            let mut whole = BytesMut::new();
            // What is missing of it may be as long as the word.
            message.put(&mut whole);
            Message::Data { task: TaskId(5), datum: true, more: false, payload: vec![7; 2000].into() }.put(&mut whole);
            for length in 1..whole.len() {
                let mut source = BytesMut::from(&whole[..length]);
                source.extend_from_slice(&died);
                let mut heard = Vec::new();
                while let Ok(Some(frame)) = Frame::decode(&mut source) {
                    heard.push(Message::decode(frame).expect("whole messages"));
                }
                let is_cut_between = heard.len() == 2 && heard[0] == message && matches!(heard[1], Message::Died(_));
                assert!(heard.is_empty() || heard == [message.clone()] || is_cut_between, "{length}: {heard:?}");
            }
        }
    }

    #[test]
    fn short_and_long_payloads_are_refused() {
        for (kind, payload) in [
            (FrameKind::Ping, &b"short"[..]),
            (FrameKind::Pong, b"longer than eight"),
            (FrameKind::Run, b"no head"),
            (FrameKind::NeedTemplate, b"fifteen bytes.."),
            (FrameKind::End, b"x"),
            (FrameKind::Credit, b"abc"),
            (FrameKind::Failed, b""),
            (FrameKind::Goodbye, b""),
            (FrameKind::Died, b"plague"),
        ] {
            let frame = Frame { kind, flags: Flags::NONE, task: TaskId(1), payload: Bytes::copy_from_slice(payload) };
            assert!(matches!(Message::decode(frame), Err(WireError::Malformed { .. })), "{kind:?}");
        }
    }
}
