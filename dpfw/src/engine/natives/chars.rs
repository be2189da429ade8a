//! Characters.

use std::cmp::Ordering;

use steel::SteelVal;

use super::{
    arguments::{character, check_length, truth, wrong},
    table::Native,
};
use crate::engine::{
    fault::{Fault, Outcome},
    session::Session,
};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "char?" (1) => |args| truth(matches!(args[0], SteelVal::CharV(_))),
    "char=?" (1, _) => |args| chain(args, |c| c, Ordering::is_eq),
    "char<?" (1, _) => |args| chain(args, |c| c, Ordering::is_lt),
    "char>?" (1, _) => |args| chain(args, |c| c, Ordering::is_gt),
    "char<=?" (1, _) => |args| chain(args, |c| c, Ordering::is_le),
    "char>=?" (1, _) => |args| chain(args, |c| c, Ordering::is_ge),
    "char-ci=?" (1, _) => |args| chain(args, fold, Ordering::is_eq),
    "char-ci<?" (1, _) => |args| chain(args, fold, Ordering::is_lt),
    "char-ci>?" (1, _) => |args| chain(args, fold, Ordering::is_gt),
    "char-ci<=?" (1, _) => |args| chain(args, fold, Ordering::is_le),
    "char-ci>=?" (1, _) => |args| chain(args, fold, Ordering::is_ge),
    "char-alphabetic?" (1) => |args| truth(character(args, 0)?.is_alphabetic()),
    "char-numeric?" (1) => |args| truth(digit_value(character(args, 0)?).is_some()),
    "char-whitespace?" (1) => |args| truth(character(args, 0)?.is_whitespace()),
    "char-upper-case?" (1) => |args| truth(character(args, 0)?.is_uppercase()),
    "char-lower-case?" (1) => |args| truth(character(args, 0)?.is_lowercase()),
    "digit-value" (1) => |args| Ok(digit_value(character(args, 0)?).map_or(SteelVal::BoolV(false), SteelVal::IntV)),
    "char->integer" (1) => |args| Ok(SteelVal::IntV(isize::try_from(u32::from(character(args, 0)?)).unwrap_or(0))),
    "integer->char" (1) => integer_to_char,
    "char-upcase" (1) => |args| Ok(SteelVal::CharV(upcase(character(args, 0)?))),
    "char-downcase" (1) => |args| Ok(SteelVal::CharV(downcase(character(args, 0)?))),
    "char-foldcase" (1) => |args| Ok(SteelVal::CharV(fold(character(args, 0)?))),
];

fn chain(args: &[SteelVal], key: fn(char) -> char, test: fn(Ordering) -> bool) -> Outcome {
    let mut holds = true;
    let mut last = key(character(args, 0)?);
    for index in 1..args.len() {
        let next = key(character(args, index)?);
        holds &= test(last.cmp(&next));
        last = next;
    }
    truth(holds)
}

/// The upper case of `c` where that is one character, else `c`.
pub(super) fn upcase(c: char) -> char {
    single(c, c.to_uppercase())
}

/// The lower case of `c` where that is one character, else `c`.
pub(super) fn downcase(c: char) -> char {
    single(c, c.to_lowercase())
}

/// `c` for comparisons without regard to case.
pub(super) fn fold(c: char) -> char {
    // By way of the upper case, so that both small sigmas are one letter.
    downcase(upcase(c))
}

/// `text` for comparisons without regard to case: `ß` is `ss`.
fn fold_text(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// The same as a whole; long texts take their time.
pub(super) fn folded(text: &str) -> Result<String, Fault> {
    let mut folded = String::with_capacity(text.len());
    for (index, c) in fold_text(text).enumerate() {
        if index % FOLDED_PER_LOOK == FOLDED_PER_LOOK - 1 {
            Session::work(FOLDED_PER_LOOK)?;
            check_length(folded.len(), 1)?;
        }
        folded.push(c);
    }
    Ok(folded)
}

/// So many characters are folded before the work is counted.
const FOLDED_PER_LOOK: usize = 1_024;

/// The order of two texts without regard to case.
pub(super) fn compare_folded(left: &str, right: &str) -> Result<Ordering, Fault> {
    let mut right = fold_text(right);
    for (index, c) in fold_text(left).enumerate() {
        if index % FOLDED_PER_LOOK == FOLDED_PER_LOOK - 1 {
            Session::work(FOLDED_PER_LOOK)?;
        }
        match right.next().map_or(Ordering::Greater, |other| c.cmp(&other)) {
            Ordering::Equal => {}
            order => return Ok(order),
        }
    }
    Ok(if right.next().is_some() { Ordering::Less } else { Ordering::Equal })
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// The value of a decimal digit of any script.
fn digit_value(c: char) -> Option<isize> {
    if !c.is_numeric() {
        return None;
    }
    let zero = ZEROS.iter().rev().find(|&&zero| zero <= u32::from(c))?;
    isize::try_from(u32::from(c) - zero).ok().filter(|value| *value < 10)
}

/// The zero of each script that has decimal digits, in order of code points: nine digits follow each.
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11C50, 0x16A60, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
    0x1D7EC, 0x1D7F6, 0x1E950,
];

fn integer_to_char(args: &[SteelVal]) -> Outcome {
    let code = match &args[0] {
        SteelVal::IntV(n) => u32::try_from(*n).ok().and_then(char::from_u32),
        _ => None,
    };
    code.map(SteelVal::CharV).ok_or_else(|| wrong(args, 0, "the code point of a character"))
}
