use proptest::prelude::*;

use super::*;
use crate::{DatumKind, Name, Number, Span, Splice};

fn written(text: &str) -> String {
    match read_all(text, &ReadLimits::default()) {
        Ok(data) => data.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Err(error) => panic!("{text}: {error}"),
    }
}

fn invalid(text: &str) -> (String, Span) {
    match read_all(text, &ReadLimits::default()) {
        Err(ReadError::Invalid(error)) => (error.message, error.span),
        other => panic!("{text}: {other:?}"),
    }
}

fn is_incomplete(text: &str) -> bool {
    matches!(read_first(text, &ReadLimits::default()), Err(ReadError::Incomplete(_)))
}

#[test]
fn every_kind_of_datum_is_read() {
    for (text, expected) in [
        ("(a b . c)", "(a b . c)"),
        ("[let ([x 1]) x]", "(let ((x 1)) x)"),
        ("'a `(b ,c ,@d)", "(quote a) (quasiquote (b (unquote c) (unquote-splicing d)))"),
        ("''()", "(quote (quote ()))"),
        ("(a . (b . (c . ())))", "(a b c)"),
        ("(a . (b . (c . d)))", "(a b c . d)"),
        ("(a . 'b)", "(a quote b)"),
        ("(a . [b . (c)])", "(a b c)"),
        ("#(1 #(2) ())", "#(1 #(2) ())"),
        ("#u8(0 255 #xA)", "#u8(0 255 10)"),
        ("#U8()", "#u8()"),
        ("#f64(1 -0.0 +nan.0 1/2 .5)", "#f64(1.0 -0.0 +nan.0 0.5 0.5)"),
        ("#hash((a . 1) (b 2 3) (c . (4)) [d e . f])", "#hash((a . 1) (b . (2 3)) (c . (4)) (d . (e . f)))"),
        ("#t #f #true #FALSE", "#t #f #t #f"),
        ("#!void #:key #:|a b|", "#!void #:key #:|a b|"),
        ("1 -1.5 1/2 #xff 1e400", "1 -1.5 1/2 255 +inf.0"),
        ("; c\n a #;(b c) #;#;d e #| x #| y |# |# f", "a f"),
        ("(#;a b #;c . #;d e #;f)", "(b . e)"),
        ("'#;a b", "(quote b)"),
        ("#!no-fold-case A", "A"),
        ("\u{feff}a\u{a0}b", "a b"),
        ("\"a\"\"b\"|c|d(e)f\"g\"", "\"a\" \"b\" c d (e) f \"g\""),
    ] {
        assert_eq!(written(text), expected, "{text}");
    }
}
