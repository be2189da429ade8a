//! The handshake: what each side says of itself first.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{FrameKind, VERSION_MAX, VERSION_MIN, WireError};
use crate::plain::on_one_line;

const MAGIC: &[u8; 4] = b"dpfw";
/// Most natives that a slave may name.
const NATIVES_MAX: usize = 4096;

const TAG_VERSIONS: u8 = 1;
const TAG_ROLE: u8 = 2;
const TAG_SOFTWARE: u8 = 3;
const TAG_WINDOW: u8 = 4;
const TAG_TASKS_MAX: u8 = 5;
const TAG_IDENTITY: u8 = 6;
const TAG_NATIVE: u8 = 7;
const TAG_CHALLENGE: u8 = 8;
const TAG_SLAVES: u8 = 9;
const TAG_MESSAGE_MAX: u8 = 10;
const TAG_PROOF: u8 = 11;

/// The longest value that a peer accepts if it does not say otherwise, in bytes.
pub(crate) const MESSAGE_MAX: u64 = 256 * 1024 * 1024;

/// Which end of a link somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Master,
    Slave,
}

impl Role {
    /// Who is at the other end.
    pub(crate) fn peer(self) -> Self {
        match self {
            Self::Master => Self::Slave,
            Self::Slave => Self::Master,
        }
    }

    /// Its number on the wire.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Master => 1,
            Self::Slave => 2,
        }
    }

    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Slave => "slave",
        }
    }
}

/// A procedure that a slave has beyond the language, with its arity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Native {
    pub(crate) name: String,
    pub(crate) min: u16,
    pub(crate) max: Option<u16>,
}

/// Random bytes by which the other side proves that it knows the token.
pub(crate) type Challenge = [u8; 16];

/// That proof.
pub(crate) type Proof = [u8; 32];

/// What each side says first: `dpfw`, then fields of tag: u8, length: u32 and so many bytes.
///
/// | tag | field | bytes |
/// |---|---|---|
/// | 1 | versions of the protocol that the sender speaks; always the first field | lowest: u16, highest: u16 |
/// | 2 | role | 1 master, 2 slave |
/// | 3 | name and version of the software | text |
/// | 4 | window: bytes of data that the sender accepts for each task before it gives credit | u32 |
/// | 5 | tasks that a slave accepts at once on this link | u32 |
/// | 6 | identity of the process that speaks | 16 bytes |
/// | 7 | a native procedure of a slave; may come often | fewest arguments: u16, most: u16 (65,535 for any), name |
/// | 8 | challenge of a master that knows a token | 16 bytes |
/// | 9 | slaves behind the address that the master dialled: it may dial so often. 1 if not said | u32, not 0 |
/// | 10 | the longest encoded value that the sender accepts, and all values of a task together. 256 MiB if not said | u64 |
/// | 11 | proof of a slave that knows the token | 32 bytes |
///
/// Fields with other tags are skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) version_min: u16,
    pub(crate) version_max: u16,
    pub(crate) role: Role,
    pub(crate) software: String,
    pub(crate) window: u32,
    pub(crate) tasks_max: u32,
    pub(crate) identity: [u8; 16],
    pub(crate) natives: Vec<Native>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) slaves: u32,
    pub(crate) message_max: u64,
    pub(crate) proof: Option<Proof>,
}

impl Hello {
    /// A hello of this build in `role`.
    pub(crate) fn new(role: Role, window: u32, tasks_max: u32, identity: [u8; 16]) -> Self {
        Self {
            version_min: VERSION_MIN,
            version_max: VERSION_MAX,
            role,
            software: concat!("dpfw ", env!("CARGO_PKG_VERSION")).to_owned(),
            window,
            tasks_max,
            identity,
            natives: Vec::new(),
            challenge: None,
            slaves: 1,
            message_max: MESSAGE_MAX,
            proof: None,
        }
    }

