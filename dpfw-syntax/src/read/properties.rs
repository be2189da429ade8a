//! What holds for all data and all texts.

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::{DatumKind, Number, Span};

/// Texts of one datum each, chosen to have beginnings that are hard to judge.
const ATOMS: &[&str] = &[
    "a",
    "+",
    "-",
    "...",
    "->x",
    "λ",
    "x′",
    "1+",
    "-1+",
    "a.b",
    "|a b|",
    "||",
    r"|\x3bb;\||",
    "+infinite",
    "-nano",
    "1+2ix",
    "0",
    "-17",
    "1/2",
    "-10/04",
    ".5",
    "-.5e-3",
    "1e400",
    "1.",
    "+inf.0",
    "-nan.0",
    "123456789012345678901234567890",
    "#xFF",
    "#e1.5e3",
    "#e#x-ff",
    "#i1/3",
    "#x#i+Ab/C",
    "#d-nan.0",
    "#b101",
    "#i+inf.0",
    "#o-17",
    "#e.1",
    "#t",
    "#f",
    "#true",
    "#False",
    "#!void",
    "#:key",
    "#:|a b|",
    "#:1",
    r"#\a",
    r"#\(",
    r"#\x",
    r"#\x3bb",
    r"#\space",
    r"#\null",
    r"#\newline",
    r"#\xd7ff",
    r"#\x0d8000",
    r"#\λ",
    r"#\\",
    r#""""#,
    r#""a\"b""#,
    r#""\x3bb;\\\n""#,
    "\"a\\ \r\n  b\r\nc\"",
    "\"(;|#\"",
    "()",
    "#()",
    "#u8()",
    "#u8(1 #xff 300/3 -0)",
    "#f64(1 -2.5 +inf.0)",
    "#hash()",
    "#hash((a . 1) (b 2) [c d . e])",
];

const BLANKS: &[&str] = &[
    " ",
    "\n",
    "\r\n\t",
    " ; c (\n",
    " #| x #| y |# |#",
    " #;(a . \"b)\") ",
    " #;#;a 'b ",
    "\u{a0}",
    " #!no-fold-case ",
];

/// Pieces that make mistakes likely.
const SOUP: &[&str] = &[
    "(", ")", "[", "]", "#(", "#u8(", "#f64(", "#hash(", "'", "`", ",", ",@", ",(", ".", " . ", "#;", "#|", "|#", "|",
    "\"", "\\", "\\x", ";", "#", "#\\", "#x", "#e", "#!", "#:", "1", "/", "0", "e", "+", "-", "i", "inf.0", "nan.0",
    "@", "a", "x4", "d800", "t", "u8", "hash", "void", "space", " ", "\n", "\r", "{", "λ", "\u{0}", "\u{feff}", "r#\"",
    "b'", "//", "/*", "*/",
];

fn limits() -> ReadLimits {
    ReadLimits::default()
}

fn datum() -> impl Strategy<Value = Datum> {
    let symbol = prop_oneof!["[a-z!?*<>=/+.-]{0,4}", "[0-9+./eix-]{1,5}", "[ -~]{0,5}", any::<String>(),];
    let leaf = prop_oneof![
        symbol.clone().prop_map(|text| DatumKind::Symbol(crate::Name::new(text))),
        symbol.prop_map(|text| DatumKind::Keyword(text.into())),
        any::<i64>().prop_map(|n| DatumKind::Number(n.into())),
        any::<i128>().prop_map(|n| DatumKind::Number(n.into())),
        any::<u64>().prop_map(|bits| DatumKind::Number(f64::from_bits(bits).into())),
        (any::<i64>(), 1..1_000_i64)
            .prop_map(|(n, d)| DatumKind::Number(Number::ratio(n.into(), d.into()).expect("d is not zero"))),
        (any::<i64>(), any::<u64>().prop_map(f64::from_bits)).prop_map(|(n, x)| {
            DatumKind::Number(Number::rectangular(n.into(), x.into()).expect("both parts are real"))
        }),
        any::<bool>().prop_map(DatumKind::Bool),
        any::<char>().prop_map(DatumKind::Char),
        any::<String>().prop_map(|text| DatumKind::String(text.into())),
        "[\\\\\"\n\r\t\u{0}-\u{9f} ]{0,6}".prop_map(|text| DatumKind::String(text.into())),
        vec(any::<u8>(), 0..4).prop_map(DatumKind::Bytes),
        vec(any::<u64>().prop_map(f64::from_bits), 0..3).prop_map(DatumKind::F64Vector),
        Just(DatumKind::Void),
    ]
    .prop_map(|kind| Datum::new(kind, Span::default()));
    leaf.prop_recursive(4, 12, 4, |inner| {
        let is_tail = |datum: &Datum| !matches!(datum.kind, DatumKind::List(_) | DatumKind::Dotted(..));
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(DatumKind::List),
            vec(inner.clone(), 0..4).prop_map(DatumKind::Vector),
            (vec(inner.clone(), 1..3), inner.clone().prop_filter("a list is no tail", is_tail))
                .prop_map(|(items, tail)| DatumKind::Dotted(items, Box::new(tail))),
            vec((inner.clone(), inner), 0..3).prop_map(DatumKind::Map),
        ]
        .prop_map(|kind| Datum::new(kind, Span::default()))
    })
}

