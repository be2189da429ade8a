//! Pairs and lists: what needs no call of a procedure.

use steel::SteelVal;

use super::{
    arguments::{
        VALUE_BYTES, check_length, describe, index, length, list, make_list, out_of_range, truth, weight, wrong,
    },
    control::several,
    equality::{equal, identical},
    numbers::{WORK_OF_ARITHMETIC, add, is_number, multiply},
    table::Native,
};
use crate::engine::{
    fault::{Fault, Outcome},
    session::Session,
};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "pair?" (1) => |args| truth(is_pair(&args[0])),
    "null?" (1) => |args| truth(is_null(&args[0])),
    "list?" (1) => |args| truth(matches!(args[0], SteelVal::ListV(_))),
    "cons" (2) => |args| Ok(cons(args[0].clone(), args[1].clone())),
    "car" (1) => |args| follow(args, "a"),
    "cdr" (1) => |args| follow(args, "d"),
    "caar" (1) => |args| follow(args, "aa"),
    "cadr" (1) => |args| follow(args, "ad"),
    "cdar" (1) => |args| follow(args, "da"),
    "cddr" (1) => |args| follow(args, "dd"),
    "caaar" (1) => |args| follow(args, "aaa"),
    "caadr" (1) => |args| follow(args, "aad"),
    "cadar" (1) => |args| follow(args, "ada"),
    "caddr" (1) => |args| follow(args, "add"),
    "cdaar" (1) => |args| follow(args, "daa"),
    "cdadr" (1) => |args| follow(args, "dad"),
    "cddar" (1) => |args| follow(args, "dda"),
    "cdddr" (1) => |args| follow(args, "ddd"),
    "caaaar" (1) => |args| follow(args, "aaaa"),
    "caaadr" (1) => |args| follow(args, "aaad"),
    "caadar" (1) => |args| follow(args, "aada"),
    "caaddr" (1) => |args| follow(args, "aadd"),
    "cadaar" (1) => |args| follow(args, "adaa"),
    "cadadr" (1) => |args| follow(args, "adad"),
    "caddar" (1) => |args| follow(args, "adda"),
    "cadddr" (1) => |args| follow(args, "addd"),
    "cdaaar" (1) => |args| follow(args, "daaa"),
    "cdaadr" (1) => |args| follow(args, "daad"),
    "cdadar" (1) => |args| follow(args, "dada"),
    "cdaddr" (1) => |args| follow(args, "dadd"),
    "cddaar" (1) => |args| follow(args, "ddaa"),
    "cddadr" (1) => |args| follow(args, "ddad"),
    "cdddar" (1) => |args| follow(args, "ddda"),
    "cddddr" (1) => |args| follow(args, "dddd"),
    "first" (1) => |args| nth(args, 0),
    "second" (1) => |args| nth(args, 1),
    "third" (1) => |args| nth(args, 2),
    "fourth" (1) => |args| nth(args, 3),
    "fifth" (1) => |args| nth(args, 4),
    "list" (0, _) => |args| Ok(make_list(args.iter().cloned())),
    "cons*" (1, _) => |args| {
        let (tail, items) = args.split_last().expect("at least one argument");
        Ok(prepend(items.iter().cloned(), tail.clone()))
    },
    "make-list" (1, 2) bulky => |args| {
        let fill = args.get(1).cloned().unwrap_or(SteelVal::Void);
        Ok(make_list(std::iter::repeat_n(fill, length(args, 0, VALUE_BYTES)?)))
    },
    "length" (1) => |args| match &args[0] {
        SteelVal::ListV(list) => Ok(SteelVal::IntV(isize::try_from(list.len()).unwrap_or(isize::MAX))),
        _ => Err(wrong(args, 0, "a list")),
    },
    "append" (0, _) bulky => append,
    "concatenate" (1) => |args| append(&list(args, 0)?.cloned().collect::<Vec<_>>()),
    "reverse" (1) => |args| Ok(make_list(list(args, 0)?.cloned().collect::<Vec<_>>().into_iter().rev())),
    "append-reverse" (2) => |args| {
        let mut items: Vec<_> = list(args, 0)?.cloned().collect();
        items.reverse();
        Ok(prepend(items, args[1].clone()))
    },
    "list-tail" (2) => list_tail,
    "drop" (2) => list_tail,
    "list-ref" (2) => |args| match list_tail(args)? {
        SteelVal::ListV(list) if !list.is_empty() => Ok(list.first().expect("not empty").clone()),
        SteelVal::Pair(pair) => Ok(pair.car()),
        _ => Err(too_short(args)),
    },
    "take" (2) => |args| Ok(take(args)?.0),
    "split-at" (2) => |args| {
        let (taken, rest) = take(args)?;
        Ok(several([taken, rest]))
    },
    "last" (1) => |args| match &args[0] {
        SteelVal::ListV(list) if !list.is_empty() => Ok(list.last().expect("not empty").clone()),
        _ => Err(wrong(args, 0, "a list of at least one item")),
    },
    "last-pair" (1) => last_pair,
    "list-copy" (1) bulky => |args| match &args[0] {
        SteelVal::ListV(list) => Ok(make_list(list.iter().cloned())),
        other => Ok(other.clone()),
    },
    "memq" (2) => |args| member(args, |left, right| Ok(identical(left, right))),
    "memv" (2) => |args| member(args, |left, right| Ok(identical(left, right))),
    "%member" (2) => |args| member(args, equal),
    "assq" (2) => |args| association(args, |left, right| Ok(identical(left, right))),
    "assv" (2) => |args| association(args, |left, right| Ok(identical(left, right))),
    "%assoc" (2) => |args| association(args, equal),
    "iota" (1, 3) bulky => iota,
    "%sort-by-native" (2) => sort_by_native,
    // For the procedures of the prelude that walk several lists at once.
    "%any-null?" (1) => |args| {
        for item in list(args, 0)? {
            match item {
                SteelVal::ListV(list) if list.is_empty() => return truth(true),
                SteelVal::ListV(_) | SteelVal::Pair(_) => {}
                other => return Err(Fault::misuse(format!("expected a list, not {}", describe(other)))),
            }
        }
        truth(false)
    },
    "%cars" (1) => |args| each(args, "a"),
    "%cdrs" (1) => |args| each(args, "d"),
];

