//! Tasks whose tokens another macro made: their places say nothing about which of them touch.

use dpfw_syntax::Place;
use proc_macro2::{Span, TokenStream};

use crate::{
    diagnostics, emit,
    origin::{Base, TextOrigin},
    splice::RustSplice,
    text,
};

/// Reads such a task from rustc's print of it if that kept the blanks, and refuses it otherwise.
pub(crate) fn expand(input: &TokenStream, splices: &[RustSplice]) -> TokenStream {
    let call = Span::call_site();
    let printed = input.to_string();
    if !keeps_blanks(&printed) {
        let message = "this task was made by another macro, which left no trace of the blanks between its tokens\n\
            help: let that macro write the task as a string: remote!(r#\"…\"#)";
        return emit::broken(&diagnostics::compile_error((call, call), message), splices);
    }
    let start = call.start();
    let place = Place {
        line: u32::try_from(start.line).unwrap_or(u32::MAX),
        column: u32::try_from(start.column + 1).unwrap_or(u32::MAX),
    };
    let origin = TextOrigin { text: printed, at: (call, call), file: call.file(), base: Base::Escaped(place) };
    text::expand_text(origin, call)
}

/// Whether a print shows tokens that touch although no habit of the printer joins them.
///
/// rustc remembers which tokens of a parsed stream touched, and prints them so. A stream that was put together token
/// by token is printed with blanks all over, which would take every compound name apart.
fn keeps_blanks(printed: &str) -> bool {
    // `.`, `!`, `:`, `#`, `$` and `&` are joined to their neighbours by habit.
    const TELLING: &str = "-+*/<>=?%^~@";
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut in_string = false;
    let mut before = ' ';
    // `1e-3` is one token.
    let mut in_number = false;
    for c in printed.chars() {
        if c == '"' && before != '\\' {
            in_string = !in_string;
        }
        let joined = (is_word(before) && TELLING.contains(c)) || (TELLING.contains(before) && is_word(c));
        if joined && !in_string && !in_number {
            return true;
        }
        let begins = c.is_ascii_digit() && !is_word(before);
        in_number = begins || (in_number && (is_word(c) || (before == 'e' && matches!(c, '+' | '-'))));
        before = c;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::keeps_blanks;

    #[test]
    fn only_prints_with_joined_names_are_trusted() {
        assert!(keeps_blanks("(lambda (i o) (hash-table-ref a b))"));
        assert!(keeps_blanks("(even? 2)"));
        assert!(!keeps_blanks("(lambda(i o) (hash - table - ref a b))"));
        assert!(!keeps_blanks("(display \"a-b\" . c)"));
        assert!(!keeps_blanks("(list 1e-3 a)"));
    }
}
