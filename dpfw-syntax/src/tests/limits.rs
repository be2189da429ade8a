//! Programs that would hang, flood or overflow are refused, on a thread with little stack.

use super::{compile, offered};
use crate::{AdmitLimits, CompileOptions, SyntaxError, admit};

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
