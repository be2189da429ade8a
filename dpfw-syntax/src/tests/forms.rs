//! What each form becomes, and what it means.

use super::{check, check_values};

#[test]
fn forms_that_choose_become_ifs() {
    for (body, core) in [
        ("(if i 1 2)", "(if _0 1 2)"),
        ("(if i 1)", "(if _0 1 #!void)"),
        ("(when i 1 2)", "(if _0 (begin 1 2) #!void)"),
        ("(unless i 1)", "(if _0 #!void 1)"),
        ("(and)", "#t"),
        ("(and i)", "_0"),
        ("(and i o 1)", "(if _0 (if _1 1 #f) #f)"),
        ("(or)", "#f"),
        ("(or i o)", "((lambda (_2) (if _2 _2 _1)) _0)"),
        ("(or (= 1 2) o)", "(if (= 1 2) #t _1)"),
        ("(if (or i o) 1 2)", "(if (if _0 #t _1) 1 2)"),
        ("(cond (i 1) (o 2 3))", "(if _0 1 (if _1 (begin 2 3) #!void))"),
        ("(cond (i) (else 2))", "((lambda (_2) (if _2 _2 2)) _0)"),
        ("(cond (i => list))", "((lambda (_2) (if _2 (list _2) #!void)) _0)"),
        (
            "(case i ((a) 1) ((b c) 2) (() 3) (else 4))",
            "((lambda (_2) (if (eqv? _2 (quote a)) 1 (if (memv _2 (quote (b c))) 2 (if #f 3 4)))) _0)",
        ),
        ("(case i ((1) => list) (else => car))", "((lambda (_2) (if (eqv? _2 1) (list _2) (car _2))) _0)"),
    ] {
        check(body, core);
    }
}

#[test]
fn forms_that_bind_become_calls() {
    for (body, core) in [
        ("(let ((a 1) (b 2)) (list a b))", "((lambda (_2 _3) (list _2 _3)) 1 2)"),
        ("(let () i)", "_0"),
        ("(let* ((a 1) (a (+ a 1))) a)", "((lambda (_2) ((lambda (_3) _3) (+ _2 1))) 1)"),
        ("(let* () i)", "_0"),
        ("(receive (a . b) (list 1) b)", "(call-with-values (lambda () (list 1)) (lambda (_2 . _3) _3))"),
        ("(receive all (car i) all)", "(call-with-values (lambda () (car _0)) (lambda _2 _2))"),
        ("(let-values (((a b) (values 1 2))) b)", "((lambda (_2 _3) _3) 1 2)"),
        ("(lambda args args)", "(lambda _2 _2)"),
        ("((lambda () i))", "_0"),
        ("((lambda (a . b) b) 1 2 3)", "((lambda (_2 _3) _3) 1 (list 2 3))"),
    ] {
        check(body, core);
    }
}

#[test]
fn forms_over_procedures_of_the_slave_call_them() {
    for (body, core) in [
        ("(delay i)", "(%make-delayed (lambda () _0))"),
        ("(delay-force i)", "(%make-lazy (lambda () _0))"),
        ("(parameterize ((i 1) (o 2)) 3)", "(%parameterize (list (cons _0 1) (cons _1 2)) (lambda () 3))"),
        ("(guard (e (i e)) o)", "(%guard (lambda () _1) (lambda (_2 _3) (if _0 _2 (_3))))"),
        ("(guard (e (i 1) (else e)) o)", "(%guard (lambda () _1) (lambda (_2 _3) (if _0 1 _2)))"),
        ("(guard (e) o)", "(%guard (lambda () _1) (lambda (_2 _3) (_3)))"),
        ("(assert (= i 'a))", "(if (= _0 (quote a)) #!void (%raise-assertion \"(= i (quote a))\"))"),
    ] {
        check(body, core);
    }
}

#[test]
fn a_loop_is_a_procedure_in_a_box() {
    let core = "((lambda (_2) (begin (%set-box! _2 (lambda (_3) (if (< _3 9) ((%unbox _2) (+ _3 1)) _3))) \
                ((%unbox _2) 0))) (%box #f))";
    check("(let loop ((k 0)) (if (< k 9) (loop (+ k 1)) k))", core);
    check(
        "(do ((k 0 (+ k 1))) ((not (< k 9)) k))",
        &core.replace("(if (< _3 9) ((%unbox _2) (+ _3 1)) _3)", "(if (not (< _3 9)) _3 ((%unbox _2) (+ _3 1)))"),
    );
}

