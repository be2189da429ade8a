use bytes::Bytes;
use proptest::prelude::*;

use super::{InputQueue, OutputBuffer, PortError, Segment, Step, TEXT_BYTES_MAX};
use crate::value::{Value, arbitrary::text_values};

/// A segment for tests: data in parentheses of Rust, text in strings.
fn text(text: &str) -> Segment {
    Segment::Bytes(Bytes::copy_from_slice(text.as_bytes()))
}

fn datum(value: impl Into<Value>) -> Segment {
    Segment::Datum(value.into())
}

fn queue(segments: impl IntoIterator<Item = Segment>) -> InputQueue {
    let mut queue = InputQueue::default();
    for segment in segments {
        queue.push(segment, 1);
    }
    queue
}

fn closed(segments: impl IntoIterator<Item = Segment>) -> InputQueue {
    let mut queue = queue(segments);
    queue.close();
    queue
}

fn value(text: &str) -> Value {
    text.parse().unwrap()
}

/// All values up to the end, as text; errors by what they say.
fn read_all(queue: &mut InputQueue) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match queue.read_value() {
            Ok(Step::Ready(Some(value))) => all.push(value.to_string()),
            Ok(Step::Ready(None)) => return all,
            Ok(Step::NeedsMore) => all.push("more".into()),
            Err(error) => all.push(format!("error {error}")),
        }
        assert!(all.len() < 1000, "no end: {all:?}");
    }
}

fn read_chars(queue: &mut InputQueue) -> String {
    std::iter::from_fn(|| match queue.read_char().unwrap() {
        Step::Ready(c) => c,
        Step::NeedsMore => None,
    })
    .collect()
}

#[test]
fn data_and_text_join_as_documented() {
    for (segments, expected) in [
        // Each datum is whole.
        (vec![datum(1), datum("a b"), datum(())], vec!["1", "\"a b\"", "#!void"]),
        // Text joins text.
        (vec![text("(1 "), text("2)(3"), text("4)")], vec!["(1 2)", "(34)"]),
        (vec![text("ab"), text("c")], vec!["abc"]),
        // A datum ends a word before it, and a word does not reach into it.
        (vec![text("12"), datum(3), text("4")], vec!["12", "3", "4"]),
        (vec![text(" ; comment"), datum(1)], vec!["1"]),
        (vec![text("#;12"), datum(3)], vec!["3"]),
        (
            vec![text("#;#<x> "), datum(3)],
            vec!["error 1:3: this stands for a value that has no text, such as a procedure or a port", "3"],
        ),
        // Within something open it is text.
        (vec![text("(1 "), datum(2), text(" 3)")], vec!["(1 2 3)"]),
        (vec![text("(1"), datum(2), text("3)")], vec!["(123)"]),
        (vec![text("(1 "), datum(()), text("3)")], vec!["(1 3)"]),
        (vec![text("(1 ; "), datum(2), text("\n3)")], vec!["(1 3)"]),
        (vec![text("\"a"), datum(2), text("b\"")], vec!["\"a2b\""]),
        (vec![text("|a"), datum(2), text("b|")], vec!["a2b"]),
        (vec![text("#|"), datum(2), text("|# 3")], vec!["3"]),
        // After a mark that needs a datum it is text too, and ends a word after it.
        (vec![text("'"), datum(value("(a)"))], vec!["(quote (a))"]),
        (vec![text("'"), datum(value("a")), text("b")], vec!["(quote a)", "b"]),
        (vec![text("#;"), datum(1), datum(2)], vec!["2"]),
        (vec![text("#\\"), datum(value("x")), text("y")], vec!["#\\x", "y"]),
        (vec![text("\t"), text(" \n"), datum(1), text("  ")], vec!["1"]),
    ] {
        let shown = format!("{segments:?}");
        assert_eq!(read_all(&mut closed(segments)), expected, "{shown}");
    }
}

