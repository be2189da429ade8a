//! Bytevectors.

use std::ops::Range;

use steel::{SteelVal, rvals::Custom};

use super::{
    arguments::{byte, check_length, index, length, out_of_range, range, truth},
    custom::{change, is, look, wrap},
    strings::text,
    table::Native,
};
use crate::engine::fault::{Fault, Outcome};

/// A bytevector. Steel has one of its own, whose content no other crate can reach.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(in crate::engine) struct ByteVector(pub(in crate::engine) Vec<u8>);

impl Custom for ByteVector {}

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "bytevector?" (1) => |args| truth(is::<ByteVector>(&args[0])),
    "make-bytevector" (1, 2) => |args| {
        Ok(make(vec![if args.len() > 1 { byte(args, 1)? } else { 0 }; length(args, 0)?]))
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
    "bytevector-copy" (1, 3) => |args| Ok(make(part(args, 0, 1)?)),
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
    "bytevector-append" (0, _) => |args| {
        let mut all = Vec::new();
        for position in 0..args.len() {
            bytes(args, position, |bytes| all.extend_from_slice(bytes))?;
            check_length(all.len())?;
        }
        Ok(make(all))
    },
    "utf8->string" (1, 3) => |args| match String::from_utf8(part(args, 0, 1)?) {
        Ok(whole) => text(whole),
        Err(_) => Err(Fault::misuse("the bytes are not UTF-8")),
    },
];

/// A bytevector of `bytes`.
pub(in crate::engine) fn make(bytes: Vec<u8>) -> SteelVal {
    wrap(ByteVector(bytes))
}

/// Calls `view` with the bytes of the bytevector at `position`.
pub(super) fn bytes<R>(args: &[SteelVal], position: usize, view: impl FnOnce(&[u8]) -> R) -> Result<R, Fault> {
    look(args, position, "a bytevector", |bytes: &ByteVector| view(&bytes.0))
}

/// Changes the bytes of the bytevector at `position` where they are.
pub(super) fn edit(args: &[SteelVal], position: usize, edit: impl FnOnce(&mut [u8]) -> Result<(), Fault>) -> Outcome {
    change(args, position, "a bytevector", |bytes: &mut ByteVector| edit(&mut bytes.0))??;
    Ok(SteelVal::Void)
}

/// The bytes of the bytevector at `position` between the optional bounds at `bounds`.
pub(super) fn part(args: &[SteelVal], position: usize, bounds: usize) -> Result<Vec<u8>, Fault> {
    let within: Range<usize> = range(args, bounds, bytes(args, position, <[u8]>::len)?)?;
    bytes(args, position, |bytes| bytes[within].to_vec())
}
