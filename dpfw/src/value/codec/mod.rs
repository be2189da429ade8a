//! Values as bytes. The form has no version of its own: whoever stores or sends it says which one it is.
//!
//! A value is a tag of one byte and what belongs to it. A *length* is an unsigned number in groups of seven bits, the
//! lowest first, with the top bit set on all but the last byte (LEB128). Fixed-size numbers are little-endian.
//!
//! | tag | value | what follows |
//! |---|---|---|
//! | 00 | the unspecified value | |
//! | 01 02 | `#f` `#t` | |
//! | 03 | exact integer that fits 64 bits | zigzag (0, -1, 1, -2, …), as a length is written |
//! | 04 | any other exact integer | length, two's complement |
//! | 05 | rational | length, numerator in two's complement; length, denominator in two's complement |
//! | 06 | float | 8 bytes, IEEE 754 |
//! | 07 | character | code point, as a length is written |
//! | 08 09 0a | string, symbol, keyword | length, UTF-8 |
//! | 0b | bytevector | length, the bytes |
//! | 0c | f64vector | number of floats, 8 bytes each |
//! | 0d 0f | list, vector | number of items, the items |
//! | 0e | dotted list | number of items (at least 1), the items, the tail (no list) |
//! | 10 | hash table | number of entries, key and value of each, no key twice |
//! | 11 | what cannot travel; only from slaves to masters | length, its text in UTF-8 |
//! | 12 | complex number | its real and its imaginary part, each as a number that is real; the latter no exact zero |
//! | 40–7f | exact integer 0–63 | |
//! | 80–9f | list of 0–31 items | the items |
//! | a0–bf | string of 0–31 bytes | UTF-8 |
//! | c0–df | symbol of 0–31 bytes | UTF-8 |
//!
//! An encoder takes the shortest form and writes the entries of a hash table in their order, so that equal values have
//! equal bytes (but for NaN, whose bits are kept). A decoder accepts longer forms and any order.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

#[cfg(test)]
use self::decode::DecodeError;
#[cfg(any(feature = "slave", test))]
pub(crate) use self::encode::encode_shown;
pub(crate) use self::{decode::decode, encode::encode};

/// The tags with lengths and contents of their own.
mod tag {
    pub(super) const VOID: u8 = 0x00;
    pub(super) const FALSE: u8 = 0x01;
    pub(super) const TRUE: u8 = 0x02;
    pub(super) const FIXED: u8 = 0x03;
    pub(super) const BIG: u8 = 0x04;
    pub(super) const RATIONAL: u8 = 0x05;
    pub(super) const FLOAT: u8 = 0x06;
    pub(super) const CHAR: u8 = 0x07;
    pub(super) const STRING: u8 = 0x08;
    pub(super) const SYMBOL: u8 = 0x09;
    pub(super) const KEYWORD: u8 = 0x0a;
    pub(super) const BYTES: u8 = 0x0b;
    pub(super) const F64_VECTOR: u8 = 0x0c;
    pub(super) const LIST: u8 = 0x0d;
    pub(super) const DOTTED: u8 = 0x0e;
    pub(super) const VECTOR: u8 = 0x0f;
    pub(super) const MAP: u8 = 0x10;
    pub(super) const OPAQUE: u8 = 0x11;
    pub(super) const COMPLEX: u8 = 0x12;
    /// The first of 64 tags that are small integers.
    pub(super) const SMALL_INTEGER: u8 = 0x40;
    /// The first of 32 tags that are short lists.
    pub(super) const SHORT_LIST: u8 = 0x80;
    /// The first of 32 tags that are short strings.
    pub(super) const SHORT_STRING: u8 = 0xa0;
    /// The first of 32 tags that are short symbols.
    pub(super) const SHORT_SYMBOL: u8 = 0xc0;
    /// The first tag past the short symbols.
    pub(super) const UNUSED: u8 = 0xe0;
}

/// Bytes of an exact integer, enough for every integer that can be read from text. Printing takes more than linear time.
const INTEGER_BYTES_MAX: usize = 512 * 1024;

/// Bytes of a numerator or denominator, enough for every rational that can be read from text.
const RATIO_BYTES_MAX: usize = 8 * 1024;

/// How many values a rational of this size counts as: reducing it takes time by the product of its lengths.
fn ratio_cost(numerator_bytes: usize, denominator_bytes: usize) -> u64 {
    1 + (numerator_bytes as u64 * denominator_bytes as u64) / 256
}