/// Text of valid data, with blanks and comments where they may be.
fn valid_text() -> impl Strategy<Value = String> {
    let blanks = || vec(select(BLANKS), 1..3).prop_map(|blanks| blanks.concat());
    let leaf = select(ATOMS).prop_map(str::to_owned);
    leaf.prop_recursive(4, 10, 4, move |inner| {
        let spaced = (blanks(), vec((inner.clone(), blanks()), 1..4))
            .prop_map(|(first, items)| items.into_iter().fold(first, |text, (item, blank)| text + &item + &blank));
        prop_oneof![
            spaced.clone().prop_map(|items| format!("({items})")),
            spaced.clone().prop_map(|items| format!("#({items})")),
            (spaced.clone(), inner.clone(), blanks())
                .prop_map(|(items, tail, blank)| format!("[{items} . {tail}{blank}]")),
            (spaced, inner.clone())
                .prop_map(|(items, value)| format!("#hash(({items}) ({value} .{items}))"))
                .prop_filter("a tail is one datum", |text| read_all(text, &limits()).is_ok()),
            (select(&["'", "`", ",", ",@", "' ", "#;a "][..]), inner)
                .prop_map(|(mark, datum)| format!("{mark}{datum}")),
        ]
    })
}

fn soup() -> impl Strategy<Value = String> {
    prop_oneof![
        vec(select(SOUP), 0..10).prop_map(|pieces| pieces.concat()),
        vec(select(ATOMS), 0..4).prop_map(|pieces| pieces.concat()),
        vec(any::<u8>(), 0..16).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

fn prefixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, _)| &text[..at])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn what_is_written_is_read_back(datum in datum()) {
        let text = datum.to_string();
        let read = read_all(&text, &limits()).unwrap_or_else(|error| panic!("{text}: {error}"));
        prop_assert!(read.len() == 1 && read[0].is_like(&datum), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_beginning_of_a_datum_is_never_invalid(text in valid_text()) {
        let whole = read_first(&text, &limits());
        let (datum, consumed) = whole.unwrap_or_else(|error| panic!("{text}: {error}")).expect("there is a datum");
        prop_assert_eq!(consumed, text.len());
        prop_assert!(read_all(&datum.to_string(), &limits()).unwrap()[0].is_like(&datum));
        for prefix in prefixes(&text) {
            match read_first(prefix, &limits()) {
                Ok(_) | Err(ReadError::Incomplete(_)) => {}
                Err(error) => prop_assert!(false, "{prefix}: {error}"),
            }
        }
    }

    #[test]
    fn no_text_harms_the_reader(text in soup()) {
        for result in [read_all(&text, &limits()), read_with_splices(&text, &limits()).map(|(data, _)| data)] {
            if let Err(error) = result {
                let span = error.span();
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{error:?}");
            }
        }
        if let Ok(Some((datum, consumed))) = read_first(&text, &limits()) {
            let again = read_all(&datum.to_string(), &limits()).unwrap();
            prop_assert!(again.len() == 1 && again[0].is_like(&datum));
            let alone = read_first(&text[..consumed], &limits());
            prop_assert!(matches!(alone, Ok(Some((alone, _))) if alone.is_like(&datum)));
        }
    }

    #[test]
    fn what_is_invalid_stays_invalid_whatever_follows(text in soup()) {
        let invalid = |text| matches!(read_all(text, &limits()), Err(ReadError::Invalid(_)));
        let invalid_with_splices = |text| matches!(read_with_splices(text, &limits()), Err(ReadError::Invalid(_)));
        for prefix in prefixes(&text) {
            prop_assert!(!invalid(prefix) || invalid(&text), "{prefix:?}");
            prop_assert!(!invalid_with_splices(prefix) || invalid_with_splices(&text), "{prefix:?}");
        }
    }

    #[test]
    fn a_delimited_datum_is_whole_whatever_follows(text in valid_text(), more in soup()) {
        if is_delimited(&text)
            && let Ok(Some((datum, consumed))) = read_first(&format!("{text}{more}"), &limits())
        {
            prop_assert_eq!(consumed, text.len());
            prop_assert!(datum.is_like(&read_all(&text, &limits()).unwrap()[0]));
        }
    }
}
