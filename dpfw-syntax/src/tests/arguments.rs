//! Numbers of arguments: calls that must fail are found, and no others.

use super::{check_mistakes, lowered};

/// Bodies whose one mistake is that the procedure at a place takes another number of arguments.
#[track_caller]
fn check_calls(cases: &[(&str, &str)]) {
    for (body, mistake) in cases {
        check_mistakes(&[(body, &[mistake])]);
    }
}

#[test]
fn the_value_of_an_operator_is_known_behind_what_surrounds_it() {
    for operator in [
        "(let ((x 1)) (lambda (y) y))",
        "(let* ((x 1) (z 2)) (lambda (y) y))",
        "((lambda () (lambda (y) y)))",
        "(begin 1 (lambda (y) y))",
        "(letrec ((f (lambda (n) n))) f)",
        "(let () (define (f n) n) f)",
        "(if #t (lambda (y) y) list)",
        "(if (pair? i) (lambda (y) y) (lambda (z) z))",
    ] {
        let call = format!("({operator})");
        let mistake = format!("{call}: this procedure takes 1 argument, got 0");
        check_mistakes(&[(&call, &[&mistake]), (&format!("(if (pair? i) {call} 1)"), &[&mistake])]);
    }
}

#[test]
fn what_variables_hold_is_known_through_other_variables_and_calls() {
    check_calls(&[
        ("(define first-of car) (first-of 1 2)", "(first-of 1 2): `first-of` takes 1 argument, got 2"),
        ("(let ((f car)) (f 1 2))", "(f 1 2): `f` takes 1 argument, got 2"),
        ("(define (f x) x) (define g f) (let ((h g)) (h))", "(h): `h` takes 1 argument, got 0"),
        ("(define (g) (h)) (define h (let ((x 1)) (lambda (y) y))) (g)", "(h): `h` takes 1 argument, got 0"),
        ("(define f (let ((n 0)) (lambda () n))) (f 1)", "(f 1): `f` takes 0 arguments, got 1"),
        ("(define ((f a) b) a) ((f 1))", "((f 1)): this procedure takes 1 argument, got 0"),
        ("(define (make) (define (g x) x) g) (let ((h (make))) (h))", "(h): `h` takes 1 argument, got 0"),
        ("(define p (make-parameter 1)) (p 1 2 3)", "(p 1 2 3): `p` takes 0 arguments, got 3"),
        (
            "((if (pair? i) car cons))",
            "((if (pair? i) car cons)): this procedure takes 1 argument or 2 arguments, got 0",
        ),
        (
            "(define (get m) (cond ((eq? m 'a) car) (else (error m)))) ((get 'a))",
            "((get 'a)): this procedure takes 1 argument, got 0",
        ),
        ("(define (f x) x) (set! f (lambda (y) y)) (f)", "(f): `f` takes 1 argument, got 0"),
        ("(define (f x) x) (set! f (lambda (y z) y)) (f)", "(f): `f` takes 1 argument or 2 arguments, got 0"),
    ]);
}

