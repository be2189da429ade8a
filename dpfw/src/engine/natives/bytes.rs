//! Bytevectors.

use std::{
    hash::{Hash, Hasher},
    ops::Range,
};

use bytes::Bytes;
use steel::{SteelVal, rvals::Custom};

use super::{
    arguments::{byte, check_length, index, length, out_of_range, range, truth},
    custom::{change, is, look, wrap},
    strings::text,
    table::Native,
};
use crate::engine::fault::{Fault, Outcome};

/// A bytevector. Steel has one of its own, whose content no other crate can reach.
///
/// What came from elsewhere or was sent is shared with whoever has it still, until the program changes it.
#[derive(Debug)]
pub(in crate::engine) enum ByteVector {
    Own(Vec<u8>),
    Shared(Bytes),
}

impl Custom for ByteVector {}

/// Shorter ones are copied when they are sent: to share them costs as much.
const SENT_SHARED_MIN: usize = 4 * 1024;
/// Shorter ones are copied when they come: they do not keep the message alive in which they came.
const RECEIVED_SHARED_MIN: usize = 64 * 1024;

impl ByteVector {
    pub(in crate::engine) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }

    /// The bytes as they are now.
    pub(in crate::engine) fn share(&mut self) -> Bytes {
        match self {
            Self::Own(bytes) if bytes.len() < SENT_SHARED_MIN => Bytes::copy_from_slice(bytes),
            Self::Own(bytes) => {
                let bytes = Bytes::from(std::mem::take(bytes));
                *self = Self::Shared(bytes.clone());
                bytes
            }
            Self::Shared(bytes) => bytes.clone(),
        }
    }

    /// The bytes to be changed; copied if somebody else has them, too.
    fn own(&mut self) -> &mut [u8] {
        if let Self::Shared(bytes) = self {
            *self = Self::Own(std::mem::take(bytes).into());
        }
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(_) => &mut [],
        }
    }
}

impl PartialEq for ByteVector {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Hash for ByteVector {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "bytevector?" (1) => |args| truth(is::<ByteVector>(&args[0])),
    "make-bytevector" (1, 2) bulky => |args| {
        Ok(make(vec![if args.len() > 1 { byte(args, 1)? } else { 0 }; length(args, 0, 1)?]))
    },
    "bytevector" (0, _) => |args| {
        Ok(make((0..args.len()).map(|index| byte(args, index)).collect::<Result<Vec<_>, _>>()?))
    },
    "bytevector-length" (1) => |args| {
        Ok(SteelVal::IntV(isize::try_from(bytes(args, 0, <[u8]>::len)?).unwrap_or(isize::MAX)))
    },
    "bytevector-u8-ref" (2) => |args| {
        let index = index(args, 1)?;
        let byte = bytes(args, 0, |bytes| bytes.get(index).copied().ok_or_else(|| out_of_range(index, bytes.len())))??;
        Ok(SteelVal::IntV(byte.into()))
    },
    "bytevector-u8-set!" (3) => |args| {
        let (index, byte) = (index(args, 1)?, byte(args, 2)?);
        edit(args, 0, |bytes| {
            let length = bytes.len();
            *bytes.get_mut(index).ok_or_else(|| out_of_range(index, length))? = byte;
            Ok(())
        })
    },
    "bytevector-copy" (1, 3) bulky => |args| Ok(make(part(args, 0, 1)?)),
    "bytevector-copy!" (3, 5) => |args| {
        let at = index(args, 1)?;
        let source = part(args, 2, 3)?;
        edit(args, 0, |target| {
            let length = target.len();
            let end = at.saturating_add(source.len());
            target.get_mut(at..end).ok_or_else(|| out_of_range(end, length))?.copy_from_slice(&source);
            Ok(())
        })
    },
    "bytevector-append" (0, _) bulky => |args| {
        let lengths = (0..args.len()).map(|position| bytes(args, position, <[u8]>::len));
        let length = lengths.sum::<Result<usize, _>>()?;
        check_length(length, 1)?;
        let mut all = Vec::with_capacity(length);
        for position in 0..args.len() {
            bytes(args, position, |bytes| all.extend_from_slice(bytes))?;
        }
        Ok(make(all))
    },
    "utf8->string" (1, 3) bulky => |args| match String::from_utf8(part(args, 0, 1)?) {
        Ok(whole) => text(whole),
        Err(_) => Err(Fault::misuse("the bytes are not UTF-8")),
    },
];

/// A bytevector of `bytes`.
pub(in crate::engine) fn make(bytes: Vec<u8>) -> SteelVal {
    wrap(ByteVector::Own(bytes))
}

/// A bytevector of what came from elsewhere.
pub(in crate::engine) fn make_received(bytes: &Bytes) -> SteelVal {
    let is_short = bytes.len() < RECEIVED_SHARED_MIN;
    wrap(if is_short { ByteVector::Own(bytes.to_vec()) } else { ByteVector::Shared(bytes.clone()) })
}

/// Calls `view` with the bytes of the bytevector at `position`.
pub(super) fn bytes<R>(args: &[SteelVal], position: usize, view: impl FnOnce(&[u8]) -> R) -> Result<R, Fault> {
    look(args, position, "a bytevector", |bytes: &ByteVector| view(bytes.as_slice()))
}

/// Changes the bytes of the bytevector at `position` where they are.
pub(super) fn edit(args: &[SteelVal], position: usize, edit: impl FnOnce(&mut [u8]) -> Result<(), Fault>) -> Outcome {
    change(args, position, "a bytevector", |bytes: &mut ByteVector| edit(bytes.own()))??;
    Ok(SteelVal::Void)
}

/// The bytes of the bytevector at `position` between the optional bounds at `bounds`.
pub(super) fn part(args: &[SteelVal], position: usize, bounds: usize) -> Result<Vec<u8>, Fault> {
    let within: Range<usize> = range(args, bounds, bytes(args, position, <[u8]>::len)?)?;
    bytes(args, position, |bytes| bytes[within].to_vec())
}
