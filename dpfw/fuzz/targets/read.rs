//! The reader: no text harms it, and what it reads is written such that it is read back equal.
#![no_main]

use dpfw_syntax::{
    Datum, ReadError, ReadLimits, RustSplice, is_delimited, line_column, read_all, read_first, read_with_splices,
};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|input: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(input) else { return Corpus::Reject };
    all(text);
    first(text);
    with_splices(text);
    beginnings(text);
    Corpus::Keep
});

fn all(text: &str) {
    match read_all(text, &LIMITS) {
        Ok(data) => {
            let written = written(&data);
            let again = read_all(&written, &LIMITS).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_same(&data, &again);
        }
        Err(error) => check_place(text, &error),
    }
}

fn first(text: &str) {
    let Ok(Some((datum, length))) = read_first(text, &LIMITS) else { return };
    let alone = read_first(&text[..length], &LIMITS);
    assert!(matches!(alone, Ok(Some((alone, _))) if alone.is_like(&datum)), "{text}");
    if is_delimited(&text[..length]) {
        // `#\)a` is nothing at all, but not another datum either.
        let longer = read_first(&format!("{}a", &text[..length]), &LIMITS);
        assert!(longer.is_err() || matches!(longer, Ok(Some((longer, _))) if longer.is_like(&datum)), "{text}");
    }
}

fn with_splices(text: &str) {
    match read_with_splices(text, &LIMITS) {
        Ok((data, splices)) => {
            for RustSplice { span, .. } in &splices {
                assert!(text[span.start as usize..span.end as usize].starts_with(','), "{text}");
            }
            let written = written(&data);
            let (again, spliced) =
                read_with_splices(&written, &LIMITS).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_same(&data, &again);
            assert_eq!(splices.len(), spliced.len(), "{text}");
        }
        Err(error) => check_place(text, &error),
    }
}

/// What is invalid stays invalid whatever follows.
fn beginnings(text: &str) {
    let middle = text.floor_char_boundary(text.len() / 2);
    let is_invalid = |text| matches!(read_all(text, &LIMITS), Err(ReadError::Invalid(_)));
    assert!(!is_invalid(&text[..middle]) || is_invalid(text), "{text:?}");
}

fn written(data: &[Datum]) -> String {
    data.iter().map(|datum| format!("{datum}\n")).collect()
}

fn assert_same(a: &[Datum], b: &[Datum]) {
    assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_like(b)), "{} is not {}", written(a), written(b));
}

fn check_place(text: &str, error: &ReadError) {
    let span = error.span();
    assert!(text.get(span.start as usize..span.end as usize).is_some(), "{error:?}");
    line_column(text, span.start);
}

const LIMITS: ReadLimits = ReadLimits { depth_max: 1_000, nodes_max: 100_000 };
