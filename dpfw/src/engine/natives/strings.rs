//! Strings: immutable, so that what changes one makes another.

use std::{cmp::Ordering, ops::Range, str::Chars};

use steel::SteelVal;

use super::{
    arguments::{
        VALUE_BYTES, character, check_length, index, length, list, make_list, out_of_range, range, string, truth, wrong,
    },
    chars::{compare_folded, folded},
    table::{MakeVector, Native},
};
use crate::engine::{
    fault::{Fault, Outcome},
    session::{BYTES_PER_UNIT, Session},
};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "string?" (1) => |args| truth(matches!(args[0], SteelVal::StringV(_))),
    "string-null?" (1) => |args| truth(string(args, 0)?.is_empty()),
    "make-string" (1, 2) bulky => |args| {
        let fill = if args.len() > 1 { character(args, 1)? } else { ' ' };
        let count = length(args, 0, 1)?;
        check_length(count.saturating_mul(fill.len_utf8()), 1)?;
        text(fill.to_string().repeat(count))
    },
    "string" (0, _) => |args| collect((0..args.len()).map(|index| character(args, index))),
    "string-length" (1) => |args| Ok(SteelVal::IntV(isize::try_from(count(string(args, 0)?)).unwrap_or(isize::MAX))),
    "string-ref" (2) => string_ref,
    "string=?" (1, _) => |args| chain(args, compare, Ordering::is_eq),
    "string<?" (1, _) => |args| chain(args, compare, Ordering::is_lt),
    "string>?" (1, _) => |args| chain(args, compare, Ordering::is_gt),
    "string<=?" (1, _) => |args| chain(args, compare, Ordering::is_le),
    "string>=?" (1, _) => |args| chain(args, compare, Ordering::is_ge),
    "string-ci=?" (1, _) => |args| chain(args, compare_folded, Ordering::is_eq),
    "string-ci<?" (1, _) => |args| chain(args, compare_folded, Ordering::is_lt),
    "string-ci>?" (1, _) => |args| chain(args, compare_folded, Ordering::is_gt),
    "string-ci<=?" (1, _) => |args| chain(args, compare_folded, Ordering::is_le),
    "string-ci>=?" (1, _) => |args| chain(args, compare_folded, Ordering::is_ge),
    "string-upcase" (1) bulky => |args| collect(string(args, 0)?.chars().flat_map(char::to_uppercase).map(Ok)),
    "string-downcase" (1) bulky => |args| {
        let whole = string(args, 0)?;
        // Two bytes become three at most.
        check_length(if whole.is_ascii() { whole.len() } else { whole.len() / 2 * 3 }, 1)?;
        text(whole.to_lowercase())
    },
    "string-foldcase" (1) bulky => |args| text(folded(string(args, 0)?)?),
    "substring" (2, 3) bulky => |args| part(args, 0, 1),
    "string-copy" (1, 3) bulky => |args| part(args, 0, 1),
    "string-append" (0, _) bulky => |args| {
        let pieces = (0..args.len()).map(|index| string(args, index)).collect::<Result<Vec<_>, _>>()?;
        join(&pieces, "")
    },
    "string-concatenate" (1) => |args| join(&strings(args, 0)?, ""),
    "string-join" (1, 2) bulky => |args| join(&strings(args, 0)?, if args.len() > 1 { string(args, 1)? } else { " " }),
    "string->list" (1, 3) bulky => |args| Ok(make_list(items(args)?.map(SteelVal::CharV))),
    "list->string" (1) bulky => |args| collect(list(args, 0)?.map(|item| match item {
        SteelVal::CharV(c) => Ok(*c),
        _ => Err(wrong(args, 0, "a list of characters")),
    })),
    "vector->string" (1, 3) bulky => |args| {
        let SteelVal::MutableVector(vector) = &args[0] else { return Err(wrong(args, 0, "a vector")) };
        let within = range(args, 1, vector.borrow(Vec::len))?;
        vector.borrow(|items| collect(items[within].iter().map(|item| match item {
            SteelVal::CharV(c) => Ok(*c),
            _ => Err(wrong(args, 0, "a vector of characters")),
        })))
    },
    "string-reverse" (1) => |args| text(string(args, 0)?.chars().rev().collect()),
    "string-contains" (2) => |args| {
        let text = string(args, 0)?;
        Ok(position(text, text.find(string(args, 1)?)))
    },
    "%string-index" (2) => |args| {
        let (text, wanted) = (string(args, 0)?, character(args, 1)?);
        Ok(position(text, text.find(wanted)))
    },
    "string-prefix?" (2) => |args| truth(string(args, 1)?.starts_with(string(args, 0)?)),
    "string-suffix?" (2) => |args| truth(string(args, 1)?.ends_with(string(args, 0)?)),
    "string-trim" (1) => |args| text(string(args, 0)?.trim_start().to_owned()),
    "string-trim-right" (1) => |args| text(string(args, 0)?.trim_end().to_owned()),
    "string-trim-both" (1) => |args| text(string(args, 0)?.trim().to_owned()),
    "string-pad-left" (2, 3) bulky => |args| pad(args, true),
    "string-pad-right" (2, 3) bulky => |args| pad(args, false),
    "string-take" (2) => |args| {
        let taken = characters(args, 0, 0..index(args, 1)?)?;
        text(taken.to_owned())
    },
    "string-drop" (2) => |args| {
        let whole = count(string(args, 0)?);
        let dropped = index(args, 1)?;
        if dropped > whole {
            return Err(out_of_range(dropped, whole));
        }
        text(characters(args, 0, dropped..whole)?.to_owned())
    },
    "string->utf8" (1, 3) bulky => |args| Ok(super::bytes::make(slice(args, 0, 1)?.as_bytes().to_vec())),
];

