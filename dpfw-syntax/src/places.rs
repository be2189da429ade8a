//! Places of a source file, and the compact map from a task's core text to them.
//!
//! ```text
//! map   = entry …                                  sorted by offset
//! entry = offset - previous offset, varint | line - previous line, zigzag varint | column, varint
//! ```
//!
//! One string of bytes is one token of a macro's output, where a list of numbers would be hundreds.

/// A line and a column of a source, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, counted in characters.
    pub column: u32,
}

/// Packs entries of an offset and the place that it came from, sorted by offset.
pub fn encode_places(entries: impl IntoIterator<Item = (u32, Place)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut offset_before, mut line_before) = (0, 0);
    for (offset, place) in entries {
        push_varint(&mut bytes, u64::from(offset.saturating_sub(offset_before)));
        push_varint(&mut bytes, zigzag(i64::from(place.line) - i64::from(line_before)));
        push_varint(&mut bytes, u64::from(place.column));
        (offset_before, line_before) = (offset, place.line);
    }
    bytes
}

/// The place of the last entry at or before `offset`; `None` if there is none.
pub fn find_place(mut map: &[u8], offset: u32) -> Option<Place> {
    let mut found = None;
    let (mut at, mut line) = (0_u64, 0_i64);
    while !map.is_empty() {
        at += take_varint(&mut map)?;
        line += unzigzag(take_varint(&mut map)?);
        let column = take_varint(&mut map)?;
        if at > u64::from(offset) {
            break;
        }
        found = Some(Place { line: u32::try_from(line).ok()?, column: u32::try_from(column).ok()? });
    }
    found
}

fn zigzag(n: i64) -> u64 {
    if n < 0 { n.unsigned_abs() * 2 - 1 } else { n.unsigned_abs() * 2 }
}

fn unzigzag(n: u64) -> i64 {
    let half = i64::try_from(n / 2).unwrap_or(i64::MAX);
    if n % 2 == 1 { -half - 1 } else { half }
}

fn push_varint(bytes: &mut Vec<u8>, mut n: u64) {
    while let low @ 0x80.. = n {
        bytes.push(u8::try_from(low & 0x7f).unwrap_or_default() | 0x80);
        n >>= 7;
    }
    bytes.push(u8::try_from(n).unwrap_or_default());
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0;
    // Lines and columns fit 32 bits, their differences 34: five bytes.
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        n |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_has_the_place_of_the_entry_before_it() {
        let place = |line, column| Place { line, column };
        let entries =
            [(0, place(900_000, 1)), (3, place(12, 300)), (200_000, place(u32::MAX, u32::MAX)), (200_001, place(1, 1))];
        let map = encode_places(entries);
        for (offset, place) in entries {
            assert_eq!(find_place(&map, offset), Some(place));
        }
        assert_eq!(find_place(&map, 199_999), Some(place(12, 300)));
        assert_eq!(find_place(&map, u32::MAX), Some(place(1, 1)));
        assert_eq!(find_place(&[], 7), None);
        assert_eq!(find_place(&encode_places([(5, place(1, 1))]), 4), None);
    }

    #[test]
    fn a_truncated_map_gives_no_place() {
        let map = encode_places([(1000, Place { line: 1000, column: 1000 })]);
        for length in 0..map.len() {
            assert_eq!(find_place(&map[..length], 2000), None);
        }
    }
}