/// Whether `value` is a pair.
pub(super) fn is_pair(value: &SteelVal) -> bool {
    match value {
        SteelVal::ListV(list) => !list.is_empty(),
        other => matches!(other, SteelVal::Pair(_)),
    }
}

fn is_null(value: &SteelVal) -> bool {
    matches!(value, SteelVal::ListV(list) if list.is_empty())
}

/// A pair; a list if `tail` is one.
pub(in crate::engine) fn cons(mut head: SteelVal, tail: SteelVal) -> SteelVal {
    match tail {
        SteelVal::ListV(mut list) => {
            list.cons_mut(head);
            SteelVal::ListV(list)
        }
        mut tail => {
            // The type of pairs has no public name, so one is made by the procedure that Steel offers for it.
            steel::primitives::lists::cons(&mut head, &mut tail).expect("two values make a pair")
        }
    }
}

/// `items` before `tail`.
pub(in crate::engine) fn prepend<I>(items: I, tail: SteelVal) -> SteelVal
where
    I: IntoIterator<Item = SteelVal>,
    I::IntoIter: DoubleEndedIterator,
{
    items.into_iter().rev().fold(tail, |tail, head| cons(head, tail))
}

/// Follows a path of `a`s and `d`s from its end, as the name of `cadr` says.
fn follow(args: &[SteelVal], path: &str) -> Outcome {
    let mut value = args[0].clone();
    for step in path.bytes().rev() {
        value = match (&value, step) {
            (SteelVal::ListV(list), b'a') => list.first().cloned(),
            (SteelVal::ListV(list), _) => (!list.is_empty()).then(|| SteelVal::ListV(list.rest().unwrap_or_default())),
            (SteelVal::Pair(pair), b'a') => Some(pair.car()),
            (SteelVal::Pair(pair), _) => Some(pair.cdr()),
            _ => None,
        }
        .ok_or_else(|| match path.len() {
            1 => wrong(args, 0, "a pair"),
            _ => wrong(args, 0, "pairs nested deeply enough"),
        })?;
    }
    Ok(value)
}