#[test]
fn a_word_at_the_end_waits_for_its_end() {
    let mut queue = queue([text("12")]);
    assert_eq!(queue.read_value(), Ok(Step::NeedsMore));
    queue.push(text("3"), 1);
    assert_eq!(queue.read_value(), Ok(Step::NeedsMore));
    queue.push(text("4 "), 1);
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(1234.into()))));
    queue.push(text("5"), 1);
    assert_eq!(queue.read_value(), Ok(Step::NeedsMore));
    queue.close();
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(5.into()))));
    assert_eq!(queue.read_value(), Ok(Step::Ready(None)));
    assert_eq!(queue.read_value(), Ok(Step::Ready(None)));
}

#[test]
fn what_ends_by_itself_does_not_wait() {
    for whole in
        ["(1 2)", "\"a\"", "|a b|", "#(1)", "#u8(1)", "#hash((a . 1))", "'(a)", "#;a (b)", "#:|k|", "#| |# (a)"]
    {
        let mut queue = queue([text(whole)]);
        assert!(matches!(queue.read_value(), Ok(Step::Ready(Some(_)))), "{whole}");
    }
    for open in
        ["", " ", "; a", "(1 2", "\"a\\\"", "|a", "#", "#\\", "#u8", "'", "#;a", "a", "#t", "#|", ",@", "#:", "("]
    {
        let mut queue = queue([text(open)]);
        assert_eq!(queue.read_value(), Ok(Step::NeedsMore), "{open}");
    }
}

#[test]
fn a_peek_does_not_take_a_datum_apart() {
    let mut queue = queue([datum(12), datum(())]);
    assert_eq!(queue.peek_char(), Ok(Step::Ready(Some('1'))));
    assert!(queue.is_char_ready() && queue.is_u8_ready());
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(12.into()))));
    assert_eq!(queue.peek_char(), Ok(Step::NeedsMore));
    assert!(!queue.is_char_ready() && !queue.is_u8_ready());
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(Value::Void))));
}

#[test]
fn the_rest_of_a_datum_ends_where_the_datum_does() {
    let mut queue = closed([datum(123), text("4"), datum(5)]);
    assert_eq!(queue.read_char(), Ok(Step::Ready(Some('1'))));
    assert_eq!(read_all(&mut queue), ["23", "4", "5"]);
}

#[test]
fn read_as_characters_a_datum_is_its_text() {
    let values = [value("(a \"b\n\" #\\c)"), Value::Void, value("#(1.5)"), value("λ")];
    let written: String = values.iter().filter(|value| !value.is_void()).map(Value::to_string).collect();
    assert_eq!(read_chars(&mut closed(values.map(Segment::Datum))), written);
}

#[test]
fn a_return_is_the_end_of_a_line_once_it_is_known_what_follows() {
    let mut queue = queue([text("one\r")]);
    assert_eq!(queue.read_line(), Ok(Step::NeedsMore));
    queue.push(text("\ntwo\r"), 1);
    assert_eq!(queue.read_line(), Ok(Step::Ready(Some("one".into()))));
    assert_eq!(queue.read_line(), Ok(Step::NeedsMore));
    queue.close();
    assert_eq!(queue.read_line(), Ok(Step::Ready(Some("two".into()))));
    assert_eq!(queue.read_line(), Ok(Step::Ready(None)));
}

/// The lines of a text, as R7RS ends them.
fn lines_of(mut text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    while !text.is_empty() {
        let (line, rest) = text.split_at(text.find(['\n', '\r']).unwrap_or(text.len()));
        lines.push(line);
        text = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or(rest);
    }
    lines
}

#[test]
fn lines_end_with_a_line_feed_a_return_or_both_or_the_port() {
    let mut queue = queue([text("one\ntw"), text("o\r\n\nthree\rfour\r"), text("\nfive\r"), datum(3), text("x")]);
    for expected in ["one", "two", "", "three", "four", "five"] {
        assert_eq!(queue.read_line(), Ok(Step::Ready(Some(expected.into()))));
    }
    assert_eq!(queue.read_line(), Ok(Step::NeedsMore));
    queue.push(text("y"), 1);
    queue.close();
    assert_eq!(queue.read_line(), Ok(Step::Ready(Some("3xy".into()))));
    assert_eq!(queue.read_line(), Ok(Step::Ready(None)));
}