#[test]
fn what_a_procedure_of_the_slave_calls_is_checked() {
    check_calls(&[
        ("(map cons '(1 2))", "cons: `cons` takes 2 arguments, and `map` calls it with 1"),
        (
            "(for-each (lambda (a b) a) '(1))",
            "(lambda (a b) a): this procedure takes 2 arguments, and `for-each` calls it with 1",
        ),
        ("(define (f a) a) (map f '(1) '(2))", "f: `f` takes 1 argument, and `map` calls it with 2"),
        ("(fold car 0 '(1))", "car: `car` takes 1 argument, and `fold` calls it with 2"),
        ("(fold-left cons 0 '(1) '(2))", "cons: `cons` takes 2 arguments, and `fold-left` calls it with 3"),
        ("(reduce car 0 '(1))", "car: `car` takes 1 argument, and `reduce` calls it with 2"),
        ("(filter cons '(1))", "cons: `cons` takes 2 arguments, and `filter` calls it with 1"),
        ("(sort '(1) not)", "not: `not` takes 1 argument, and `sort` calls it with 2"),
        ("(list-sort not '(1))", "not: `not` takes 1 argument, and `list-sort` calls it with 2"),
        ("(member 1 '(1) not)", "not: `not` takes 1 argument, and `member` calls it with 2"),
        ("(list-tabulate 3 cons)", "cons: `cons` takes 2 arguments, and `list-tabulate` calls it with 1"),
        ("(string-index \"a\" cons)", "cons: `cons` takes 2 arguments, and `string-index` calls it with 1"),
        ("(vector-map cons #(1))", "cons: `cons` takes 2 arguments, and `vector-map` calls it with 1"),
        ("(call/cc (lambda () 1))", "(lambda () 1): this procedure takes 0 arguments, and `call/cc` calls it with 1"),
        (
            "(dynamic-wind (lambda (x) 1) (lambda () 2) (lambda () 3))",
            "(lambda (x) 1): this procedure takes 1 argument, and `dynamic-wind` calls it with 0",
        ),
        (
            "(with-exception-handler (lambda () 1) (lambda () 2))",
            "(lambda () 1): this procedure takes 0 arguments, and `with-exception-handler` calls it with 1",
        ),
        (
            "(hash-table-update! i 1 (lambda () 1) (lambda () 0))",
            "(lambda () 1): this procedure takes 0 arguments, and `hash-table-update!` calls it with 1",
        ),
        ("(hash-table-ref i 1 not)", "not: `not` takes 1 argument, and `hash-table-ref` calls it with 0"),
        ("(hash-table-walk i car)", "car: `car` takes 1 argument, and `hash-table-walk` calls it with 2"),
        ("(hash-table-fold i cons 1)", "cons: `cons` takes 2 arguments, and `hash-table-fold` calls it with 3"),
        (
            "(call-with-values (lambda () (values 1 2 3)) cons)",
            "cons: `cons` takes 2 arguments, and `call-with-values` calls it with 3",
        ),
        (
            "(define (two) (values 1 2)) (call-with-values two (lambda (a) a))",
            "(lambda (a) a): this procedure takes 1 argument, and `call-with-values` calls it with 2",
        ),
    ]);
}

/// Every call of such a procedure is known, and what they give agrees.
#[test]
fn calls_of_parameters_are_checked_where_all_that_they_are_given_is_known() {
    let each = "(define (each f l) (if (null? l) '() (cons (f (car l) l) (each f (cdr l)))))";
    let through = "(define (outer f) (inner f)) (define (inner g) (g))";
    check_calls(&[
        (
            &format!("{each} (each (lambda (x) x) i) (each car '(1))"),
            "(f (car l) l): what `f` is given takes 1 argument, got 2",
        ),
        (&format!("{through} (outer car)"), "(g): what `g` is given takes 1 argument, got 0"),
        (
            "(let loop ((f car) (n 9)) (if (= n 0) (f) (loop cons (- n 1))))",
            "(f): what `f` is given takes 2 arguments or 1 argument, got 0",
        ),
        (
            "(let ((twice (lambda (f x) (f (f x) x)))) (twice not 1))",
            "(f (f x) x): what `f` is given takes 1 argument, got 2",
        ),
        (
            "(define (make f) (lambda (x) (f x x))) (map (make not) i)",
            "(f x x): what `f` is given takes 1 argument, got 2",
        ),
    ]);
}

#[test]
fn arguments_in_a_known_list_are_counted() {
    check_calls(&[
        ("(apply car '(1 2 3))", "(apply car '(1 2 3)): `car` takes 1 argument, got 3"),
        ("(apply cons '(1))", "(apply cons '(1)): `cons` takes 2 arguments, got 1"),
        ("(apply car (list 1 2 3))", "(apply car (list 1 2 3)): `car` takes 1 argument, got 3"),
        ("(define xs '(1 2)) (apply cons 0 xs)", "(apply cons 0 xs): `cons` takes 2 arguments, got 3"),
    ]);
}

