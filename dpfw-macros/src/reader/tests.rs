//! The reader against the lexemes of Scheme, lexed by Rust's rules.

use std::str::FromStr;

use proc_macro2::{Span, TokenStream};

use super::*;
use crate::tokens::Table;

fn reading(source: &str) -> Reading {
    let (_, tokens) = Table::new(TokenStream::from_str(source).expect(source), Span::call_site());
    read(&tokens)
}

/// What the tokens say, as `write` prints it.
fn written(source: &str) -> String {
    let reading = reading(source);
    assert_eq!(reading.errors, [], "{source}");
    assert!(!reading.ambiguous, "{source}");
    reading.data.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The first error, and the tokens that it underlines.
fn refused(source: &str) -> (String, String) {
    let stream = TokenStream::from_str(source).expect(source);
    let (table, tokens) = Table::new(stream, Span::call_site());
    let reading = read(&tokens);
    let error = reading.errors.first().unwrap_or_else(|| panic!("{source} is not refused"));
    let (first, last) = table.spans(error.span);
    let (start, end) = (first.start(), last.end());
    assert_eq!(start.line, end.line, "{source}");
    let underlined = source.lines().nth(start.line - 1).unwrap_or_default().chars();
    (error.message.clone(), underlined.skip(start.column).take(end.column - start.column).collect())
}

#[test]
fn names_that_rust_takes_apart_are_put_together() {
    for name in [
        "hash-table-ref",
        "set!",
        "even?",
        "let*",
        "list->vector",
        "x->y!",
        "<=",
        ">=",
        "=>",
        "->",
        "<-",
        "<>",
        "string<?",
        "string=?",
        "<",
        "=",
        "+",
        "-",
        "*",
        "/",
        "!",
        "1+",
        "-1+",
        "100%",
        "...",
        "..",
        "call/cc",
        "floor/",
        "exact-integer-sqrt",
        "*/",
        "a.b",
        "a:b",
        "a::b",
        "a@b",
        "key:",
        "%foo",
        "$x",
        "~a",
        "^x",
        "&rest",
        "!x",
        "?x",
        "*global*",
        "<record>",
        "_",
        "_x",
        "let",
        "if",
        "loop",
        "do",
        "match",
        "fn",
        "self",
        "Self",
        "crate",
        "super",
        "true",
        "async",
        "gen",
        "dyn",
        "yield",
        "macro",
        "try",
        "2x",
        "2d",
        "3d-vector",
        "1st",
        "λ",
        "naïve",
        "日本-語",
        "é-λx",
    ] {
        assert_eq!(written(name), name);
        assert_eq!(written(&format!("(a {name} b)")), format!("(a {name} b)"));
    }
    assert_eq!(written("r#let"), "let");
    assert_eq!(written("(- x)(-x)"), "(- x) (-x)");
    assert_eq!(written("(a - b a-b a -b a- b)"), "(a - b a-b a -b a- b)");
    assert_eq!(written("(f\n-\n1 -1)"), "(f - 1 -1)");
}

#[test]
fn numbers_and_booleans_are_read() {
    for number in
        ["-1", "1/2", "-1/2", "1.5", "-0.5", "+inf.0", "-inf.0", "+nan.0", "99999999999999999999999999999999999999999"]
    {
        assert_eq!(written(number), number);
    }
    assert_eq!(written("+5 .5 -.5 1. 1e3 1.5e10 1e-3 1.e3"), "5 0.5 -0.5 1.0 1000.0 15000000000.0 0.001 1000.0");
    assert_eq!(
        written("#xFF #b101 #o7 #d10 #x-1F #e1.5 #i1/2 0xFF 0b1 0o7 1_000"),
        "255 5 7 10 -31 3/2 0.5 255 1 7 1000"
    );
    assert_eq!(written("#t #f #true #false"), "#t #f #t #f");
}

#[test]
fn quoted_literals_follow_the_rules_of_rust() {
    assert_eq!(
        written(r##""abc" "a\nb\t\"q\"\\" "λ" "\x41\u{3bb}" r"\a" r#"a"b"#"##),
        r##""abc" "a\nb\t\"q\"\\" "λ" "Aλ" "\\a" "a\"b""##
    );
    assert_eq!(written(r"'a' ' ' '\u{41}' '(' ';'"), r"#\a #\space #\A #\( #\;");
    assert_eq!(written(r#"b"ab" "a""b""#), r#"#u8(97 98) "a" "b""#);
}

#[test]
fn lists_vectors_and_quotations_are_read() {
    assert_eq!(
        written("('a 'b) (f 'x 'y) ('a) 'hash-table 'let 'self '_ 'list->vector 'λ"),
        "((quote a) (quote b)) (f (quote x) (quote y)) ((quote a)) (quote hash-table) (quote let) (quote self) (quote _) (quote list->vector) (quote λ)"
    );
    assert_eq!(
        written("(a . b) (x . rest) (a .b) (a b . (c d)) (a . (b . c))"),
        "(a . b) (x . rest) (a .b) (a b c d) (a b . c)"
    );
    assert_eq!(
        written("[a b] #(1 2) #u8(1 2) #u8() #f64(1 2.5) #hash((a . 1) (b 2)) #:key #:k-1 #!void ()"),
        "(a b) #(1 2) #u8(1 2) #u8() #f64(1.0 2.5) #hash((a . 1) (b . (2))) #:key #:k-1 #!void ()"
    );
}

#[test]
fn comments_say_nothing() {
    assert_eq!(written("a // x\n /* y */ #;(b c) #;d e #| block #| nested |# |# f\n/// doc\n//! doc\ng"), "a e f g");
    assert_eq!(written("(a #;b . #;c d)"), "(a . d)");
    assert_eq!(reading("#;,x ,y").splices.len(), 1);
}

#[test]
fn splices_are_captured_as_they_were_written() {
    let source = "(f ,x , y ,x.field ,self.0 ,a.0.1 ,(g(1) + 2) ,@xs , @(it) ,@s.items (x . ,y) #(,z) (quote ,w))";
    let reading = reading(source);
    assert_eq!(reading.errors, []);
    let splices: Vec<_> =
        reading.splices.iter().map(|splice| (splice.spread, splice.tokens.to_string().replace(' ', ""))).collect();
    let expected = [
        (false, "x"),
        (false, "y"),
        (false, "x.field"),
        (false, "self.0"),
        (false, "a.0.1"),
        (false, "(g(1)+2)"),
        (true, "xs"),
        (true, "(it)"),
        (true, "s.items"),
        (false, "y"),
        (false, "z"),
        (false, "w"),
    ];
    assert_eq!(splices, expected.map(|(spread, text)| (spread, text.to_owned())));
    assert_eq!(
        reading.data[0].to_string(),
        "(f ,_0 ,_1 ,_2 ,_3 ,_4 ,_5 ,@_6 ,@_7 ,@_8 (x . ,_9) #(,_10) (quote ,_11))"
    );
}

#[test]
fn what_rust_distorts_is_refused_at_its_token() {
    for (source, underlined) in [
        ("(a |foo bar| b)", "|foo bar|"),
        ("(a ; text\n)", ";"),
        ("(a {b} c)", "{b}"),
        ("(f 1u8)", "1u8"),
        ("(f 'a'b c)", "'a'b"),
        ("(f \"a\"b c)", "\"a\"b"),
        ("(f c\"x\")", "c\"x\""),
        ("(f b'a')", "b'a'"),
        ("(f #foo)", "#foo"),
        ("(f #<eof>)", "#<"),
        ("(f 1/0)", "1/0"),
        ("(f . )", "."),
        ("(. x)", "."),
        ("(a . b c)", "c"),
        ("(a . b . c)", "."),
        ("(f #u8(1 256))", "256"),
        ("(f #hash(a))", "a"),
        ("(f #;)", "#"),
        ("(f ,)", ","),
        ("(f ,())", ",()"),
        ("(f ,n-1 x)", ",n-1"),
        ("(f ,g(1) x)", ",g(1)"),
        ("(f ,\"x\")", ",\"x\""),
        ("(f ,@)", ",@"),
        ("(f a, b)", ","),
        ("(f ,v[0])", ",v[0]"),
        ("(f ,a::B)", ",a::B"),
    ] {
        assert_eq!(refused(source).1, underlined, "{source}");
    }
}

#[test]
fn several_mistakes_are_reported_together() {
    assert_eq!(reading("(f {a} 1u8 ; x\n #foo ,)").errors.len(), 5);
}

#[test]
fn deep_nesting_is_an_error() {
    let source = format!("{}{}", "(".repeat(1_200), ")".repeat(1_200));
    assert!(refused(&source).0.contains("levels deep"));
}