fn each(args: &[SteelVal], path: &str) -> Outcome {
    let parts = list(args, 0)?.map(|item| follow(std::slice::from_ref(item), path));
    Ok(make_list(parts.collect::<Result<Vec<_>, _>>()?))
}

fn nth(args: &[SteelVal], position: usize) -> Outcome {
    match &args[0] {
        SteelVal::ListV(list) => list.get(position).cloned().ok_or_else(|| out_of_range(position, list.len())),
        _ => Err(wrong(args, 0, "a list")),
    }
}

fn append(args: &[SteelVal]) -> Outcome {
    let Some((last, firsts)) = args.split_last() else { return Ok(make_list([])) };
    // One by one onto the last: Steel's own way to append walks along both lists, for each list again.
    let lengths = firsts.iter().map(|first| if let SteelVal::ListV(list) = first { list.len() } else { 0 });
    let length = lengths.sum();
    // There and in the list.
    check_length(length, 2 * VALUE_BYTES)?;
    let mut items = Vec::with_capacity(length);
    for (position, first) in firsts.iter().enumerate() {
        let SteelVal::ListV(list) = first else { return Err(wrong(args, position, "a list")) };
        for item in list {
            items.push(item.clone());
            Session::work(1)?;
        }
    }
    Ok(prepend(items, last.clone()))
}

fn list_tail(args: &[SteelVal]) -> Outcome {
    let steps = index(args, 1)?;
    let mut value = args[0].clone();
    for _ in 0..steps {
        value = match &value {
            SteelVal::ListV(list) => (!list.is_empty()).then(|| SteelVal::ListV(list.rest().unwrap_or_default())),
            SteelVal::Pair(pair) => Some(pair.cdr()),
            _ => None,
        }
        .ok_or_else(|| too_short(args))?;
    }
    Ok(value)
}

fn take(args: &[SteelVal]) -> Result<(SteelVal, SteelVal), Fault> {
    let steps = index(args, 1)?;
    let mut taken = Vec::new();
    let mut value = args[0].clone();
    for _ in 0..steps {
        let (head, tail) = match &value {
            SteelVal::ListV(list) => (list.first().cloned(), Some(SteelVal::ListV(list.rest().unwrap_or_default()))),
            SteelVal::Pair(pair) => (Some(pair.car()), Some(pair.cdr())),
            _ => (None, None),
        };
        taken.push(head.ok_or_else(|| too_short(args))?);
        value = tail.ok_or_else(|| too_short(args))?;
    }
    Ok((make_list(taken), value))
}

#[cold]
fn too_short(args: &[SteelVal]) -> Fault {
    match (&args[0], index(args, 1)) {
        (SteelVal::ListV(list), Ok(wanted)) => out_of_range(wanted, list.len()),
        (SteelVal::Pair(_), _) => Fault::misuse("the list is too short"),
        _ => wrong(args, 0, "a list"),
    }
}

fn last_pair(args: &[SteelVal]) -> Outcome {
    match &args[0] {
        SteelVal::ListV(list) if !list.is_empty() => Ok(make_list([list.last().expect("not empty").clone()])),
        SteelVal::Pair(_) => {
            let mut value = args[0].clone();
            loop {
                match &value {
                    SteelVal::Pair(pair) if is_pair(pair.cdr_ref()) => value = pair.cdr(),
                    _ => return Ok(value),
                }
            }
        }
        _ => Err(wrong(args, 0, "a pair")),
    }
}

