use super::*;
use crate::{DatumKind, Name, Span, Splice, SyntaxError};

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

#[test]
fn any_identifier_is_a_symbol() {
    for text in [
        "+",
        "-",
        "...",
        "..",
        "1+",
        "-1+",
        "->x",
        "+x",
        "-.x",
        "+.x",
        ".x",
        "a.b",
        "list->vector",
        "<=?",
        "λ",
        "→",
        "x′",
        "π²",
        "naïve",
        "日本-語",
        "😀",
        "$%&*/:<=>?^_~!",
        "1st",
        "1e",
        "1.2.3",
        "+inf",
        "else",
        "=>",
        "a@b",
    ] {
        let data = read_all(text, &ReadLimits::default()).unwrap();
        assert_eq!(data.len(), 1, "{text}");
        assert_eq!(data[0].as_name().map(|name| &*name.text), Some(text));
        assert_eq!(data[0].to_string(), text, "no bars are needed");
    }
}

#[test]
fn bars_and_escapes_make_a_symbol_of_any_text() {
    for (text, name) in [
        ("||", ""),
        ("|a b|", "a b"),
        (r"|a\x3bb;b|", "aλb"),
        (r"|\t\n\a\b\r\|\\\x0;|", "\t\n\u{7}\u{8}\r|\\\0"),
        ("|1|", "1"),
        ("|a\nb|", "a\nb"),
        ("x#y", "x#y"),
    ] {
        let data = read_all(text, &ReadLimits::default()).unwrap();
        assert_eq!(data[0].kind, DatumKind::Symbol(Name::new(name)), "{text}");
    }
}

#[test]
fn symbols_that_would_be_misread_are_written_between_bars() {
    for (name, expected) in [
        ("", "||"),
        (".", "|.|"),
        ("1", "|1|"),
        ("1/0", "|1/0|"),
        ("+i", "|+i|"),
        ("-INF.0", "|-INF.0|"),
        ("a b", "|a b|"),
        ("a|b", r"|a\|b|"),
        ("a\\b", r"|a\\b|"),
        ("a\nb\u{1}", r"|a\nb\x1;|"),
        ("#t", "|#t|"),
        ("@x", "|@x|"),
        ("a'b", "|a'b|"),
        ("a{", "|a{|"),
        ("\u{feff}", "|\u{feff}|"),
    ] {
        let datum = Datum::symbol(name, Span::default());
        assert_eq!(datum.to_string(), expected);
        assert_eq!(read_all(expected, &ReadLimits::default()).unwrap()[0].kind, datum.kind, "{expected}");
    }
}

