//! What a slave takes from a peer, and what it refuses.

use super::{admitted, offered};
use crate::{AdmitErrorKind, AdmitLimits, Local, ReadError, admit, lower::CoreText};

fn refused(text: &str) -> (u32, AdmitErrorKind) {
    let error = admit(text, &AdmitLimits::default(), &offered).expect_err(text);
    (error.offset, error.kind)
}

/// A template with this body.
fn template(body: &str) -> String {
    format!("(lambda () (lambda (_0 _1) {body}))")
}

/// Where the body of [`template`] begins.
const BODY: u32 = 27;

#[test]
fn core_is_admitted_and_is_what_was_written() {
    for body in [
        "1",
        "_0",
        "car",
        "(quote a)",
        "(quote (1 . #(2 \"x\")))",
        "#u8(1 2)",
        "#!void",
        "(if _0 1 2)",
        "(begin 1 2)",
        "(lambda _2 _2)",
        "(lambda (_2 . _3) _3)",
        "((lambda (_2) _2) 1)",
        "((lambda _2 _2) 1 2 3)",
        "(cons 1 2)",
        "(_0)",
        "((car _0) 1)",
        "(%unbox (%box 1))",
        "(quote (lambda if _9))",
    ] {
        let text = template(body);
        assert_eq!(CoreText::of(&admitted(&text)).text, text);
    }
}

#[test]
fn what_is_not_core_is_refused_where_it_stands() {
    use AdmitErrorKind::{CallOfConstant, DuplicateLocal, NotCore, UnboundLocal, UnknownName};
    for (body, offset, kind) in [
        ("()", 0, NotCore("an expression")),
        ("(1 . 2)", 0, NotCore("an expression")),
        ("#(1)", 0, NotCore("an expression")),
        ("(quote)", 0, NotCore("(quote datum)")),
        ("(quote 1)", 0, NotCore("(quote datum)")),
        ("(quote a b)", 0, NotCore("(quote datum)")),
        ("(lambda (_2))", 0, NotCore("(lambda (local …) body)")),
        ("(lambda (_2) 1 2)", 0, NotCore("(lambda (local …) body)")),
        ("(lambda (x) 1)", 9, NotCore("a local")),
        ("(lambda 1 1)", 8, NotCore("a local")),
        ("(lambda (_02) 1)", 9, NotCore("a local")),
        ("(if 1 2)", 0, NotCore("(if test then else)")),
        ("(begin 1)", 0, NotCore("(begin expression expression …)")),
        ("(begin)", 0, NotCore("(begin expression expression …)")),
        ("(lambda (_2 _2) 1)", 12, DuplicateLocal(Local(2))),
        ("(lambda (_0) 1)", 9, DuplicateLocal(Local(0))),
        ("(begin (lambda (_2) 1) (lambda (_2) 1))", 32, DuplicateLocal(Local(2))),
        ("_2", 0, UnboundLocal(Local(2))),
        ("(begin (lambda (_2) 1) _2)", 23, UnboundLocal(Local(2))),
        ("(define x 1)", 1, UnknownName("define".into())),
        ("(set! _0 1)", 1, UnknownName("set!".into())),
        ("(let ((_2 1)) _2)", 1, UnknownName("let".into())),
        ("(cons lambda 1)", 6, UnknownName("lambda".into())),
        ("(|#%prim.command| 1)", 1, UnknownName("#%prim.command".into())),
        ("(eval 1)", 1, UnknownName("eval".into())),
        ("(|car | 1)", 1, UnknownName("car ".into())),
        ("_99999999999", 0, UnknownName("_99999999999".into())),
        ("(1 2)", 0, CallOfConstant),
        ("((quote car) 1)", 0, CallOfConstant),
    ] {
        assert_eq!(refused(&template(body)), (BODY + offset, kind), "{body}");
    }
}

#[test]
fn calls_with_wrong_numbers_of_arguments_are_refused() {
    for (body, message) in [
        ("(cons 1)", "`cons` takes 2 arguments, got 1, at byte 27 of the template"),
        ("(%box)", "`%box` takes 1 argument, got 0, at byte 27 of the template"),
        (
            "((lambda (_2) _2))",
            "a procedure called where it stands takes 1 argument, got 0, at byte 27 of the template",
        ),
        (
            "((lambda (_2 . _3) _2))",
            "a procedure called where it stands takes at least 1 argument, got 0, at byte 27 of the template",
        ),
    ] {
        let error = admit(&template(body), &AdmitLimits::default(), &offered).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn only_a_template_is_admitted() {
    use AdmitErrorKind::{NotOne, NotTemplate};
    for text in [
        "1",
        "car",
        "(lambda () 1)",
        "(lambda _0 (lambda (_1 _2) 1))",
        "(lambda (_0 . _1) (lambda (_2 _3) 1))",
        "(lambda () (lambda (_0) 1))",
        "(lambda () (lambda (_0 _1 . _2) 1))",
        "(lambda () (begin 1 (lambda (_0 _1) 1)))",
    ] {
        assert_eq!(refused(text), (0, NotTemplate), "{text}");
    }
    let whole = template("1");
    assert_eq!(refused(&format!("{whole} 1")), (30, NotOne));
    assert_eq!(refused(&format!("{whole} ")), (30, NotOne));
    assert_eq!(refused(&format!(" {whole}")), (31, NotOne));
    assert_eq!(refused(""), (0, NotOne));
    assert_eq!(refused("; nothing"), (0, NotOne));
}

#[test]
fn limits_and_unreadable_texts_are_typed() {
    assert!(matches!(refused("(lambda ()"), (_, AdmitErrorKind::Unreadable(ReadError::Incomplete(_)))));
    assert!(matches!(refused("(lambda ()]"), (_, AdmitErrorKind::Unreadable(ReadError::Invalid(_)))));
    let limits = AdmitLimits { depth_max: 4, nodes_max: 100, ..AdmitLimits::default() };
    let kind = |body: &str| admit(&template(body), &limits, &offered).map_err(|error| error.kind);
    assert!(kind("(car 1)").is_ok());
    assert!(matches!(kind("(car (car (car 1)))"), Err(AdmitErrorKind::Unreadable(ReadError::TooDeep { .. }))));
    let long = format!("(list {})", "1 ".repeat(100));
    assert!(matches!(kind(&long), Err(AdmitErrorKind::Unreadable(ReadError::TooLarge { .. }))));
}

#[test]
fn what_a_slave_does_not_offer_is_refused_by_name() {
    let nothing = |_: &str| None;
    let error = admit(&template("(car 1)"), &AdmitLimits::default(), &nothing).unwrap_err();
    assert_eq!(error.to_string(), "unknown procedure `car`, at byte 28 of the template");
}