#[test]
fn names_take_as_many_values_as_an_expression_gives() {
    check_calls(&[
        ("(receive (a b) (values 1) a)", "(values 1): this gives 1 value to names that take 2 values"),
        ("(let-values (((a b) (values 1 2 3))) a)", "(values 1 2 3): this gives 3 values to names that take 2 values"),
        ("(define-values (a b) (values 1 2 3)) a", "(values 1 2 3): this gives 3 values to names that take 2 values"),
        ("(receive (a) (floor/ 7 2) a)", "(floor/ 7 2): this gives 2 values to names that take 1 value"),
        ("(define-values (a b) '(1 2)) a", "'(1 2): this gives 1 value to names that take 2 values"),
        (
            "(define (f) (values)) (receive (a . b) (f) a)",
            "(f): this gives 0 values to names that take at least 1 value",
        ),
        (
            "(receive (a) (if (pair? i) (values 1 2) (values 3 4)) a)",
            "(if (pair? i) (values 1 2) (values 3 4)): this gives 2 values to names that take 1 value",
        ),
    ]);
}

#[test]
fn what_is_not_certain_is_not_reported() {
    for body in [
        "(define f (if (pair? i) car cons)) (f 1 2)",
        "(define (f x) x) (set! f i) (f)",
        "(define (f x) x) (define g f) (define (h) f) (set! f list) (list ((h) 1 2) (g 1))",
        "(lambda (f) (set! f car) (f 1 2))",
        "(define f 1) (define (g) (f 1 2)) (set! f cons) (g)",
        "(map (lambda all all) '(1) '(2) '(3))",
        "(map (case-lambda ((a) a) ((a b) b)) '(1) '(2))",
        "(map (if (pair? i) car cons) '(1) '(2))",
        "(let ((map list)) (map cons '(1)))",
        "(lambda (map) (map cons '(1)))",
        "(string-index \"abc\" #\\b)",
        "(member 1 '(1) =)",
        "(fold (lambda (a b c) a) 0 '(1) '(2))",
        "(hash-table-ref i 1 (lambda () 0))",
        "(sort '(1) (lambda (a . more) #t))",
        "(call-with-values (lambda () (if (pair? i) (values 1 2) (values 1))) cons)",
        "(call-with-values i cons)",
        "(call-with-values (lambda () (car i)) cons)",
        "(receive all (values 1 2) all)",
        "(receive (a b) (call/cc (lambda (k) (k 1 2))) a)",
        "(apply cons (append '(1) i))",
        "(apply car i)",
        "(define xs '(1)) (set! xs '(1 2)) (apply cons xs)",
        "(define (loop n) (if (= n 0) car (loop (- n 1)))) ((loop 1) 1)",
        "(define (f) f) ((((f))))",
        "((if #f car cons) 1 2)",
        "(let loop ((f car) (n 0)) (if (= n 1) (f 1 2) (loop cons 1)))",
        "(do ((f car cons) (n 0 (+ n 1))) ((= n 1) (f 1 2)))",
        "(define p (make-parameter 1)) (parameterize ((p 2)) (p))",
        "(define (get) (error 1)) ((get) 1 2)",
        "(define (f) (raise 1)) (receive (a b) (f) a)",
        "(define (run f n) (if (= n 1) (f 1) (f 1 2))) (run car 1) (run cons 2)",
        "(define (run f n) (if (= n 1) (f 1) (f 1 2))) (write run o) (run car 1)",
        "(define (run f) (f 1 2)) (run cons) (set! run car)",
        "(define (run f) (set! f cons) (f 1 2)) (run car)",
        "(define (run f) (f 1 2)) (run i)",
        "(define (run f) (if (procedure? f) (f) f)) (run (lambda () 1)) (run 2)",
        "(define (run f) (f 1 2)) (map run (list cons))",
        "(define (run . fs) ((car fs) 1 2)) (run cons)",
        "(define run (case-lambda ((f) (f 1)) ((f g) (g 1 2)))) (run car) (run car cons)",
        "(define (one f) (two f)) (define (two f) (if (pair? f) (one car) (f 1))) (one car)",
    ] {
        lowered(body);
    }
}

#[test]
fn a_long_chain_of_procedures_that_give_procedures_is_bounded() {
    let nested = |levels: usize| format!("(define f {} 1{}) f", "(lambda (x) ".repeat(levels), ")".repeat(levels));
    lowered(&nested(400));
    let chain: String =
        (1..400).map(|n| format!("(define f{n} (if (pair? i) f{} (lambda (x) f{0})))", n - 1)).collect();
    lowered(&format!("(define (f0 x) x) {chain} f399"));
}
