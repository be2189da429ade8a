//! Macros mean what their definitions say, and keywords what the scope says.

use super::check_values;

const MY_OR: &str = "(define-syntax my-or (syntax-rules () ((_) #f) ((_ e) e) \
                     ((_ e1 e2 ...) (let ((temp e1)) (if temp temp (my-or e2 ...))))))";

#[test]
fn the_examples_of_the_report_hold() {
    check_values(&[
        ("(let ((x 'outer)) (let-syntax ((m (syntax-rules () ((m) x)))) (let ((x 'inner)) (m))))", "outer"),
        (
            "(let-syntax ((given-that (syntax-rules () ((_ test stmt1 stmt2 ...) (if test (begin stmt1 stmt2 ...))))))
               (let ((if #t)) (given-that if (set! if 'now)) if))",
            "now",
        ),
        (
            "(letrec-syntax
               ((my-or (syntax-rules () ((my-or) #f) ((my-or e) e)
                  ((my-or e1 e2 ...) (let ((temp e1)) (if temp temp (my-or e2 ...)))))))
               (let ((x #f) (y 7) (temp 8) (let odd?) (if even?)) (my-or x (let temp) (if y) y)))",
            "7",
        ),
        (
            "(define-syntax be-like-begin (syntax-rules ()
               ((be-like-begin name)
                (define-syntax name (syntax-rules () ((name expr (... ...)) (begin expr (... ...))))))))
             (be-like-begin sequence) (sequence 1 2 3 4)",
            "4",
        ),
        ("(let ((=> #f)) (cond (#t => 'ok)))", "ok"),
    ]);
}

#[test]
fn a_shadowed_keyword_is_a_variable() {
    check_values(&[
        ("(let ((if list)) (if 1 2 3))", "(1 2 3)"),
        ("(define (list . x) x) (list 1 2)", "(1 2)"),
        ("(let ((else #f)) (cond (#f 1) (else 2) (#t 3)))", "3"),
        ("(define (define x) (+ x 1)) (define 2)", "3"),
        ("(let ((quote -)) '5)", "-5"),
        ("(let ((lambda list) (x 1)) (lambda x x))", "(1 1)"),
        ("(let loop ((let 3)) (if (= let 0) 'done (loop (- let 1))))", "done"),
        ("(let* ((begin list)) (begin 1))", "(1)"),
        ("((lambda (set!) (set! 1)) -)", "-1"),
        ("(let ((unquote -)) (unquote 4))", "-4"),
    ]);
}

#[test]
fn what_a_macro_introduces_captures_nothing() {
    let or = |body: &str| format!("{MY_OR} {body}");
    check_values(&[
        (&or("(let ((temp 5)) (my-or #f temp))"), "5"),
        (&or("(let ((if list)) (my-or #f 2))"), "2"),
        (
            "(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
             (let ((tmp 1) (other 2)) (swap! tmp other) (list tmp other))",
            "(2 1)",
        ),
        ("(define-syntax ten (syntax-rules () ((_) (let ((x 10)) x)))) (let ((x 1)) (+ x (ten)))", "11"),
        (
            "(define-syntax while (syntax-rules () ((_ c b ...) (let loop () (if c (begin b ... (loop)) #f)))))
             (let ((n 0) (loop 5)) (while (< n loop) (set! n (+ n 1))) n)",
            "5",
        ),
        // Each expansion introduces an identifier of its own.
        (
            "(define-syntax twice (syntax-rules () ((_ (x ...) ()) (let ((x 1) ...) (+ x ...)))
                                                  ((_ (x ...) (n . r)) (twice (t x ...) r))))
             (twice () (a b c))",
            "3",
        ),
        (
            "(define-syntax def-x (syntax-rules () ((_ get v) (begin (define x v) (define (get) x))))) (def-x a 1) (def-x b 2) (list (a) (b))",
            "(1 2)",
        ),
    ]);
}

#[test]
fn an_introduced_name_means_what_it_means_at_the_definition() {
    check_values(&[
        ("(define y 1) (define-syntax m (syntax-rules () ((_) y))) (let ((y 2)) (m))", "1"),
        ("(define-syntax m (syntax-rules () ((_ x) (list x)))) (let ((list -)) (m 3))", "(3)"),
        ("(define-syntax m (syntax-rules () ((_) 'y))) (m)", "y"),
        ("(define-syntax m (syntax-rules () ((_ x) '(x y #(y))))) (m z)", "(z y #(y))"),
        ("(let-syntax ((a (syntax-rules () ((_) 1)))) (let-syntax ((a (syntax-rules () ((_) (+ 1 (a)))))) (a)))", "2"),
        (
            "(define-syntax my-if (syntax-rules () ((_ c a b) (cond (c a) (else b))))) (let ((else #f)) (my-if else 1 2))",
            "2",
        ),
        (
            "(define-syntax loop-until (syntax-rules () ((_ id init test ret next) (let lp ((id init)) (if test ret (lp next))))))
             (loop-until k 1 (> k 100) k (* k 2))",
            "128",
        ),
    ]);
}

#[test]
fn literals_match_the_same_identifier_only() {
    let arrow = "(define-syntax arrow (syntax-rules (=> to) ((_ a => b) (list a b)) ((_ a to b) (list b a)) ((_ a b c) 'other)))";
    let with = |body: &str| format!("{arrow} {body}");
    check_values(&[
        (&with("(arrow 1 => 2)"), "(1 2)"),
        (&with("(arrow 1 to 2)"), "(2 1)"),
        (&with("(arrow 1 5 2)"), "other"),
        (&with("(let ((to 0)) (arrow 1 to 2))"), "other"),
        (&with("(let ((=> 0)) (arrow 1 => 2))"), "other"),
    ]);
}

#[test]
fn patterns_repeat_nest_and_end_in_tails() {
    check_values(&[
        ("(define-syntax m (syntax-rules () ((_ (a b ...) ...) '((b ... a) ...)))) (m (1 2 3) (4 5) (6))", "((2 3 1) (5 4) (6))"),
        ("(define-syntax m (syntax-rules () ((_ (a b ...) ...) '(b ... ...)))) (m (1 2 3) (4 5) (6))", "(2 3 5)"),
        ("(define-syntax m (syntax-rules () ((_ a ... b c) '(c b a ...)))) (list (m 1 2 3 4) (m 1 2))", "((4 3 1 2) (2 1))"),
        ("(define-syntax m (syntax-rules () ((_ a ... . r) '((a ...) r)))) (list (m 1 2 . 3) (m 1) (m . 4))", "(((1 2) 3) ((1) ()) (() 4))"),
        ("(define-syntax m (syntax-rules () ((_ a . r) '(r a)))) (list (m 1 2 3) (m 1))", "(((2 3) 1) (() 1))"),
        ("(define-syntax m (syntax-rules () ((_ #(a b ...)) '#(b ... a)))) (m #(1 2 3))", "#(2 3 1)"),
        ("(define-syntax m (syntax-rules () ((_ a b ...) '((a b) ...)))) (m 1 2 3)", "((1 2) (1 3))"),
        ("(define-syntax m (syntax-rules ::: () ((_ a :::) '(a ::: ...)))) (m 1 2)", "(1 2 ...)"),
        ("(define-syntax m (syntax-rules () ((_ a) '(a (... ...) (... (a ...)))))) (m 1)", "(1 ... (1 ...))"),
        ("(define-syntax m (syntax-rules (...) ((_ a ...) 'dots) ((_ a b) '(a b)))) (list (m 1 ...) (m 1 2))", "(dots (1 2))"),
        ("(define-syntax m (syntax-rules () ((_ _ b _) 'b))) (m 1 2 3)", "2"),
        ("(define-syntax m (syntax-rules () ((_ \"x\" 1.5 #\\a) 'yes) ((_ . r) 'no))) (list (m \"x\" 1.5 #\\a) (m \"y\" 1.5 #\\a))", "(yes no)"),
        ("(define-syntax m (syntax-rules () ((_ (a . b) ...) '((b . a) ...)))) (m (1 . 2) (3 4))", "((2 . 1) ((4) . 3))"),
        (
            "(define-syntax my-let* (syntax-rules () ((_ () . b) (let () . b)) ((_ ((n v) . r) . b) (let ((n v)) (my-let* r . b)))))
             (my-let* ((a 1) (b (+ a 1))) (define c (* b 10)) (+ a c))",
            "21",
        ),
        ("(define-syntax m (syntax-rules () ((_ ((a b ...) c) ...) '((a c b ...) ...)))) (m ((1 2 3) 4) ((5) 6))", "((1 4 2 3) (5 6))"),
    ]);
}

#[test]
fn macros_that_define_macros_keep_their_scopes() {
    check_values(&[
        (
            "(let ((x 1))
               (let-syntax ((foo (syntax-rules () ((_ y) (let-syntax ((bar (syntax-rules () ((_) (let ((x 2)) y))))) (bar))))))
                 (foo x)))",
            "1",
        ),
        (
            "(define-syntax jabberwocky (syntax-rules () ((_ hatter) (begin (define march-hare 42)
               (define-syntax hatter (syntax-rules () ((_) march-hare)))))))
             (jabberwocky mad-hatter) (mad-hatter)",
            "42",
        ),
        (
            "(define-syntax ffoo (syntax-rules () ((_ ff) (begin (define (ff x) (gg x)) (define (gg x) (* x x))))))
             (ffoo ff) (ff 10)",
            "100",
        ),
        (
            "(define-syntax kw (syntax-rules (else) ((_ else x) 'else) ((_ y x) 'no)))
             (define-syntax w (syntax-rules () ((_ z) (kw else z)))) (list (w 1) (kw else 1) (kw 2 1))",
            "(else else no)",
        ),
    ]);
}

#[test]
fn ellipsis_and_underscore_are_keywords_too() {
    check_values(&[
        ("(let ((... 2)) (define-syntax s (syntax-rules () ((_ x ...) 'bad) ((_ . r) 'ok))) (s a b c))", "ok"),
        (
            "(define-syntax m (syntax-rules (_) ((_) 'zero) ((_ _) 'one) ((_ x) 'other))) (list (m) (m _) (m 1))",
            "(zero one other)",
        ),
        ("(define-syntax m (syntax-rules () ((_ _) 1) ((_ . _) 'many))) (list (m a) (m a b) (m))", "(1 many many)"),
        ("(define-syntax m (syntax-rules () ((foo _) '_))) (m x)", "_"),
    ]);
}
