//! Definitions in bodies: which variables need boxes, and which boxes need checks.

use super::{check, check_values, evaluate, lowered};

#[test]
fn definitions_that_nothing_refers_to_early_need_no_box() {
    check("(define a 1) (define b (+ a 1)) (+ a b)", "((lambda (_2) ((lambda (_3) (+ _2 _3)) (+ _2 1))) 1)");
    check(
        "(define (f) 1) (define (g) 2) (list (f) (g))",
        "((lambda (_2 _3) (list (_2) (_3))) (lambda () 1) (lambda () 2))",
    );
    check("(define (f) 1) (define (g) (f)) (g)", "((lambda (_2) ((lambda (_3) (_3)) (lambda () (_2)))) (lambda () 1))");
}

#[test]
fn a_recursive_procedure_is_in_a_box_without_checks() {
    check(
        "(define (f n) (f n)) f",
        "((lambda (_2) (begin (%set-box! _2 (lambda (_3) ((%unbox _2) _3))) (%unbox _2))) (%box #f))",
    );
    let text = lowered("(define (e? n) (o? n)) (define (o? n) (e? n)) (define x (e? 1)) x").text;
    assert!(!text.contains("%checked-unbox"), "{text}");
}

#[test]
fn a_read_that_may_come_too_early_is_checked() {
    let body = "(define (f) (g)) (define x (f)) (define (g) 1) x";
    let text = lowered(body).text;
    assert!(text.contains("(%checked-unbox _2 (quote g))"), "{text}");
    assert_eq!(evaluate::task(&super::admitted(&text)), Err("g is not defined yet".into()));

    let fine = lowered("(define (f) (g)) (define x (list f)) (define (g) 1) (f)").text;
    assert!(fine.contains("%checked-unbox"), "f escapes before g is defined: {fine}");
    assert_eq!(evaluate::task(&super::admitted(&fine)).as_deref(), Ok("1"));

    let unrelated = lowered("(define (f) (g)) (define x (list 1)) (define (g) 1) (f)").text;
    assert!(!unrelated.contains("%checked-unbox"), "nothing here can call f: {unrelated}");
}

#[test]
fn an_assigned_variable_is_in_a_box() {
    check("(define x 1) (set! x 2) x", "((lambda (_2) (begin (%set-box! _2 2) (%unbox _2))) (%box 1))");
    check("(lambda (x) (set! x 2) x)", "(lambda (_2) ((lambda (_3) (begin (%set-box! _3 2) (%unbox _3))) (%box _2)))");
    check("(let ((x 1)) (set! x 2) x)", "((lambda (_2) (begin (%set-box! _2 2) (%unbox _2))) (%box 1))");
}

#[test]
fn definitions_are_evaluated_in_their_order() {
    check_values(&[
        (
            "(define a '()) (define (note x) (set! a (cons x a)) x) (define b (note 1)) (define c (note 2)) (note 3) (define d (note 4)) a",
            "(4 3 2 1)",
        ),
        ("(define x 1) (define (f) x) (define y (f)) (set! x 2) (list x y (f))", "(2 1 2)"),
        ("(define (f) (set! y 2)) (define y 1) (f) y", "2"),
        ("(define x 1) (let () (define y x) (define x2 y) (list x y x2))", "(1 1 1)"),
        ("(define list-of (lambda x x)) (let ((x 1)) (define y (list-of x)) (define (z) (list-of y)) (z))", "((1))"),
    ]);
}

#[test]
fn begin_and_macros_give_definitions_to_the_body_around() {
    check_values(&[
        ("(begin (define a 1) (begin) (begin (define b (+ a 1)))) (list a b)", "(1 2)"),
        (
            "(define-syntax def (syntax-rules () ((_ n v) (begin (define n v))))) (def a 1) (def b (+ a 1)) (list a b)",
            "(1 2)",
        ),
        ("(define-syntax ten (syntax-rules () ((_) 10))) (define (f x) (+ x (ten))) (f 1)", "11"),
        ("(define (f) (g)) (define-syntax m (syntax-rules () ((_) (h)))) (define (g) (m)) (define (h) 7) (f)", "7"),
    ]);
}
