//! Programs that would hang, flood or overflow are refused, on a thread with little stack.

use std::time::Instant;

use super::{compile, offered};
use crate::{AdmitErrorKind, AdmitLimits, CompileOptions, SyntaxError, admit};

/// Compiles on a thread with two megabytes of stack, as `tokio` and the test harness have.
fn compile_on_small_stack(text: String) -> Result<String, Vec<SyntaxError>> {
    let work = move || {
        let lowered = compile(&text, &CompileOptions::default())?;
        admit(&lowered.text, &AdmitLimits::default(), &offered).unwrap();
        Ok(lowered.text)
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
}

fn message(text: String) -> String {
    compile_on_small_stack(text).expect_err("the program is refused").swap_remove(0).message
}

#[test]
fn macros_that_expand_without_end_are_refused() {
    for program in [
        "(define-syntax m (syntax-rules () ((_) (m)))) (m)",
        "(define-syntax m (syntax-rules () ((_) (begin (m))))) (m) 1",
        "(define-syntax a (syntax-rules () ((_ x) (b x)))) (define-syntax b (syntax-rules () ((_ x) (a x)))) (a 1)",
        "(define-syntax m (syntax-rules () ((_ x ...) (m x ... x ...)))) (m 1 2)",
        "(define-syntax m (syntax-rules () ((_ x) (m (x x))))) (m 1)",
        "(define-syntax m (syntax-rules () ((_ x) (begin (define y 1) (m x) (m x))))) (m 1) 1",
    ] {
        let message = message(format!("(lambda (i o) {program})"));
        assert!(
            message.starts_with("macros expand without end") || message.starts_with("this nests too deeply"),
            "{program}: {message}"
        );
    }
}

#[test]
fn an_exponential_macro_is_refused() {
    let mut program = String::from("(define-syntax m0 (syntax-rules () ((_ x) (list x x))))");
    for n in 1..40 {
        program += &format!("(define-syntax m{n} (syntax-rules () ((_ x) (m{} (list x x)))))", n - 1);
    }
    let message = message(format!("(lambda (i o) {program} (m39 1))"));
    assert!(message.starts_with("macros expand without end"), "{message}");
}

#[test]
fn a_macro_that_nests_is_refused_at_the_limit() {
    let message = message("(lambda (i o) (define-syntax m (syntax-rules () ((_ x) (list (m x))))) (m 1))".into());
    assert!(message.starts_with("this nests too deeply"), "{message}");
}

#[test]
fn sources_as_deep_as_the_reader_takes_compile() {
    for (open, middle, close) in [
        ("(car ", "i", ")"),
        ("(if i 1 ", "o", ")"),
        ("(lambda () ", "i", ")"),
        ("(quote (", "i", "))"),
        ("(quasiquote (", "i", "))"),
        ("(let () ", "i", ")"),
        ("(or (car i) (list ", "o", "))"),
    ] {
        let levels = 900 / open.matches('(').count();
        let program = format!("(lambda (i o) {}{middle}{})", open.repeat(levels), close.repeat(levels));
        assert!(compile_on_small_stack(program).is_ok(), "{open}");
    }
}

#[test]
fn long_sequences_compile_or_are_refused_with_a_reason() {
    let long = |part: &str, count: usize| part.repeat(count);
    assert!(compile_on_small_stack(format!("(lambda (i o) (list {}))", long("i ", 20_000))).is_ok());
    assert!(compile_on_small_stack(format!("(lambda (i o) {})", long("(display i) ", 20_000))).is_ok());
    assert!(compile_on_small_stack(format!("(lambda (i o) (cond {}))", long("(i 1) ", 1_000))).is_ok());
    assert!(compile_on_small_stack(format!("(lambda (i o) (let* ({}) a))", long("(a 1) ", 900))).is_ok());
    let defines: String = (0..900).map(|n| format!("(define a{n} (car i)) ")).collect();
    assert!(compile_on_small_stack(format!("(lambda (i o) {defines} a1)")).is_ok());
    for program in [
        format!("(lambda (i o) (cond {}))", long("(i 1) ", 10_000)),
        format!("(lambda (i o) (let* ({}) a))", long("(a 1) ", 10_000)),
        format!("(lambda (i o) (and {}))", long("i ", 10_000)),
        format!("(lambda (i o) {} 1)", (0..10_000).map(|n| format!("(define a{n} (car i)) ")).collect::<String>()),
    ] {
        assert!(message(program).starts_with("this nests too deeply"));
    }
}

#[test]
fn a_thousand_unbound_names_are_a_hundred_messages() {
    let names: String = (0..1_000).map(|n| format!("unknown{n} ")).collect();
    let errors = compile(&format!("(lambda (i o) {names})"), &CompileOptions::default()).unwrap_err();
    assert_eq!(errors.len(), 100);
}

#[test]
fn core_at_its_limit_is_admitted_on_a_small_stack() {
    let nested = |open: &str, close: &str, levels: usize| {
        format!("(lambda () (lambda (_0 _1) {}_0{}))", open.repeat(levels), close.repeat(levels))
    };
    let admitted = |text: String| {
        let work = move || admit(&text, &AdmitLimits::default(), &offered).map(drop);
        std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
    };
    for (open, close) in [("(car ", ")"), ("(if _0 1 ", ")"), ("(lambda () ", ")"), ("(begin 1 ", ")")] {
        assert!(admitted(nested(open, close, 1_990)).is_ok(), "{open}");
        assert!(admitted(nested(open, close, 2_010)).is_err(), "{open}");
    }
    let quoted = format!("(lambda () (lambda (_0 _1) (quote {}{})))", "(".repeat(1_990), ")".repeat(1_990));
    assert!(admitted(quoted).is_ok());
}

#[test]
fn a_program_near_the_limit_of_core_compiles_on_a_small_stack() {
    assert!(compile_on_small_stack(format!("(lambda (i o) (and {}))", "i ".repeat(1_900))).is_ok());
    assert!(compile_on_small_stack(format!("(lambda (i o) (or {}))", "i ".repeat(600))).is_ok());
    let clauses = "((1) 2) ".repeat(1_900);
    assert!(compile_on_small_stack(format!("(lambda (i o) (case i {clauses}))")).is_ok());
}

/// `(g (1 …) x)` applies the macro `k` to `x`, doubled for each `1`.
const MULTIPLY: &str = "(define-syntax g (syntax-rules () ((_ () x) (k x)) ((_ (a . r) x) (g r (x x)))))";

/// A body that applies the macro `k` to `2^doublings` times `datum`.
fn multiplied(doublings: usize, datum: &str) -> String {
    format!("{MULTIPLY} (g ({}) {datum})", "1 ".repeat(doublings))
}

/// Definitions of a macro `name` that stands for `2^levels` expressions `leaf`.
fn tree(name: &str, levels: usize, leaf: &str) -> String {
    let mut text = format!("(define-syntax {name}0 (syntax-rules () ((_) {leaf})))");
    for n in 1..=levels {
        let less = n - 1;
        text += &format!("(define-syntax {name}{n} (syntax-rules () ((_) (list ({name}{less}) ({name}{less})))))");
    }
    text
}

#[test]
fn what_macros_copy_counts_by_its_size() {
    for datum in [
        format!("#u8({})", "0 ".repeat(1_000)),
        format!("#f64({})", "0 ".repeat(1_000)),
        format!("#hash({})", "(1 . 2)".repeat(300)),
        format!("\"{}\"", "a".repeat(3_000)),
        "a".repeat(3_000),
        "9".repeat(3_000),
    ] {
        let define = "(define-syntax k (syntax-rules () ((_ x) (quote x))))";
        let argument = format!("(lambda (i o) {define} {})", multiplied(14, &datum));
        assert!(message(argument).starts_with("macros expand without end"), "{datum}");
        let constant = format!("(lambda (i o) {} (t14))", tree("t", 14, &format!("(quote {datum})")));
        assert!(message(constant).starts_with("macros expand without end"), "{datum}");
    }
}

#[test]
fn an_alias_of_aliases_counts_for_all_of_them() {
    // Each round makes an alias of the last one.
    let program = |rounds: usize| {
        let (rounds, doublings) = ("1 ".repeat(rounds), "1 ".repeat(13));
        format!(
            "(lambda (i o) {MULTIPLY} (define-syntax k (syntax-rules () ((_ x) x))) \
             (define-syntax m (syntax-rules () ((_ () x) (g ({doublings}) x)) \
             ((_ (a . r) x) (let-syntax ((h (syntax-rules () ((_) (m r x))))) (h))))) \
             (define-syntax start (syntax-rules () ((_ r) (m r list)))) (start ({rounds})))"
        )
    };
    assert!(compile_on_small_stack(program(10)).is_ok());
    assert!(message(program(700)).starts_with("macros expand without end"));
}

#[test]
fn the_text_of_a_claim_is_no_longer_than_can_be_read() {
    let claim = "(assert ".repeat(100) + "x" + &")".repeat(100);
    let define = format!("(define-syntax k (syntax-rules () ((_ x) {claim})))");
    let text = compile_on_small_stack(format!("(lambda (i o) {define} {})", multiplied(10, "i"))).unwrap();
    assert!(text.len() < 200_000, "{}", text.len());
    assert!(text.contains("…"));
    let many = format!(
        "(lambda (i o) (define-syntax k (syntax-rules () ((_ x) x))) {})",
        multiplied(12, &claim.replace('x', "i"))
    );
    assert!(message(many).starts_with("macros expand without end"));
}

#[test]
fn no_program_takes_much_longer_than_one_that_uses_up_the_budget() {
    let scopes = (1..=9).fold("(define-syntax a0 (syntax-rules () ((_ x) (let ((t 1)) x))))".to_owned(), |all, n| {
        format!("{all} (define-syntax a{n} (syntax-rules () ((_ x) (a{0} (a{0} x)))))", n - 1)
    });
    let nested = |open: &str, close: &str| {
        let define = format!("(define-syntax k (syntax-rules () ((_ x) {}x{})))", open.repeat(400), close.repeat(400));
        format!("{define} {}", multiplied(16, "i"))
    };
    let clauses = "(() 1) ".repeat(500);
    let unmatched = format!(
        "(let () (define-syntax f (syntax-rules () ((_ p) 1) ((_ p p) 1) ((_ p p p) 1))) {} (t13))",
        tree("t", 13, "(f)")
    );
    let variables: String = (0..600).map(|n| format!("v{n} ")).collect();
    for (what, body) in [
        (
            "scopes",
            format!(
                "{scopes} {MULTIPLY} (define-syntax k (syntax-rules () ((_ x) x))) (a9 (g ({}) i))",
                "1 ".repeat(16)
            ),
        ),
        ("clauses of cond-expand", nested("(cond-expand (else ", "))")),
        ("tails of quasi-quotations", nested("(quasiquote (a unquote ", "))")),
        ("unbound names", format!("{} (t15)", tree("t", 15, "(unbound-name (unbound-name))"))),
        ("wrong calls", format!("(define f (case-lambda {clauses})) {} (t15)", tree("t", 15, "(f 1)"))),
        ("long patterns", format!("(define-syntax k (syntax-rules () ((_ p) {unmatched}))) {}", multiplied(15, "1"))),
        (
            "repetitions of nothing",
            format!(
                "(define-syntax m (syntax-rules () ((_ n (({variables}) ...) ...) (m n (({variables}) ...) ...)))) \
                 (m 1 {})",
                "()".repeat(600)
            ),
        ),
    ] {
        // On a busy machine any of them may be held up.
        let ratios = (0..3).map(|_| duration(&body) / duration(&format!("{} (t19)", tree("t", 19, "i"))));
        let ratios: Vec<_> = ratios.take_while(|ratio| *ratio > RATIO_MAX).collect();
        assert!(ratios.len() < 3, "{what}: {ratios:?}");
    }
}

/// How many seconds it takes to compile or to refuse a body.
fn duration(body: &str) -> f64 {
    let start = Instant::now();
    let _ = compile_on_small_stack(format!("(lambda (i o) {body})"));
    start.elapsed().as_secs_f64()
}

const RATIO_MAX: f64 = 10.0;

/// A body of `count` procedures which all know each other.
fn procedures(count: usize) -> String {
    let define =
        |n: usize| format!("(define (f{n} x) (if (null? x) f{} (f{} x)))", (n + 1) % count, (n * 7 + 3) % count);
    (0..count).map(define).collect::<String>() + " (f0 i)"
}

#[test]
fn what_takes_too_long_to_compile_is_refused_by_masters_and_slaves() {
    assert!(compile_on_small_stack(format!("(lambda (i o) {})", procedures(500))).is_ok());
    let many = format!("(lambda (i o) {})", procedures(700));
    assert!(message(many).starts_with("this takes too long to compile"));

    let numbers = |count: usize| (2..count + 2).map(|n| format!("_{n} ")).collect::<String>();
    for (what, body) in [
        ("parameters", format!("(lambda ({}) 1)", numbers(20_000))),
        (
            "procedures in a scope",
            format!("(lambda ({0}) (lambda () (list {0}{1})))", numbers(400), "(lambda () 1) ".repeat(2_000)),
        ),
        (
            "last calls",
            format!("(list {})", (2..10_000).map(|n| format!("(lambda (_{n}) (car _{n})) ")).collect::<String>()),
        ),
        ("words", format!("(list {})", "1 ".repeat(1_000_000))),
    ] {
        let error =
            admit(&format!("(lambda () (lambda (_0 _1) {body}))"), &AdmitLimits::default(), &offered).unwrap_err();
        assert!(matches!(error.kind, AdmitErrorKind::TooLong { .. }), "{what}: {error}");
    }
}

#[test]
fn large_programs_without_large_scopes_are_compiled() {
    // A long program of small procedures, a large constant, and many constants.
    let small: String =
        (0..300).map(|n| format!("(let ((x{n} (car i))) (for-each (lambda (y) (display y)) x{n})) ")).collect();
    assert!(compile_on_small_stack(format!("(lambda (i o) {small})")).is_ok());
    assert!(compile_on_small_stack(format!("(lambda (i o) '({}))", "(a . 1) ".repeat(100_000))).is_ok());
    assert!(compile_on_small_stack(format!("(lambda (i o) (list {}))", "(lambda () '(a)) ".repeat(3_000))).is_ok());
}
