//! Texts of others, for people: without characters that terminals obey, by which a peer could write on them what it likes.

use std::fmt::{self, Write};

/// `text` on one line, with blanks for such characters: what a peer says of itself comes into logs.
pub(crate) fn on_one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// Prints a text with such characters escaped, but for the ends of lines and tabs.
pub(crate) struct Plain<'t>(pub(crate) &'t str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '\n' | '\t' => f.write_char(char),
            char if char.is_control() => write!(f, "{}", char.escape_default()),
            char => f.write_char(char),
        })
    }
}

/// The beginning of `text`, of so many bytes or a few less: no character is cut.
#[cfg(feature = "slave")]
pub(crate) fn beginning(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "slave")]
    #[test]
    fn no_character_is_cut() {
        assert_eq!(
            (0..=7).map(|bytes| beginning("aλ∀", bytes)).collect::<Vec<_>>(),
            ["", "a", "a", "aλ", "aλ", "aλ", "aλ∀", "aλ∀"]
        );
    }

    #[test]
    fn terminals_obey_none_of_it() {
        let text = "a\u{1b}[2J\r\u{7}\u{9b}λ\n\tb";
        assert_eq!(on_one_line(text), "a [2J   λ  b");
        assert_eq!(Plain(text).to_string(), "a\\u{1b}[2J\\r\\u{7}\\u{9b}λ\n\tb");
    }
}