#[test]
fn every_form_means_what_the_report_says() {
    check_values(&[
        ("((lambda (x) (+ x x)) 4)", "8"),
        ("((lambda (x y . z) z) 3 4 5 6)", "(5 6)"),
        ("(let ((x 2) (y 3)) (let* ((x 7) (z (+ x y))) (* z x)))", "70"),
        (
            "(letrec ((e? (lambda (n) (if (= n 0) #t (o? (- n 1))))) (o? (lambda (n) (if (= n 0) #f (e? (- n 1)))))) (e? 88))",
            "#t",
        ),
        (
            "(letrec* ((p (lambda (x) (+ 1 (q (- x 1))))) (q (lambda (y) (if (= y 0) 0 (+ 1 (p (- y 1)))))) (x (p 5)) (y x)) y)",
            "5",
        ),
        ("(let-values (((a b) (values 1 2)) ((c . d) (values 3 4 5))) (list a b c d))", "(1 2 3 (4 5))"),
        (
            "(let ((a 'a) (b 'b) (x 'x) (y 'y)) (let*-values (((a b) (values x y)) ((x y) (values a b))) (list a b x y)))",
            "(x y x y)",
        ),
        (
            "(let ((a 'a) (b 'b) (x 'x) (y 'y)) (let-values (((a b) (values x y)) ((x y) (values a b))) (list a b x y)))",
            "(x y a b)",
        ),
        ("(receive (a . rest) (apply values '(1 2 3)) (list a rest))", "(1 (2 3))"),
        ("(do ((vec '() (cons i vec)) (i 0 (+ i 1))) ((= i 5) vec))", "(4 3 2 1 0)"),
        ("(let ((x '(1 3 5 7 9))) (do ((x x (cdr x)) (sum 0 (+ sum (car x)))) ((null? x) sum)))", "25"),
        ("(do ((n 0 (+ n 1))) ((= n 2)))", "#!void"),
        ("(case (* 2 3) ((2 3 5 7) 'prime) ((1 4 6 8 9) 'composite))", "composite"),
        ("(case (car '(c d)) ((a e i o u) 'vowel) ((w y) 'semivowel) (else => (lambda (x) x)))", "c"),
        ("(cond ((memv 2 '(1 2 3)) => cdr) (else 0))", "(3)"),
        ("(let ((x 1)) (set! x (+ x 1)) x)", "2"),
        ("(let ((n 0)) (define (next) (set! n (+ n 1)) n) (next) (next) (next))", "3"),
        ("((lambda (x . r) (set! x (cons x r)) (set! r 5) (list x r)) 1 2 3)", "((1 2 3) 5)"),
        (
            "(let ((f (case-lambda ((a) (list 'one a)) ((a b) (list 'two a b)) ((a . r) (list 'more a r)) (r 'none)))) (list (f 1) (f 1 2) (f 1 2 3) (f)))",
            "((one 1) (two 1 2) (more 1 (2 3)) none)",
        ),
        ("(define-values (a b . c) (values 1 2 3 4)) (list a b c)", "(1 2 (3 4))"),
        ("(define-values all (values 1 2)) all", "(1 2)"),
        ("(define (((add a) b) . c) (apply + a b c)) (((add 1) 2) 3 4)", "10"),
        ("(define ((f a)) a) ((f 3))", "3"),
        ("(cond-expand ((and r7rs (not full-unicode)) 1) ((library (scheme base)) 2) (else 3))", "2"),
        ("(cond-expand ((library (srfi 1)) 1) ((or nothing (library (srfi 69))) 2))", "2"),
        ("(cond-expand (nonsense 1) (else (define x 7))) x", "7"),
        ("(begin 1 2 3)", "3"),
    ]);
}

#[test]
fn quasi_quotations_nest_and_splice() {
    check_values(&[
        ("`(1 (unquote (+ 1 1)) (unquote-splicing (map - '(3 4))) 5)", "(1 2 -3 -4 5)"),
        ("`(1 . (unquote (+ 1 1)))", "(1 . 2)"),
        ("`(1 (unquote-splicing '(2 3)) . 4)", "(1 2 3 . 4)"),
        ("`#(1 (unquote-splicing '(2 3)) (unquote (+ 2 2)))", "#(1 2 3 4)"),
        ("`#(1 2)", "#(1 2)"),
        ("`(a `(b (unquote (c (unquote (+ 1 2))))))", "(a (quasiquote (b (unquote (c 3)))))"),
        ("`(a `(b (unquote (foo (unquote (+ 1 3)) d)) e) f)", "(a (quasiquote (b (unquote (foo 4 d)) e)) f)"),
        ("(let ((unquote list)) `(a (unquote i)))", "(a (unquote i))"),
        ("`(unquote (+ 1 2))", "3"),
        ("`x", "x"),
        (
            "(let ((name1 'x) (name2 'y)) `(a `(b (unquote (unquote name1)) (unquote '(unquote name2)) d) e))",
            "(a (quasiquote (b (unquote x) (unquote (quote y)) d)) e)",
        ),
    ]);
}

#[test]
fn records_keep_their_fields() {
    check_values(&[(
        "(define-record-type pare (kons x y) pare? (x kar set-kar!) (y kdr) (z zed set-zed!))
         (define k (kons 1 2))
         (set-kar! k 3)
         (set-zed! k 4)
         (list (pare? k) (pare? (cons 1 2)) (kar k) (kdr k) (zed k))",
        "(#t #f 3 2 4)",
    )]);
    check(
        "(define-record-type p #f p? (a pa)) p?",
        "((lambda (_2) ((lambda (_3 _4) _3) (lambda (_5) (%record? _5 _2)) (lambda (_6) (%record-ref _6 _2 0 (quote pa))))) \
         (%record-type (quote p) (quote (a))))",
    );
}