#[test]
fn strings_are_counted_in_characters() {
    let mut queue = queue([text("aλ"), Segment::Bytes(Bytes::from_static(b"\xf0\x9f")), datum("x")]);
    assert_eq!(queue.read_string(2), Ok(Step::Ready(Some("aλ".into()))));
    assert_eq!(queue.read_string(0), Ok(Step::Ready(Some(String::new()))));
    assert_eq!(queue.read_char(), Err(PortError::NotUtf8));
    assert_eq!(queue.read_u8(), Step::Ready(Some(0x9f)));
    assert_eq!(queue.read_string(4), Ok(Step::NeedsMore));
    queue.push(Segment::Bytes(Bytes::from_static(b"\xf0\x9f")), 1);
    assert_eq!(queue.read_string(4), Ok(Step::NeedsMore));
    queue.push(Segment::Bytes(Bytes::from_static(b"\x98\x80end")), 1);
    assert_eq!(queue.read_string(4), Ok(Step::Ready(Some("\"x\"😀".into()))));
    queue.close();
    assert_eq!(queue.read_string(4), Ok(Step::Ready(Some("end".into()))));
    assert_eq!(queue.read_string(4), Ok(Step::Ready(None)));
}

#[test]
fn a_character_may_come_in_pieces() {
    let mut queue = queue([]);
    for byte in "é😀".as_bytes() {
        assert_eq!(queue.peek_char(), Ok(Step::NeedsMore));
        queue.push(Segment::Bytes(Bytes::copy_from_slice(&[*byte])), 1);
        if *byte == 0xa9 {
            assert_eq!(queue.read_char(), Ok(Step::Ready(Some('é'))));
        }
    }
    assert_eq!(queue.read_char(), Ok(Step::Ready(Some('😀'))));
    let mut queue = closed([Segment::Bytes(Bytes::from_static(b"\xc3"))]);
    assert_eq!(queue.read_char(), Err(PortError::NotUtf8));
    assert_eq!(queue.read_char(), Ok(Step::Ready(None)));
}

#[test]
fn bytes_in_one_piece_are_not_copied() {
    let whole = Bytes::from(vec![7; 100_000]);
    let mut queue = queue([Segment::Bytes(whole.clone()), text("ab")]);
    let Ok(Step::Ready(Some(bytes))) = queue.read_bytes(60_000) else { panic!("no bytes") };
    assert_eq!(bytes.as_ptr(), whole.as_ptr());
    assert_eq!(queue.read_available(1 << 20), Step::Ready(Some(whole.slice(60_000..))));
    assert_eq!(queue.read_bytes(3), Ok(Step::NeedsMore));
    queue.push(datum(value("c")), 1);
    assert_eq!(queue.read_bytes(3), Ok(Step::Ready(Some(Bytes::from_static(b"abc")))));
    assert_eq!(queue.read_available(1), Step::NeedsMore);
    queue.push(text("d"), 1);
    queue.close();
    assert_eq!(queue.read_bytes(3), Ok(Step::Ready(Some(Bytes::from_static(b"d")))));
    assert_eq!(queue.read_bytes(3), Ok(Step::Ready(None)));
    assert_eq!(queue.read_available(1), Step::Ready(None));
    assert_eq!(queue.read_u8(), Step::Ready(None));
}

#[test]
fn mistakes_are_placed_and_passed_over() {
    let malformed = |line, column, message: &str| PortError::Malformed { line, column, message: message.into() };
    let mut queue = closed([text("λλ\n ( a\n  #<port> b) c"), datum(1), text(") d (e")]);
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(value("λλ")))));
    let what = "this stands for a value that has no text, such as a procedure or a port";
    assert_eq!(queue.read_value(), Err(malformed(3, 3, what)));
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(value("c")))));
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(1.into()))));
    assert_eq!(queue.read_value(), Err(malformed(3, 15, "this `)` closes nothing")));
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(value("d")))));
    assert_eq!(queue.read_value(), Err(malformed(3, 19, "this list is not closed")));
    assert_eq!(queue.read_value(), Ok(Step::Ready(None)));
}

#[test]
fn what_is_not_text_is_passed_over() {
    let mut queue = closed([Segment::Bytes(Bytes::from_static(b"(a \xff b\n"))]);
    assert_eq!(queue.read_value(), Err(PortError::NotUtf8));
    assert_eq!(queue.read_line(), Ok(Step::Ready(Some(" b".into()))));
}

