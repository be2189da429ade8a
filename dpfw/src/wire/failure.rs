//! Why a task failed, as a slave says it.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{FrameKind, WireError};
use crate::plain::on_one_line;

/// Most places that a backtrace carries.
const BACKTRACE_MAX: usize = 64;

/// The payload of a failed message: code: u8, then the fields.
///
/// | code | failure | fields |
/// |---|---|---|
/// | 1 | the program raised | place: u32 · number of backtrace places: u16 · the places: u32 each · message: u32 and text · an encoded value: the object raised · an encoded list: the irritants |
/// | 2 | the slave does not admit the program | place: u32 · text |
/// | 3 | cancelled by the master | |
/// | 4 | the deadline passed | |
/// | 5 | a limit was passed | limit: u64, 2⁶⁴−1 where it is no number · its name |
/// | 6 | the evaluator broke and was replaced | text |
/// | 7 | not started: the slave is leaving, or the master called the task back | |
///
/// A place is a byte offset into the template's core text, 4,294,967,295 where none is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Raised { offset: Option<u32>, backtrace: Vec<u32>, message: String, values: Bytes },
    Rejected { offset: Option<u32>, message: String },
    Cancelled,
    DeadlineExceeded,
    LimitExceeded { which: String, limit: Option<u64> },
    Broken { message: String },
    NotStarted,
}

impl Failure {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        match self {
            Self::Raised { offset, backtrace, message, values } => {
                out.put_u8(1);
                put_place(&mut out, *offset);
                let places = &backtrace[..backtrace.len().min(BACKTRACE_MAX)];
                out.put_u16(u16::try_from(places.len()).expect("at most BACKTRACE_MAX"));
                for &place in places {
                    out.put_u32(place);
                }
                out.put_u32(u32::try_from(message.len()).expect("messages are short"));
                out.put_slice(message.as_bytes());
                out.put_slice(values);
            }
            Self::Rejected { offset, message } => {
                out.put_u8(2);
                put_place(&mut out, *offset);
                out.put_slice(message.as_bytes());
            }
            Self::Cancelled => out.put_u8(3),
            Self::DeadlineExceeded => out.put_u8(4),
            Self::LimitExceeded { which, limit } => {
                out.put_u8(5);
                out.put_u64(limit.unwrap_or(u64::MAX));
                out.put_slice(which.as_bytes());
            }
            Self::Broken { message } => {
                out.put_u8(6);
                out.put_slice(message.as_bytes());
            }
            Self::NotStarted => out.put_u8(7),
        }
        out.freeze()
    }

    pub(crate) fn decode(mut payload: Bytes) -> Result<Self, WireError> {
        let short = |_| malformed("ends early");
        Ok(match payload.try_get_u8().map_err(short)? {
            1 => {
                let offset = take_place(&mut payload)?;
                let places = usize::from(payload.try_get_u16().map_err(short)?);
                if places > BACKTRACE_MAX {
                    return Err(malformed("backtrace is too long"));
                }
                let backtrace = (0..places).map(|_| payload.try_get_u32()).collect::<Result<_, _>>().map_err(short)?;
                let length = payload.try_get_u32().map_err(short)? as usize;
                if length > payload.len() {
                    return Err(malformed("ends early"));
                }
                let message = text(&payload.split_to(length))?;
                Self::Raised { offset, backtrace, message, values: payload }
            }
            2 => Self::Rejected { offset: take_place(&mut payload)?, message: line(&payload)? },
            3 => Self::Cancelled,
            4 => Self::DeadlineExceeded,
            5 => {
                let limit = payload.try_get_u64().map_err(short)?;
                Self::LimitExceeded { limit: (limit != u64::MAX).then_some(limit), which: line(&payload)? }
            }
            6 => Self::Broken { message: line(&payload)? },
            7 => Self::NotStarted,
            _ => return Err(malformed("unknown code")),
        })
    }
}

fn put_place(out: &mut BytesMut, place: Option<u32>) {
    out.put_u32(place.unwrap_or(u32::MAX));
}

fn take_place(payload: &mut Bytes) -> Result<Option<u32>, WireError> {
    let place = payload.try_get_u32().map_err(|_| malformed("ends early"))?;
    Ok((place != u32::MAX).then_some(place))
}

fn text(bytes: &[u8]) -> Result<String, WireError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| malformed("text is not UTF-8"))
}

fn line(bytes: &[u8]) -> Result<String, WireError> {
    text(bytes).map(|text| on_one_line(&text))
}

fn malformed(what: &'static str) -> WireError {
    WireError::malformed(FrameKind::Failed, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_read_as_it_was_written() {
        for failure in [
            Failure::Raised {
                offset: Some(3),
                backtrace: vec![1, 2],
                message: "λ".into(),
                values: Bytes::from_static(b"xy"),
            },
            Failure::Raised { offset: None, backtrace: vec![], message: String::new(), values: Bytes::new() },
            Failure::Rejected { offset: None, message: "no".into() },
            Failure::Cancelled,
            Failure::DeadlineExceeded,
            Failure::LimitExceeded { which: "depth".into(), limit: Some(7) },
            Failure::Broken { message: "panicked".into() },
            Failure::NotStarted,
        ] {
            let bytes = failure.encode();
            assert_eq!(Failure::decode(bytes.clone()), Ok(failure.clone()));
            if bytes.len() > 1 {
                assert_ne!(Failure::decode(bytes.slice(..1)), Ok(failure));
            }
        }
    }
}