    /// The highest version of the protocol that both sides speak.
    pub(crate) fn common_version(&self, peer: &Self) -> Option<u16> {
        let highest = self.version_max.min(peer.version_max);
        (highest >= self.version_min.max(peer.version_min)).then_some(highest)
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        out.put_slice(MAGIC);
        put_field(&mut out, TAG_VERSIONS, |out| {
            out.put_u16(self.version_min);
            out.put_u16(self.version_max);
        });
        put_field(&mut out, TAG_ROLE, |out| out.put_u8(self.role.code()));
        put_field(&mut out, TAG_SOFTWARE, |out| out.put_slice(self.software.as_bytes()));
        put_field(&mut out, TAG_WINDOW, |out| out.put_u32(self.window));
        put_field(&mut out, TAG_TASKS_MAX, |out| out.put_u32(self.tasks_max));
        put_field(&mut out, TAG_IDENTITY, |out| out.put_slice(&self.identity));
        for native in &self.natives {
            put_field(&mut out, TAG_NATIVE, |out| {
                out.put_u16(native.min);
                out.put_u16(native.max.unwrap_or(u16::MAX));
                out.put_slice(native.name.as_bytes());
            });
        }
        if let Some(challenge) = &self.challenge {
            put_field(&mut out, TAG_CHALLENGE, |out| out.put_slice(challenge));
        }
        if self.slaves != 1 {
            put_field(&mut out, TAG_SLAVES, |out| out.put_u32(self.slaves));
        }
        if self.message_max != MESSAGE_MAX {
            put_field(&mut out, TAG_MESSAGE_MAX, |out| out.put_u64(self.message_max));
        }
        if let Some(proof) = &self.proof {
            put_field(&mut out, TAG_PROOF, |out| out.put_slice(proof));
        }
        out.freeze()
    }

    /// Reads a hello. Of a peer with no version in common nothing beyond the versions is required.
    pub(crate) fn decode(mut payload: Bytes) -> Result<Self, WireError> {
        if !payload.starts_with(MAGIC) {
            return Err(WireError::NotDpfw);
        }
        payload.advance(MAGIC.len());
        let (tag, mut versions) = take_field(&mut payload)?;
        if tag != TAG_VERSIONS || versions.len() != 4 {
            return Err(malformed("the first field is not the versions"));
        }
        let mut hello = Self::new(Role::Slave, 0, 0, [0; 16]);
        hello.version_min = versions.get_u16();
        hello.version_max = versions.get_u16();
        hello.software.clear();
        let mut role = None;
        while payload.has_remaining() {
            let (tag, mut field) = take_field(&mut payload)?;
            match tag {
                TAG_ROLE => match &field[..] {
                    [1] => role = Some(Role::Master),
                    [2] => role = Some(Role::Slave),
                    _ => return Err(malformed("unknown role")),
                },
                TAG_SOFTWARE => hello.software = on_one_line(&String::from_utf8_lossy(&field)),
                TAG_WINDOW => hello.window = field.try_get_u32().map_err(|_| malformed("short window"))?,
                TAG_TASKS_MAX => hello.tasks_max = field.try_get_u32().map_err(|_| malformed("short number"))?,
                TAG_IDENTITY => {
                    hello.identity = field[..].try_into().map_err(|_| malformed("identity is not 16 bytes"))?;
                }
                TAG_NATIVE => {
                    if hello.natives.len() == NATIVES_MAX {
                        return Err(malformed("too many natives"));
                    }
                    hello.natives.push(Native::decode(field)?);
                }
                TAG_CHALLENGE => {
                    let challenge = field[..].try_into().map_err(|_| malformed("challenge is not 16 bytes"))?;
                    hello.challenge = Some(challenge);
                }
                TAG_PROOF => {
                    hello.proof = Some(field[..].try_into().map_err(|_| malformed("proof is not 32 bytes"))?);
                }
                TAG_SLAVES => match field.try_get_u32() {
                    Ok(slaves @ 1..) => hello.slaves = slaves,
                    _ => return Err(malformed("no number of slaves")),
                },
                TAG_MESSAGE_MAX => hello.message_max = field.try_get_u64().map_err(|_| malformed("short limit"))?,
                _ => {}
            }
        }
        match role {
            Some(role) => hello.role = role,
            None if hello.common_version(&Self::new(Role::Slave, 0, 0, [0; 16])).is_some() => {
                return Err(malformed("no role"));
            }
            // A stranger's version: the caller reports the versions, the role does not matter.
            None => {}
        }
        Ok(hello)
    }
}