#[test]
fn nesting_is_refused_as_soon_as_it_is_too_deep() {
    let mut queue = queue([text(&"(".repeat(2_000))]);
    assert!(matches!(queue.read_value(), Err(PortError::Malformed { .. })));
    let mut queue = self::queue([text(&"'".repeat(2_000))]);
    assert!(matches!(queue.read_value(), Err(PortError::Malformed { .. })));
}

#[test]
fn text_without_end_is_given_up() {
    for start in ["(", "\"", "#|", "line"] {
        let mut queue = queue([text(start)]);
        let piece = Bytes::from(vec![b'a'; 1 << 20]);
        let outcome = std::iter::from_fn(|| {
            queue.push(Segment::Bytes(piece.clone()), 1);
            Some(if start == "line" { queue.read_line().map(|_| ()) } else { queue.read_value().map(|_| ()) })
        });
        let tries: Vec<_> = outcome.take(17).collect();
        assert!(tries[..15].iter().all(Result::is_ok));
        assert!(tries[15..].contains(&Err(PortError::TooLong { limit: TEXT_BYTES_MAX })), "{start}");
    }
}

#[test]
fn very_many_comments_take_no_stack() {
    let comments = std::iter::repeat_n([text("#;"), datum(1)], 100_000).flatten();
    assert_eq!(read_all(&mut closed(comments.chain([datum(2)]))), ["2"]);
}

/// If each piece made the reader begin again, this would take minutes.
#[test]
fn a_datum_in_very_many_pieces_takes_linear_time() {
    let mut queue = queue([text("(")]);
    for _ in 0..300_000 {
        queue.push(text("(a)\n"), 1);
        assert_eq!(queue.read_value(), Ok(Step::NeedsMore));
    }
    queue.push(text(")"), 1);
    let Ok(Step::Ready(Some(Value::List(items)))) = queue.read_value() else { panic!("no list") };
    assert_eq!(items.len(), 300_000);
}

#[test]
fn what_is_read_is_owed_to_the_sender() {
    let mut queue = InputQueue::default();
    queue.push(text("abc"), 3);
    queue.push(datum(12), 10);
    assert_eq!(queue.take_consumed(), 0);
    queue.read_char().unwrap();
    assert_eq!(queue.take_consumed(), 1);
    queue.read_string(2).unwrap();
    assert_eq!(queue.take_consumed(), 2);
    queue.peek_char().unwrap();
    assert_eq!(queue.take_consumed(), 0);
    queue.read_value().unwrap();
    assert_eq!(queue.take_consumed(), 10);

    queue.push(datum(12), 10);
    assert_eq!(read_chars(&mut queue), "12");
    assert_eq!(queue.take_consumed(), 10);
}

/// The sender may have no room for the rest of what the reader waits for.
#[test]
fn what_is_gathered_is_owed_at_once_and_only_once() {
    let mut queue = InputQueue::default();
    queue.push(text("(a b"), 4);
    queue.push(datum(1), 5);
    assert_eq!(queue.read_value(), Ok(Step::NeedsMore));
    assert_eq!(queue.take_consumed(), 9);
    queue.push(text(" c) d"), 5);
    assert!(matches!(queue.read_value(), Ok(Step::Ready(Some(_)))));
    assert_eq!(queue.take_consumed(), 3);
    for read in [
        |queue: &mut InputQueue| queue.read_line().map(|_| ()),
        |queue: &mut InputQueue| queue.read_bytes(9).map(|_| ()),
    ] {
        let mut queue = InputQueue::default();
        queue.push(text("abc"), 3);
        read(&mut queue).unwrap();
        assert_eq!(queue.take_consumed(), 3);
    }
}

#[test]
fn a_port_that_nobody_reads_owes_everything_at_once() {
    let mut queue = InputQueue::default();
    queue.push(text("abc"), 3);
    queue.push(datum(1), 2);
    queue.discard();
    queue.push(datum(1), 2);
    assert_eq!(queue.take_consumed(), 7);
    queue.close();
    assert_eq!(queue.read_value(), Ok(Step::Ready(None)));
}

