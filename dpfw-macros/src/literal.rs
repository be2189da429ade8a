//! Rust's quoted literals as Scheme data.

use dpfw_syntax::{DatumKind, Span, SyntaxError};
use proc_macro2::Literal;
use syn::Lit;

/// The datum that a string, character or byte string stands for.
pub(crate) fn read(literal: &Literal, span: Span) -> Result<DatumKind, SyntaxError> {
    let lit = Lit::new(literal.clone());
    if !lit.suffix().is_empty() {
        let help = if literal.to_string().starts_with('\'') {
            "put a blank after the quoted symbol"
        } else {
            "put a blank after the literal"
        };
        return Err(SyntaxError::new(span, format!("Rust reads `{literal}` as one token")).with_help(help));
    }
    match lit {
        Lit::Str(text) => Ok(DatumKind::String(text.value().into())),
        Lit::Char(ch) => Ok(DatumKind::Char(ch.value())),
        Lit::ByteStr(bytes) => Ok(DatumKind::Bytes(bytes.value())),
        Lit::Byte(byte) => Err(SyntaxError::new(span, "a task has no byte literals")
            .with_help(format!("write the number: `{}`", byte.value()))),
        _ => Err(SyntaxError::new(span, format!("`{literal}` means nothing in a task"))
            .with_help("strings are `\"text\"`, bytevectors `b\"bytes\"`, characters `'a'`")),
    }
}
