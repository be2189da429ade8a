//! Values of Rust inside programs.

use super::{check, check_mistakes, lowered};

#[test]
fn a_value_is_the_local_of_its_hole() {
    assert_eq!(lowered("(+ ,n 1)").text, "(lambda (_0) (lambda (_1 _2) (+ _0 1)))");
    assert_eq!(lowered("(list ,a ,b)").text, "(lambda (_0 _1) (lambda (_2 _3) (list _0 _1)))");
    assert_eq!(lowered("',a").text, "(lambda (_0) (lambda (_1 _2) _0))");
    assert_eq!(lowered("1").text, "(lambda () (lambda (_0 _1) 1))");
}

#[test]
fn values_inside_data_make_the_data() {
    check("'(a ,x)", "(list (quote a) _0)");
    check("'(a (b ,x) c)", "(list (quote a) (list (quote b) _0) (quote c))");
    check("'(a . ,x)", "(append (quote (a)) _0)");
    check("'#(a ,x)", "(list->vector (list (quote a) _0))");
    check("#(1 ,x)", "(list->vector (list 1 _0))");
    check("`(a ,x (unquote (+ 1 2)))", "(list (quote a) _0 (+ 1 2))");
    check("'(a ,@x b)", "(append (list (quote a)) _0 (list (quote b)))");
    check("'(,@x)", "_0");
    check("'(,@x ,@y)", "(append _0 _1)");
    check("'(,@x . z)", "(append _0 (quote z))");
    check("'(quasiquote (a ,x))", "(list (quote quasiquote) (list (quote a) _0))");
}

#[test]
fn a_sequence_spreads_among_arguments() {
    check("(+ ,@x)", "(apply + _0)");
    check("(+ 1 2 ,@x)", "(apply + 1 2 _0)");
    check("(+ ,@x 1 ,y)", "(apply + (append _0 (list 1 _1)))");
    check("(+ 1 ,@x 2 ,@y)", "(apply + 1 (append _0 (list 2) _1))");
    check("(let ((apply list) (append list)) (+ ,@x))", "((lambda (_3 _4) (apply + _0)) list list)");
}

#[test]
fn a_macro_passes_values_on_and_evaluates_nothing_twice() {
    check("(define-syntax m (syntax-rules () ((_ a) (list a a 'a)))) (m ,x)", "(list _0 _0 _0)");
    check("(define-syntax m (syntax-rules () ((_ a ...) (list a ...)))) (m 1 ,@x)", "(apply list 1 _0)");
    check("(define-syntax m (syntax-rules () ((_) ,x))) (m)", "_0");
}

#[test]
fn a_value_cannot_stand_for_syntax() {
    const NO_NAME: &str = "a spliced value cannot stand for a name; splices stand where an expression is evaluated, or \
                           inside quoted data";
    const NO_SPREAD: &str = "`,@` cannot spread a sequence here; it spreads among the arguments of a call or inside \
                             quoted data; for the list itself write `,`";
    let name = format!(",x: {NO_NAME}");
    let spread = format!(",@x: {NO_SPREAD}");
    for body in [
        "(lambda (,x) 1)",
        "(lambda ,x 1)",
        "(let ((,x 1)) 1)",
        "(let* ((,x 1)) 1)",
        "(letrec ((,x 1)) 1)",
        "(do ((,x 1)) (#t))",
        "(define ,x 1) 1",
        "(define (,x) 1) 1",
        "(define-values (,x) 1) 1",
        "(set! ,x 1)",
        "(guard (,x) 1)",
        "(define-record-type ,x #f #f) 1",
        "(define-record-type r #f #f (,x)) 1",
        "(define-syntax ,x (syntax-rules ())) 1",
        "(define-syntax m (syntax-rules (,x))) 1",
    ] {
        check_mistakes(&[(body, &[&name])]);
    }
    for body in [",@x", "(if ,@x 1)", "(let ((a ,@x)) a)", "(begin ,@x)", "(and ,@x 1)", "(set! i ,@x)", "(,@x 1)"] {
        check_mistakes(&[(body, &[&spread])]);
    }
    check_mistakes(&[
        (
            "(case i ((,x) 1))",
            &[",x: a spliced value cannot stand in the data of case; compare in a cond instead: (eqv? key ,value)"],
        ),
        (
            "',@x",
            &[",@x: a sequence can be spread inside a list or a vector only; for the list itself write `,` or unquote"],
        ),
        ("(define-syntax m (syntax-rules () ((_ ,x) 1))) 1", &[",x: a value cannot be spliced into a pattern"]),
        (
            "'#hash((a . ,x))",
            &[
                "a . ,x: a value cannot be spliced into a literal hash table; splice the whole table, or fill one with hash-table-set!",
            ],
        ),
    ]);
}