#[test]
fn changing_ones_mind_loses_nothing() {
    let mut queue = queue([text("(a"), datum(1)]);
    assert_eq!(queue.read_value(), Ok(Step::NeedsMore));
    assert_eq!(queue.read_line(), Ok(Step::NeedsMore));
    assert_eq!(queue.read_string(5), Ok(Step::NeedsMore));
    assert_eq!(queue.read_char(), Ok(Step::Ready(Some('('))));
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(value("a")))));
    assert_eq!(queue.read_value(), Ok(Step::Ready(Some(1.into()))));
}

#[test]
fn small_writes_go_out_together() {
    let mut output = OutputBuffer::default();
    for _ in 0..1000 {
        assert_eq!(output.write(b"0123456789"), None);
    }
    assert_eq!(output.take().map(|bytes| bytes.len()), Some(10_000));
    assert_eq!(output.take(), None);
    assert_eq!(output.write(&[0; 100_000]).map(|bytes| bytes.len()), Some(100_000));
}

/// Text that is mostly syntax.
fn syntax() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "(",
        "(",
        ")",
        ")",
        "[",
        "]",
        " ",
        "\n",
        "'",
        "`",
        ",",
        ",@",
        "#(",
        "#u8(",
        "#f64(",
        "#hash(",
        "#;",
        "#|",
        "|#",
        "#\\",
        "#\\x",
        "#\\(",
        "#\\space",
        "\"",
        "\\",
        "|",
        ";",
        "a",
        "bc",
        "λ",
        "1",
        "-2.5",
        "1/2",
        ".",
        " . ",
        "#t",
        "#:",
        "#:k",
        "#!void",
        "#!no-fold-case",
        "#",
        "#<",
        "@",
        "\u{a0}",
        "{",
        "\r",
        "u8",
        "#d1",
    ]);
    prop::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat())
}