impl Native {
    fn decode(mut field: Bytes) -> Result<Self, WireError> {
        let short = |_| malformed("short native");
        let min = field.try_get_u16().map_err(short)?;
        let max = field.try_get_u16().map_err(short)?;
        let name = std::str::from_utf8(&field).map_err(|_| malformed("native's name is not UTF-8"))?;
        Ok(Self { name: name.to_owned(), min, max: (max != u16::MAX).then_some(max) })
    }
}

fn put_field(out: &mut BytesMut, tag: u8, fill: impl FnOnce(&mut BytesMut)) {
    out.put_u8(tag);
    let start = out.len();
    out.put_u32(0);
    fill(out);
    let length = u32::try_from(out.len() - start - 4).expect("a hello's fields are short");
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn take_field(payload: &mut Bytes) -> Result<(u8, Bytes), WireError> {
    let short = |_| malformed("a field ends early");
    let tag = payload.try_get_u8().map_err(short)?;
    let length = payload.try_get_u32().map_err(short)? as usize;
    if length > payload.len() {
        return Err(malformed("a field ends early"));
    }
    Ok((tag, payload.split_to(length)))
}

fn malformed(what: &'static str) -> WireError {
    WireError::malformed(FrameKind::Hello, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Hello {
        let mut hello = Hello::new(Role::Slave, 4096, 16, [9; 16]);
        hello.natives = vec![Native { name: "prime?".into(), min: 1, max: Some(1) }];
        hello.challenge = Some([3; 16]);
        hello.proof = Some([4; 32]);
        hello.slaves = 3;
        hello.message_max = 1_000;
        hello
    }

    #[test]
    fn a_hello_is_read_as_it_was_said() {
        assert_eq!(Hello::decode(hello().encode()), Ok(hello()));
    }

    #[test]
    fn unknown_fields_are_skipped() {
        let mut bytes = BytesMut::from(&hello().encode()[..]);
        put_field(&mut bytes, 200, |out| out.put_slice(b"from the future"));
        assert_eq!(Hello::decode(bytes.freeze()), Ok(hello()));
    }

    #[test]
    fn nobody_stands_for_no_slaves() {
        let none = Hello { slaves: 0, ..hello() };
        assert!(Hello::decode(none.encode()).is_err());
        let one = Hello { slaves: 1, ..hello() };
        assert_eq!(Hello::decode(one.encode()), Ok(one));
    }

    #[test]
    fn every_truncation_is_refused() {
        let whole = hello().encode();
        for length in 0..whole.len() {
            // A cut between two fields reads as a shorter hello; it must not read as the same.
            assert_ne!(Hello::decode(whole.slice(..length)), Ok(hello()), "cut at {length}");
        }
    }

    #[test]
    fn a_stranger_is_told_apart() {
        assert_eq!(Hello::decode(Bytes::from_static(b"HTTP/1.1 200 OK")), Err(WireError::NotDpfw));
    }

    #[test]
    fn the_highest_common_version_is_spoken() {
        let of = |min, max| Hello { version_min: min, version_max: max, ..hello() };
        assert_eq!(of(1, 3).common_version(&of(2, 5)), Some(3));
        assert_eq!(of(1, 1).common_version(&of(2, 5)), None);
    }
}