#[test]
fn characters_are_read_by_name_number_and_themselves() {
    for (text, c) in [
        (r"#\a", 'a'),
        (r"#\x", 'x'),
        (r"#\x41", 'A'),
        (r"#\X3bb", 'λ'),
        (r"#\x00041", 'A'),
        (r"#\λ", 'λ'),
        (r"#\(", '('),
        (r"#\)", ')'),
        (r#"#\""#, '"'),
        (r"#\;", ';'),
        (r"#\#", '#'),
        (r"#\'", '\''),
        (r"#\\", '\\'),
        (r"#\|", '|'),
        (r"#\ ", ' '),
        (r"#\space", ' '),
        (r"#\newline", '\n'),
        (r"#\null", '\0'),
        (r"#\x10ffff", '\u{10ffff}'),
    ] {
        assert_eq!(read_all(text, &ReadLimits::default()).unwrap()[0].kind, DatumKind::Char(c), "{text}");
    }
    assert_eq!(written(r"(#\( #\) #\  #\a)"), r"(#\( #\) #\space #\a)");
    assert_eq!(written("#\\\u{a0}"), r"#\xa0");
}

#[test]
fn string_escapes_and_line_ends_follow_r7rs() {
    for (text, content) in [
        (r#""a\"\\\|b""#, "a\"\\|b"),
        (r#""\a\b\t\n\r""#, "\u{7}\u{8}\t\n\r"),
        (r#""\x3bb;\X41;\x000000041;""#, "λAA"),
        ("\"a\nb\r\nc\rd\"", "a\nb\nc\nd"),
        ("\"a\\\n   b\"", "ab"),
        ("\"a\\ \t\r\n \tb\"", "ab"),
        ("\"a\\\n\nb\"", "a\nb"),
        ("\";#|\"", ";#|"),
    ] {
        assert_eq!(
            read_all(text, &ReadLimits::default()).unwrap()[0].kind,
            DatumKind::String(content.into()),
            "{text}"
        );
    }
    assert_eq!(written("\"λ\\x7f;\\x0;\\t\""), r#""λ\x7f;\x0;\t""#);
}

#[test]
fn mistakes_are_found_where_they_are() {
    for (text, message, start, end) in [
        (")", "this `)` closes nothing", 0, 1),
        ("(a))", "this `)` closes nothing", 3, 4),
        ("(a ]", "`]` where `)` is needed", 3, 4),
        ("[a )", "`)` where `]` is needed", 3, 4),
        ("( . a)", "a dot needs a datum before it", 2, 3),
        ("(a . )", "a datum must follow the dot", 5, 6),
        ("(a . b c)", "only one datum may follow the dot", 7, 8),
        ("(a . b . c)", "a list has only one dot", 7, 8),
        ("#(a . b)", "a dot belongs between the items of a list and its tail", 4, 5),
        (". a", "a dot belongs between the items of a list and its tail", 0, 1),
        ("(')", "a datum must follow this", 1, 2),
        ("(#;)", "a datum must follow this", 1, 3),
        ("{a}", "braces have no meaning here", 0, 1),
        ("(a'b)", "`'` cannot be part of `a`", 2, 3),
        ("(λ\\)", "`\\` cannot be part of `λ`", 3, 4),
        ("(\u{1})", "`U+0001` does not begin a datum", 1, 2),
        ("1/0 ", "the denominator is zero", 0, 3),
        ("(#xfg)", "`#xfg` is not a number", 1, 5),
        ("#e1e0401 ", "the exponent of an exact number is limited to 400", 0, 8),
        ("#0=(a #0#)", "datum labels are not supported: data of tasks have no cycles", 0, 3),
        ("#!fold-case a", "`#!fold-case` is not supported: the names of tasks differ by case", 0, 11),
        ("#!eof", "`#!eof` has no meaning", 0, 5),
        ("#foo", "`#foo` has no meaning", 0, 4),
        ("#u9(1)", "`#u9` has no meaning", 0, 3),
        ("#u8 (1)", "a `(` must follow `#u8`", 0, 3),
        ("#: a", "a name must follow `#:`", 0, 2),
        ("#<procedure>", "this stands for a value that has no text, such as a procedure or a port", 0, 12),
        ("#u8(256)", "a bytevector holds integers from 0 to 255", 4, 7),
        ("#u8(1.0)", "a bytevector holds integers from 0 to 255", 4, 7),
        ("#f64(a)", "an f64vector holds floats", 5, 6),
        ("#f64(1/3)", "an f64vector holds floats", 5, 8),
        ("#f64(9007199254740993)", "an f64vector holds floats", 5, 21),
        ("#hash(a)", "a hash table holds pairs", 6, 7),
        ("#hash(())", "a hash table holds pairs", 6, 8),
        (r"#\spice ", "unknown character name `spice`", 0, 7),
        (r"#\xd800 ", "there is no character of this number", 0, 7),
        (r"#\(a", "unknown character name `(a`", 0, 4),
        (r#""a\qb""#, "unknown escape `\\\\q`", 2, 4),
        (r#""\xd800;""#, "there is no character of this number", 1, 8),
        (r#""\x;""#, "`\\x` takes hexadecimal digits and a semicolon", 1, 3),
        (r#""\x41""#, "`\\x` takes hexadecimal digits and a semicolon", 1, 5),
        (r#""a\  b""#, "only the end of the line may follow a backslash and blanks", 2, 5),
        ("|a\\ \n|", "unknown escape `\\\\ `", 2, 4),
    ] {
        assert_eq!(invalid(text), (message.to_owned(), Span::new(start, end)), "{text}");
    }
}

#[test]
fn what_more_text_could_complete_is_incomplete() {
    for text in [
        "(",
        "(a",
        "(a .",
        "(a . b",
        "[",
        "#",
        "#(",
        "#(a",
        "#u",
        "#u8",
        "#u8(",
        "#u8(25",
        "#u8(-",
        "#u8(300/",
        "#f6",
        "#f64(a",
        "#h",
        "#has",
        "#hash",
        "#hash((a",
        "#t(",
        "\"",
        "\"a\\",
        "\"\\x",
        "\"\\x4",
        "\"a\\  ",
        "\"a\\\n",
        "|",
        "|a\\x4",
        "#\\",
        "#\\spa",
        "#\\nul",
        "#\\xd800",
        "'",
        "`",
        ",",
        ",@",
        "''",
        "#;",
        "#;(a",
        "#|",
        "#| #| |#",
        "#!",
        "#!vo",
        "#!no-fold",
        "#:",
        "#:|a",
        "#x",
        "#e",
        "#e#",
        "#x-",
        "#e1e",
        "#e1e-",
        "#x1/",
        "#b1/0",
        "#i+",
        "#i+in",
        "#i-nan.",
        "#x#e",
        "1/0",
        "1+2/0i",
        ".",
        "a #;",
        "#tru",
        "#fals",
    ] {
        let text = text.trim_start_matches("a ");
        let expected = text != "#t(";
        assert_eq!(is_incomplete(text), expected, "{text}");
    }
    // What is read before it does not matter.
    assert!(matches!(read_all("a (b) \"", &ReadLimits::default()), Err(ReadError::Incomplete(_))));
    assert_eq!(
        read_all("(a (b", &ReadLimits::default()).unwrap_err().span(),
        Span::new(3, 4),
        "the innermost list is to be closed first"
    );
}

#[test]
fn the_first_datum_tells_how_much_it_took() {
    let first = |text| {
        let datum = read_first(text, &ReadLimits::default()).unwrap();
        datum.map(|(datum, consumed)| (datum.to_string(), consumed))
    };
    assert_eq!(first("  (a)(b)"), Some(("(a)".to_owned(), 5)));
    assert_eq!(first("#;x ab"), Some(("ab".to_owned(), 6)));
    assert_eq!(first("ab;c"), Some(("ab".to_owned(), 2)));
    assert_eq!(first("'λ "), Some(("(quote λ)".to_owned(), 3)));
    assert_eq!(first("a )"), Some(("a".to_owned(), 1)), "what follows is not looked at");
    for text in ["", "  \n", "; c", "#| c |#", "#;a", "#!no-fold-case"] {
        assert_eq!(first(text), None, "{text}");
    }
    for (text, delimited) in
        [("(a)", true), ("\"a\"", true), ("|a|", true), ("#u8(1)", true), ("a", false), ("1", false)]
    {
        assert_eq!(is_delimited(text), delimited, "{text}");
    }
}

#[test]
fn spans_hold_the_whole_datum() {
    let data = read_all(" '(λ . #(1))", &ReadLimits::default()).unwrap();
    let quoted = data[0].as_list().unwrap();
    assert_eq!((data[0].span, quoted[0].span, quoted[1].span), (Span::new(1, 13), Span::new(1, 2), Span::new(2, 13)));
    let DatumKind::Dotted(items, tail) = &quoted[1].kind else { panic!("{:?}", quoted[1]) };
    assert_eq!((items[0].span, tail.span), (Span::new(3, 5), Span::new(8, 12)));
}

#[test]
fn depth_and_size_are_limited() {
    let limits = ReadLimits { depth_max: 3, nodes_max: 5 };
    assert!(read_all("((()))", &limits).is_ok());
    assert_eq!(read_all("((#(())))", &limits), Err(ReadError::TooDeep { span: Span::new(4, 5), depth_max: 3 }));
    for text in ["''''a", "(((', "] {
        assert!(matches!(read_all(text, &limits), Err(ReadError::TooDeep { .. })), "{text}");
    }
    assert!(read_all("(a b) (c)", &limits).is_ok());
    assert_eq!(read_all("(a b) (c d)", &limits), Err(ReadError::TooLarge { span: Span::new(9, 10), nodes_max: 5 }));
    assert!(read_all("#u8(1 2 3 4 5 6 7 8) #f64(1 2 3 4 5 6)", &limits).is_ok());
}

#[test]
fn hostile_nesting_is_refused_without_recursion() {
    let small_stack = std::thread::Builder::new().stack_size(64 * 1024);
    let refused = small_stack.spawn(|| {
        ["(", "[", "'", "#;", "#(", "#hash(", "#;(", "(a . ", "(#;", ",@"].map(|opening| {
            let text = opening.repeat(100_000);
            matches!(read_all(&text, &ReadLimits::default()), Err(ReadError::TooDeep { .. }))
        })
    });
    assert_eq!(refused.unwrap().join().unwrap(), [true; 10]);
    assert!(is_incomplete(&"#|".repeat(100_000)));
}

#[test]
fn the_deepest_datum_fits_a_small_stack() {
    let small_stack = std::thread::Builder::new().stack_size(256 * 1024);
    let same = small_stack.spawn(|| {
        let text = format!("{}{}", "(".repeat(1_000), ")".repeat(1_000));
        let data = read_all(&text, &ReadLimits::default()).unwrap();
        data[0].to_string() == text
    });
    assert!(same.unwrap().join().unwrap());
}

#[test]
fn long_dotted_chains_take_linear_time() {
    let limits = ReadLimits { depth_max: 100_000, ..ReadLimits::default() };
    let text = format!("{}(){}", "(a . ".repeat(99_990), ")".repeat(99_990));
    let data = read_all(&text, &limits).unwrap();
    assert_eq!(data[0].as_list().map(<[_]>::len), Some(99_990));
}

fn splices(text: &str) -> (String, Vec<(bool, String)>) {
    let (data, splices) =
        read_with_splices(text, &ReadLimits::default()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let data = data.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    (data, splices.into_iter().map(|splice| (splice.spread, splice.text)).collect())
}

#[test]
fn a_comma_marks_rust_where_rust_is_spliced() {
    for (text, data, expected) in [
        ("(+ ,n 1)", "(+ ,_0 1)", &[(false, "n")][..]),
        ("(,a ,@b.c.0 . ,r#type)", "(,_0 ,@_1 . ,_2)", &[(false, "a"), (true, "b.c.0"), (false, "r#type")]),
        ("',x", "(quote ,_0)", &[(false, "x")]),
        ("(f ,(g(1, \")\")) ,@ (h))", "(f ,_0 ,@_1)", &[(false, "(g(1, \")\"))"), (true, "(h)")]),
        ("(a #;(,x) #;,y ,z)", "(a ,_0)", &[(false, "z")]),
        ("(unquote x)", "(unquote x)", &[]),
        ("`(a (unquote x) ,y)", "(quasiquote (a (unquote x) ,_0))", &[(false, "y")]),
        ("#(,x) #hash((k . ,y))", "#(,_0) #hash((k . ,_1))", &[(false, "x"), (false, "y")]),
        (",x;c", ",_0", &[(false, "x")]),
    ] {
        let expected = expected.iter().map(|(spread, text)| (*spread, (*text).to_owned())).collect();
        assert_eq!(splices(text), (data.to_owned(), expected), "{text}");
    }
}

#[test]
fn a_rust_expression_ends_with_its_own_parenthesis() {
    for expression in [
        "(a[1] + {b}.c)",
        r#"(")\"(")"#,
        r##"(r#")")"# )"##,
        r#"(br"\" + c"\"" + b")")"#,
        r"(')' == '\'' || b'(' as char == '\u{28}' || '\\' != '(')",
        "(f::<'a>('b', &'static x))",
        "(a // )\n)",
        "(a /* ) /* ) */ ) */)",
        "(r#fn(bar(r)))",
        "(|x| -> &'_ str { x })",
        "((a, b))",
        "(var)",
    ] {
        assert_eq!(splices(&format!("({{}} ,{expression} c)").replace("{} ", "")).1, [(false, expression.to_owned())]);
    }
}

#[test]
fn doubtful_splices_are_refused() {
    for (text, message) in [
        (",n-1 ", "it is not clear whether `-` belongs to the Rust expression `,n`"),
        (",f(x) ", "it is not clear whether `(` belongs to the Rust expression `,f`"),
        (",a::b ", "it is not clear whether `:` belongs to the Rust expression `,a`"),
        (",a[0] ", "it is not clear whether `[` belongs to the Rust expression `,a`"),
        (",a. ", "the name of a field must follow the dot"),
        (",5 ", "a comma must be followed by a Rust variable or parentheses"),
        (",'a ", "a comma must be followed by a Rust variable or parentheses"),
        (",( ) ", "there is nothing to splice between these parentheses"),
        (",(a] ", "`]` where Rust needs `)`"),
        ("(a . ,@b) ", "a sequence cannot be spread behind a dot"),
        ("#u8(,x) ", "a bytevector holds integers from 0 to 255"),
    ] {
        match read_with_splices(text, &ReadLimits::default()) {
            Err(ReadError::Invalid(error)) => assert_eq!(error.message, message, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    for text in [",", ",@", ",a.", ",(", ",(a", ",(\")", ",(')", ",('\\", ",(r#\")\"", ",(/*)", ",(//)"] {
        let result = read_with_splices(text, &ReadLimits::default());
        assert!(matches!(result, Err(ReadError::Incomplete(_))), "{text}");
    }
    let deep = format!(",{}", "(".repeat(100_000));
    assert!(matches!(read_with_splices(&deep, &ReadLimits::default()), Err(ReadError::Invalid(_))));
}

#[test]
fn the_beginning_of_a_complex_number_may_become_one() {
    for text in [
        "#e1@2/0",
        "#e0@1e999",
        "#e+na",
        "#i1+",
        "#x#e-A-",
        "#i1+2",
        "#i1+2/",
        "#i1+2e",
        "#i1+in",
        "#i1-inf.",
        "#i1+2.",
        "#i1@",
        "#e1@+",
        "#d1@2/",
    ] {
        assert!(is_incomplete(text), "{text}");
    }
    for text in ["#i1+x", "#i1+2j", "#i1@@"] {
        assert!(!is_incomplete(text), "{text}");
    }
}

#[test]
fn splices_know_their_place_and_number() {
    let (data, splices) = read_with_splices("(λ ,x ,@ (y))", &ReadLimits::default()).unwrap();
    assert_eq!((splices[0].span, splices[1].span), (Span::new(4, 6), Span::new(7, 13)));
    let items = data[0].as_list().unwrap();
    assert_eq!(items[2].kind, DatumKind::Splice(Splice { hole: 1, spread: true }));
    assert_eq!(items[2].span, splices[1].span);
}

/// What is said about the whole of a text: the place up to the end of its line, the message and the remedy.
fn complaint(text: &str) -> String {
    let error = read_all(text, &ReadLimits::default()).expect_err("the text has a mistake");
    let error = SyntaxError::from(error);
    let place = text[error.span.start as usize..].lines().next().unwrap_or_default();
    format!("{place}: {}; {}", error.message, error.help.unwrap_or_default())
}

#[test]
fn a_list_that_is_not_closed_is_found_by_the_indentation() {
    for (text, expected) in [
        (
            "(lambda (i o)\n  (define (f x)\n    (if x 1 2)\n  (define (g) 1)\n  (f 2))\n",
            "(define (f x): this list is not closed; `(define (g) 1)` begins its line further left than what is in this list",
        ),
        (
            "(lambda (i o)\n(define (f x)\n  (if x 1 2)\n(f 2))\n",
            "(define (f x): this list is not closed; `(f 2))` begins its line further left than what is in this list",
        ),
        (
            "(define (f x)\n  (let ((y (* x 2))\n    (+ y 1)))\n(f 3)\n",
            "((y (* x 2)): this list is not closed; `(+ y 1)))` begins its line further left than what is in this list",
        ),
        (
            "(list\n  (a (b 1)\n  (c 2)\n  \"\n\" (d 3))",
            "(a (b 1): this list is not closed; `(c 2)` begins its line further left than what is in this list",
        ),
        ("(a (b\n      c)", "(a (b: this list is not closed; "),
        ("(a\n(b)\n(c)", "(a: this list is not closed; "),
    ] {
        assert_eq!(complaint(text), expected, "{text}");
    }
}

#[test]
fn what_is_closed_too_early_is_found_by_the_indentation() {
    for (text, expected) in [
        (
            "(lambda (i o)\n  (define f x)\n    (if x 1 2))\n  (f 2))\n",
            "(define f x): this is closed too early: in the end a `)` closes nothing; `(if x 1 2))` is indented as a part of it",
        ),
        (
            "(define (f x)\n  let ((y 1))\n    (+ x y)))\n",
            "let ((y 1)): a `(` is probably missing here: in the end a `)` closes nothing; `(+ x y)))` is indented as a part of \
             it",
        ),
        (
            "(lambda (i o)\n  if x 1 2))\n  (f 2))\n",
            "(lambda (i o): this is closed too early: in the end a `)` closes nothing; `(f 2))` is indented as a part of it",
        ),
        ("(a)\n(b))", "): this `)` closes nothing; "),
    ] {
        assert_eq!(complaint(text), expected, "{text}");
    }
}

#[test]
fn the_wrong_kind_of_parenthesis_comes_with_the_list_that_it_would_close() {
    assert_eq!(complaint("(let ([x 1] [y 2)) (+ x y))"), ")) (+ x y)): `)` where `]` is needed; `[y 2` is still open");
    assert_eq!(complaint("(first line\n  second line]"), "]: `]` where `)` is needed; `(first line` is still open");
}

#[test]
fn a_long_line_of_lists_is_surveyed_in_a_moment() {
    let text = format!("({}", "(a (b) c) ".repeat(50_000));
    assert!(complaint(&text).contains("this list is not closed"));
}