fn pieces(text: &str, cuts: &[prop::sample::Index]) -> Vec<Segment> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(text.len());
    let mut start = 0;
    ends.into_iter()
        .map(|end| {
            let piece = Bytes::copy_from_slice(&text.as_bytes()[start..end]);
            start = end;
            Segment::Bytes(piece)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    /// However text is cut, what is read is what the reader finds in the whole, up to the first mistake.
    #[test]
    fn pieces_are_read_as_the_whole(
        text in syntax(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut expected = Vec::new();
        let mut rest = &text[..];
        let limits = dpfw_syntax::ReadLimits::default();
        let fails = loop {
            match dpfw_syntax::read_first(rest, &limits) {
                Ok(Some((datum, used))) => {
                    expected.push(datum.to_string());
                    rest = &rest[used..];
                }
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        let mut queue = InputQueue::default();
        let mut found = Vec::new();
        let mut failed = false;
        let pieces = pieces(&text, &cuts);
        let last = pieces.len() - 1;
        for (index, piece) in pieces.into_iter().enumerate() {
            queue.push(piece, 1);
            if index == last {
                queue.close();
            }
            while !failed {
                match queue.read_value() {
                    Ok(Step::Ready(Some(value))) => found.push(value.to_string()),
                    Ok(_) => break,
                    Err(_) => failed = true,
                }
            }
        }
        prop_assert_eq!((found, failed), (expected, fails));
    }

    /// A list, a string or a number that is complete in itself is never waited for.
    #[test]
    fn a_whole_datum_is_read_when_it_is_there(value in text_values(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let mut text = value.to_string();
        if !dpfw_syntax::is_delimited(&text) || value.as_char().is_some() {
            text.push(' ');
        }
        let mut queue = InputQueue::default();
        let pieces = pieces(&text, &cuts);
        let last = pieces.len() - 1;
        for (index, piece) in pieces.into_iter().enumerate() {
            queue.push(piece, 0);
            if index < last && text.ends_with([')', '"']) {
                // Before the last byte nothing is whole; an empty last piece adds nothing.
                let read = queue.read_value();
                if let Ok(Step::Ready(found)) = read {
                    prop_assert_eq!(found.as_ref(), Some(&value));
                    return Ok(());
                }
            }
        }
        prop_assert_eq!(queue.read_value(), Ok(Step::Ready(Some(value))));
    }

    /// Characters are what `write` prints, whatever they are read by.
    #[test]
    fn characters_lines_and_bytes_agree(values in prop::collection::vec(text_values(), 0..5), count in 1_usize..9) {
        let written: String = values.iter().filter(|value| !value.is_void()).map(Value::to_string).collect();
        let segments = || closed(values.iter().cloned().map(Segment::Datum));
        prop_assert_eq!(read_chars(&mut segments()), written.clone());

        let mut queue = segments();
        let mut strings = String::new();
        while let Ok(Step::Ready(Some(part))) = queue.read_string(count) {
            strings.push_str(&part);
        }
        prop_assert_eq!(strings, written.clone());

        let mut queue = segments();
        let mut bytes = Vec::new();
        while let Ok(Step::Ready(Some(part))) = queue.read_bytes(count) {
            bytes.extend_from_slice(&part);
        }
        prop_assert_eq!(bytes, written.as_bytes());

        let mut queue = segments();
        let mut lines = Vec::new();
        while let Ok(Step::Ready(Some(line))) = queue.read_line() {
            lines.push(line);
        }
        prop_assert_eq!(lines, lines_of(&written));
    }

    /// Nothing that arrives makes a read panic or an end never come, and everything is owed in the end.
    #[test]
    fn any_bytes_come_to_an_end(
        pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..12), any::<bool>()), 0..6),
        reads in prop::collection::vec(0..7, 0..12),
    ) {
        let mut queue = InputQueue::default();
        let mut weight = 0;
        for (index, (bytes, is_datum)) in pieces.into_iter().enumerate() {
            weight += 3;
            queue.push(if is_datum { datum(bytes.len() as u64) } else { Segment::Bytes(bytes.into()) }, 3);
            match reads.get(index) {
                Some(0) => drop(queue.read_value()),
                Some(1) => drop(queue.read_line()),
                Some(2) => drop(queue.read_string(3)),
                Some(3) => drop(queue.read_char()),
                Some(4) => drop(queue.read_bytes(3)),
                Some(5) => drop(queue.read_u8()),
                _ => drop(queue.peek_char()),
            }
        }
        queue.close();
        let mut end = 0;
        while queue.read_value() != Ok(Step::Ready(None)) {
            end += 1;
            prop_assert!(end < 1000);
        }
        prop_assert_eq!(queue.take_consumed(), weight);
    }
}

#[test]
fn segments_come_as_they_were_written() {
    let mut queue = queue([text("a "), text("(b"), datum(1), datum("c"), text(")")]);
    let mut read = || match queue.read_segment() {
        Step::Ready(segment) => segment,
        Step::NeedsMore => None,
    };
    assert_eq!(read(), Some(text("a (b")));
    assert_eq!(read(), Some(datum(1)));
    assert_eq!(read(), Some(datum("c")));
    assert_eq!(read(), Some(text(")")));
    assert_eq!(read(), None);
    assert_eq!(queue.read_segment(), Step::NeedsMore);
    assert_eq!(queue.take_consumed(), 5);
    queue.close();
    assert_eq!(queue.read_segment(), Step::Ready(None));
    // The rest of a datum whose beginning was read as text is text.
    let mut queue = closed([datum(12)]);
    assert_eq!(queue.read_char().unwrap(), Step::Ready(Some('1')));
    assert_eq!(queue.read_segment(), Step::Ready(Some(text("2"))));
}

#[test]
fn data_without_end_where_text_is_read_take_no_room_without_end() {
    for value in [Value::Void, Value::from(7)] {
        let mut queue = InputQueue::default();
        let crowded = (0..1_000_000_u32).find(|number| {
            queue.push(Segment::Datum(value.clone()), 1);
            // As often as frames come.
            let waits = number.is_multiple_of(1_000) && queue.read_line() == Ok(Step::NeedsMore);
            waits && queue.check_data_in_text().is_err()
        });
        assert_eq!(crowded, Some(263_000));
        assert_eq!(queue.take_consumed(), 263_001);
        queue.push(text("a\n"), 2);
        assert_eq!(queue.read_line(), Ok(Step::Ready(Some("a".to_owned()))), "what there was is lost");
    }
}
