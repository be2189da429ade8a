//! Vectors, which live in Steel's heap so that its vector instructions apply.

use steel::SteelVal;

use super::{
    arguments::{VALUE_BYTES, check_length, index, length, list, make_list, out_of_range, range, truth, wrong},
    records::is_record,
    table::{MakeVector, Native},
};
use crate::engine::{
    fault::{Fault, Outcome},
    session::Session,
};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "vector?" (1) => |args| truth(matches!(args[0], SteelVal::MutableVector(_)) && !is_record(&args[0])),
    "vector-length" (1) => |args| {
        Ok(SteelVal::IntV(isize::try_from(with_items(args, 0, |items| items.len())?).unwrap_or(isize::MAX)))
    },
    "vector-ref" (2) => |args| {
        let index = index(args, 1)?;
        with_items(args, 0, |items| items.get(index).cloned().ok_or_else(|| out_of_range(index, items.len())))?
    },
    "vector-set!" (3) => |args| {
        let index = index(args, 1)?;
        change(args, 0, |items| {
            let length = items.len();
            let slot = items.get_mut(index).ok_or_else(|| out_of_range(index, length))?;
            *slot = args[2].clone();
            Ok(())
        })
    },
    "vector->list" (1, 3) => |args| Ok(make_list(part(args, 0, 1)?)),
    "vector-fill!" (2, 4) => |args| {
        let within = range(args, 2, with_items(args, 0, |items| items.len())?)?;
        change(args, 0, |items| {
            items[within].fill(args[1].clone());
            Ok(())
        })
    },
    "vector-copy!" (3, 5) => |args| {
        let at = index(args, 1)?;
        // Copied out first: the source may be the target.
        let items = part(args, 2, 3)?;
        change(args, 0, |target| {
            let length = target.len();
            let end = at.saturating_add(items.len());
            let room = target.get_mut(at..end).ok_or_else(|| out_of_range(end, length))?;
            room.clone_from_slice(&items);
            Ok(())
        })
    },
];

pub(in crate::engine) const HEAP_NATIVES: &[Native] = heap_natives![
    "make-vector" (1, 2) => |make: &mut MakeVector<'_>, args: &[SteelVal]| {
        Ok(make(vec![args.get(1).cloned().unwrap_or(SteelVal::Void); length(args, 0, VALUE_BYTES)?]))
    },
    "vector" (0, _) => |make: &mut MakeVector<'_>, args: &[SteelVal]| Ok(make(args.to_vec())),
    "list->vector" (1) => |make: &mut MakeVector<'_>, args: &[SteelVal]| Ok(make(list(args, 0)?.cloned().collect())),
    "vector-copy" (1, 3) => |make: &mut MakeVector<'_>, args: &[SteelVal]| Ok(make(part(args, 0, 1)?)),
    "vector-append" (0, _) => |make: &mut MakeVector<'_>, args: &[SteelVal]| {
        let lengths = (0..args.len()).map(|position| with_items(args, position, <[SteelVal]>::len));
        let length = lengths.sum::<Result<usize, _>>()?;
        check_length(length, VALUE_BYTES)?;
        let mut items = Vec::with_capacity(length);
        for position in 0..args.len() {
            with_items(args, position, |part| items.extend_from_slice(part))?;
        }
        Ok(make(items))
    },
];

/// Calls `look` with the items of the vector at `position`.
pub(super) fn with_items<T>(
    args: &[SteelVal],
    position: usize,
    look: impl FnOnce(&[SteelVal]) -> T,
) -> Result<T, Fault> {
    match args.get(position) {
        // A record is a vector to Steel, and to nobody else.
        Some(value @ SteelVal::MutableVector(vector)) if !is_record(value) => Ok(vector.borrow(|items| look(items))),
        _ => Err(wrong(args, position, "a vector")),
    }
}

/// The items of the vector at `position` between the optional bounds at `bounds`.
fn part(args: &[SteelVal], position: usize, bounds: usize) -> Result<Vec<SteelVal>, Fault> {
    let within = range(args, bounds, with_items(args, position, |items| items.len())?)?;
    check_length(within.len(), VALUE_BYTES)?;
    Session::work(within.len())?;
    with_items(args, position, |items| items[within].to_vec())
}

/// Changes the items of the vector at `position` where they are.
fn change(args: &[SteelVal], position: usize, edit: impl FnOnce(&mut [SteelVal]) -> Result<(), Fault>) -> Outcome {
    match args.get(position) {
        Some(value) if !is_record(value) => {
            change_items(value, edit).unwrap_or_else(|| Err(wrong(args, position, "a vector")))
        }
        _ => Err(wrong(args, position, "a vector")),
    }
}

/// Changes the items of what is a vector to Steel; `None` if `value` is none.
pub(super) fn change_items(
    value: &SteelVal,
    edit: impl FnOnce(&mut [SteelVal]) -> Result<(), Fault>,
) -> Option<Outcome> {
    let SteelVal::MutableVector(vector) = value else { return None };
    // Steel lends no mutable access: the items are taken out and put back.
    let mut items = vector.set_and_return(Vec::new());
    let result = edit(&mut items);
    vector.set_and_return(items);
    Some(result.map(|()| SteelVal::Void))
}
