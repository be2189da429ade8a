//! The classes of characters, and their names: what the reader and the printer must agree on.

/// The characters that have names.
pub(crate) const CHAR_NAMES: [(&str, char); 9] = [
    ("alarm", '\u{7}'),
    ("backspace", '\u{8}'),
    ("delete", '\u{7f}'),
    ("escape", '\u{1b}'),
    ("newline", '\n'),
    ("null", '\0'),
    ("return", '\r'),
    ("space", ' '),
    ("tab", '\t'),
];

/// The letters that stand for characters after a backslash, in strings and between bars.
pub(crate) const ESCAPES: [(char, char); 5] = [('a', '\u{7}'), ('b', '\u{8}'), ('t', '\t'), ('n', '\n'), ('r', '\r')];

/// Separates tokens and is nothing else. The byte order mark that some editors put first is blank too.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Ends an identifier, number, character or boolean.
pub fn is_delimiter(c: char) -> bool {
    is_blank(c) || matches!(c, '(' | ')' | '[' | ']' | '"' | ';' | '|')
}

/// Neither delimits a word nor may be part of one.
pub fn is_misplaced(c: char) -> bool {
    matches!(c, '\'' | '`' | ',' | '\\' | '{' | '}') || (c.is_control() && !is_blank(c))
}

/// Whether a symbol with this character is written without bars. The reader takes `#` too, other Schemes may not.
pub(crate) fn is_plain(c: char) -> bool {
    !(is_delimiter(c) || is_misplaced(c) || c == '#')
}