pub(in crate::engine) const HEAP_NATIVES: &[Native] = heap_natives![
    "string->vector" (1, 3) => |make: &mut MakeVector<'_>, args: &[SteelVal]| {
        Ok(make(items(args)?.map(SteelVal::CharV).collect()))
    },
];

#[expect(clippy::unnecessary_wraps, reason = "it ends natives, which may fail")]
pub(super) fn text(text: String) -> Outcome {
    Ok(SteelVal::StringV(text.into()))
}

fn collect(characters: impl Iterator<Item = Result<char, Fault>>) -> Outcome {
    let mut collected = String::new();
    for (index, character) in characters.enumerate() {
        collected.push(character?);
        if index % WORK_UNCOUNTED == WORK_UNCOUNTED - 1 {
            check_length(collected.len(), 1)?;
            Session::work(WORK_UNCOUNTED)?;
        }
    }
    text(collected)
}

/// How many characters; quick for text that is all ASCII.
pub(super) fn count(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

fn string_ref(args: &[SteelVal]) -> Outcome {
    let (text, index) = (string(args, 0)?, index(args, 1)?);
    let found = match text.as_bytes().get(..=index) {
        // Only what is before the character decides where it is.
        Some(before) if before.is_ascii() => Some(char::from(before[index])),
        _ => text.chars().nth(index),
    };
    found.map(SteelVal::CharV).ok_or_else(|| out_of_range(index, count(text)))
}

/// The characters `range` of the string at `position`.
fn characters(args: &[SteelVal], position: usize, range: Range<usize>) -> Result<&str, Fault> {
    let text = string(args, position)?;
    if text.is_ascii() {
        return text.get(range.clone()).ok_or_else(|| out_of_range(range.end, text.len()));
    }
    let mut offsets = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
    let start = offsets.nth(range.start).ok_or_else(|| out_of_range(range.start, count(text)))?;
    let end = match range.end - range.start {
        0 => start,
        length => offsets.nth(length - 1).ok_or_else(|| out_of_range(range.end, count(text)))?,
    };
    Ok(&text[start..end])
}

/// The part of the string at `position` between the optional start and end at `bounds`.
pub(super) fn slice(args: &[SteelVal], position: usize, bounds: usize) -> Result<&str, Fault> {
    let text = string(args, position)?;
    if args.len() <= bounds {
        return Ok(text);
    }
    let within = range(args, bounds, count(text))?;
    characters(args, position, within)
}

/// The characters of a string, or of a part of it, if there is room for them as items.
fn items(args: &[SteelVal]) -> Result<Chars<'_>, Fault> {
    let slice = slice(args, 0, 1)?;
    if slice.len() > WORK_UNCOUNTED {
        let count = count(slice);
        check_length(count, VALUE_BYTES)?;
        Session::work(count)?;
    }
    Ok(slice.chars())
}

/// Bytes of text that are not worth counting.
const WORK_UNCOUNTED: usize = 4096;

fn part(args: &[SteelVal], position: usize, bounds: usize) -> Outcome {
    text(slice(args, position, bounds)?.to_owned())
}

/// The order of two texts.
type Compare = fn(&str, &str) -> Result<Ordering, Fault>;

fn chain(args: &[SteelVal], compare: Compare, test: fn(Ordering) -> bool) -> Outcome {
    let mut holds = true;
    let mut last = string(args, 0)?;
    for index in 1..args.len() {
        let next = string(args, index)?;
        holds &= test(compare(last, next)?);
        last = next;
    }
    truth(holds)
}

fn compare(left: &str, right: &str) -> Result<Ordering, Fault> {
    Session::work(1 + left.len().min(right.len()) / BYTES_PER_UNIT)?;
    Ok(left.cmp(right))
}

fn strings(args: &[SteelVal], index: usize) -> Result<Vec<&str>, Fault> {
    list(args, index)?
        .map(|item| match item {
            SteelVal::StringV(text) => Ok(text.as_str()),
            _ => Err(wrong(args, index, "a list of strings")),
        })
        .collect()
}

fn join(pieces: &[&str], delimiter: &str) -> Outcome {
    let lengths: usize = pieces.iter().map(|piece| piece.len()).sum();
    check_length(lengths.saturating_add(delimiter.len().saturating_mul(pieces.len())), 1)?;
    text(pieces.join(delimiter))
}

/// The character position for a byte offset, or `#f`.
fn position(text: &str, offset: Option<usize>) -> SteelVal {
    match offset.map(|offset| isize::try_from(count(&text[..offset]))) {
        Some(Ok(position)) => SteelVal::IntV(position),
        _ => SteelVal::BoolV(false),
    }
}

/// Pads with blanks, or cuts, on the side named.
fn pad(args: &[SteelVal], left: bool) -> Outcome {
    let (whole, width) = (string(args, 0)?, length(args, 1, 1)?);
    let fill = if args.len() > 2 { character(args, 2)? } else { ' ' };
    let length = count(whole);
    if length >= width {
        let kept = if left { length - width..length } else { 0..width };
        return text(characters(args, 0, kept)?.to_owned());
    }
    let bytes = (width - length).saturating_mul(fill.len_utf8()).saturating_add(whole.len());
    check_length(bytes, 1)?;
    let mut padded = String::with_capacity(bytes);
    let padding = std::iter::repeat_n(fill, width - length);
    if left {
        padded.extend(padding);
        padded.push_str(whole);
    } else {
        padded.push_str(whole);
        padded.extend(padding);
    }
    text(padded)
}