fn member(args: &[SteelVal], same: fn(&SteelVal, &SteelVal) -> Result<bool, Fault>) -> Outcome {
    let SteelVal::ListV(list) = &args[1] else { return Err(wrong(args, 1, "a list")) };
    for (position, item) in list.iter().enumerate() {
        Session::work(weight(item))?;
        if same(&args[0], item)? {
            let tail = list.tail(position).unwrap_or_default();
            return Ok(SteelVal::ListV(tail));
        }
    }
    truth(false)
}

fn association(args: &[SteelVal], same: fn(&SteelVal, &SteelVal) -> Result<bool, Fault>) -> Outcome {
    for item in list(args, 1)? {
        let key = match item {
            SteelVal::ListV(entry) => entry.first(),
            SteelVal::Pair(entry) => Some(entry.car_ref()),
            _ => None,
        };
        let key = key.ok_or_else(|| wrong(args, 1, "a list of pairs"))?;
        Session::work(weight(key))?;
        if same(&args[0], key)? {
            return Ok(item.clone());
        }
    }
    truth(false)
}

fn iota(args: &[SteelVal]) -> Outcome {
    let count = length(args, 0, VALUE_BYTES)?;
    let zero_and_one = [SteelVal::IntV(0), SteelVal::IntV(1)];
    let start = args.get(1).unwrap_or(&zero_and_one[0]);
    let step = args.get(2).unwrap_or(&zero_and_one[1]);
    for position in 1..args.len() {
        if !is_number(&args[position]) {
            return Err(wrong(args, position, "a number"));
        }
    }
    check_length(count, VALUE_BYTES)?;
    if let (SteelVal::IntV(start), SteelVal::IntV(step)) = (start, step) {
        let last = isize::try_from(count).ok().and_then(|count| step.checked_mul(count)?.checked_add(*start));
        if last.is_some() {
            return Ok(make_list(
                std::iter::successors(Some(*start), |n| n.checked_add(*step)).take(count).map(SteelVal::IntV),
            ));
        }
    }
    let mut items = Vec::with_capacity(count);
    for position in 0..count {
        let position = SteelVal::IntV(isize::try_from(position).unwrap_or(isize::MAX));
        let offset = multiply(args, 0, &position, step)?;
        let item = add(args, 0, start, &offset)?;
        Session::work(WORK_OF_ARITHMETIC * weight(&item))?;
        items.push(item);
    }
    Ok(make_list(items))
}

/// Longer lists are sorted by the prelude, which can be interrupted.
const NATIVE_SORT_MAX: usize = 200_000;

/// `(%sort-by-native list less?)`: the sorted list if `less?` is a native, which keeps no continuation and so may be
/// called from here; else `#f`.
fn sort_by_native(args: &[SteelVal]) -> Outcome {
    let (SteelVal::ListV(items), SteelVal::FuncV(less)) = (&args[0], &args[1]) else { return truth(false) };
    if items.len() > NATIVE_SORT_MAX {
        return truth(false);
    }
    let session = Session::current()?;
    let mut sorted: Vec<SteelVal> = items.iter().cloned().collect();
    let mut merged = Vec::with_capacity(sorted.len());
    // Not the standard library's sort: that one panics where `less?` is no order.
    let mut width = 1;
    while width < sorted.len() {
        for pair in sorted.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
                // Not by the work: what is no order may take long over small numbers.
                if session.is_cancelled() {
                    return Err(Fault::Interrupted);
                }
                let swaps = less(&[second.clone(), first.clone()]).map_err(Fault::Native)?;
                if matches!(swaps, SteelVal::BoolV(false)) {
                    merged.push(first.clone());
                    left = left_rest;
                } else {
                    merged.push(second.clone());
                    right = right_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut sorted, &mut merged);
        merged.clear();
        width *= 2;
    }
    Ok(make_list(sorted))
}
