//! Core text, its name, its map and the constants that leave it.

use std::sync::Arc;

use super::{compile, lowered};
use crate::{CompileOptions, Extern, ReadLimits, Span, TemplateHash, compile_procedure, read_first};

fn lifted(body: &str) -> (String, Vec<String>) {
    let options = CompileOptions { lift_literals: true, ..CompileOptions::default() };
    let lowered = compile(&format!("(lambda (i o) {body})"), &options).unwrap();
    (lowered.text, lowered.lifted.iter().map(ToString::to_string).collect())
}

#[test]
fn layout_comments_and_names_do_not_change_the_hash() {
    let first = lowered("(let ((alpha 1)) (+ alpha ,x))");
    let second = lowered("(let ((b ; a comment\n 1))\n  (+  b ,some.other))");
    assert_eq!(first.text, second.text);
    assert_eq!(first.hash, second.hash);
    assert_ne!(first.hash, lowered("(let ((b 2)) (+ b ,x))").hash);
}

#[test]
fn the_hash_is_the_beginning_of_a_sha_256() {
    // printf 'dpfw-core/1\n(lambda () (lambda (_0 _1) 1))' | sha256sum
    let hash = TemplateHash::of("(lambda () (lambda (_0 _1) 1))");
    assert_eq!(hash.to_string(), "808d33026d64786c3c0583bf99ef90fb");
    assert_eq!(lowered("1").hash, hash);
}

#[test]
fn the_map_leads_back_to_the_source() {
    let text = "(lambda (i o) (define (f x) (car x)) (f 'a))";
    let lowered = compile(text, &CompileOptions::default()).unwrap();
    assert!(lowered.map.is_sorted_by_key(|(offset, _)| *offset));
    let origin = |core: &str| {
        let offset = u32::try_from(lowered.text.find(core).unwrap()).unwrap();
        let Span { start, end } = lowered.map.iter().find(|(at, _)| *at == offset).unwrap().1;
        &text[start as usize..end as usize]
    };
    assert_eq!(origin("(car _3)"), "(car x)");
    assert_eq!(origin("car _3"), "car");
    assert_eq!(origin("(quote a)"), "'a");
    assert_eq!(origin("(lambda (_3)"), "(define (f x) (car x))");
}

#[test]
fn what_a_macro_makes_leads_back_to_its_use() {
    let text = "(lambda (i o) (define-syntax first (syntax-rules () ((_ x) (car x)))) (first 5))";
    let lowered = compile(text, &CompileOptions::default()).unwrap();
    let offset = u32::try_from(lowered.text.find("(car 5)").unwrap()).unwrap();
    let (_, Span { start, end }) = lowered.map.iter().find(|(at, _)| *at == offset).unwrap();
    assert_eq!(&text[*start as usize..*end as usize], "(first 5)");
}

#[test]
fn lifted_constants_become_the_last_holes() {
    let (text, constants) = lifted("(list ,x \"a\" '(1 2) 5 'b 123456789012345678901234567890 1/2 #\\c 1.5 '() #(1))");
    assert_eq!(
        text,
        "(lambda (_0 _1 _2 _3 _4 _5) (lambda (_6 _7) (list _0 _1 _2 5 (quote b) _3 _4 #\\c 1.5 (quote ()) _5)))"
    );
    assert_eq!(constants, ["\"a\"", "(1 2)", "123456789012345678901234567890", "1/2", "#(1)"]);
}

#[test]
fn programs_that_differ_in_lifted_constants_share_a_template() {
    assert_eq!(lifted("(list \"a\" \"a\")").0, lifted("(list \"b\" \"c\")").0);
    assert_ne!(lifted("(list 1)").0, lifted("(list 2)").0);
}

#[test]
fn constants_that_belong_to_the_shape_are_not_lifted() {
    let (_, constants) = lifted("(define-record-type p #f p? (a pa)) (case i ((1 2) (assert (= i \"x\"))))");
    assert_eq!(constants, ["\"x\""]);
}

#[test]
fn declared_procedures_are_known_and_reported_when_used() {
    let declared = |name: &str, min, max| Extern { name: name.into(), min, max, span: Span::new(0, 1) };
    let options = CompileOptions {
        externs: vec![declared("prime?", 1, Some(1)), declared("sum", 0, None), declared("odd name", 0, Some(2))],
        lift_literals: false,
    };
    let lowered = compile("(lambda (i o) (prime? 5) (map prime? '(1)) (|odd name|))", &options).unwrap();
    assert_eq!(lowered.externs, ["odd name", "prime?"]);
    assert!(lowered.text.contains("(|odd name|)"), "{}", lowered.text);

    let errors = compile("(lambda (i o) (prime? 5 6) (prme? 1))", &options).unwrap_err();
    assert_eq!(errors[0].message, "`prime?` takes 1 argument, got 2");
    assert_eq!(errors[1].help.as_deref(), Some("did you mean `prime?`?"));
}

#[test]
fn a_declaration_cannot_take_a_name_that_has_a_meaning() {
    for (name, mistake) in [
        ("car", "`car` is offered by every slave and needs no declaration"),
        ("if", "`if` is a keyword"),
        ("%box", "`%box` is a reserved name"),
        ("_1", "`_1` is a reserved name"),
    ] {
        let declared = Extern { name: name.into(), min: 1, max: None, span: Span::new(0, 1) };
        let options = CompileOptions { externs: vec![declared], lift_literals: false };
        let errors = compile("(lambda (i o) 1)", &options).unwrap_err();
        assert_eq!(errors[0].message, mistake);
    }
}

#[test]
fn the_slaves_own_procedures_may_name_internal_ones() {
    let define = |text: &str| {
        let (datum, _) = read_first(text, &ReadLimits::default()).unwrap().unwrap();
        compile_procedure(&datum).map(|(name, core)| (name, crate::lower::CoreText::of(&core).text))
    };
    let named = |name: &str, text: &str| Ok((Arc::<str>::from(name), text.to_owned()));
    assert_eq!(define("(define (f x . r) (%box x))"), named("f", "(lambda (_0 . _1) (%box _0))"));
    assert_eq!(define("(define (f . r) r)"), named("f", "(lambda _0 _0)"));
    assert_eq!(
        define("(define (list-tail l k) (if (= k 0) l (list-tail (cdr l) (- k 1))))"),
        named("list-tail", "(lambda (_0 _1) (if (= _1 0) _0 (list-tail (cdr _0) (- _1 1))))")
    );
    assert_eq!(define("(define f (let ((n 0)) (lambda () n)))"), named("f", "((lambda (_0) (lambda () _0)) 0)"));
    assert_eq!(define("(define (f) (%box))").unwrap_err()[0].message, "`%box` takes 1 argument, got 0");
    assert_eq!(define("(f)").unwrap_err()[0].message, "malformed define: expected (define (name parameter …) body …)");
}
