//! Control, data and derived procedures.

use super::Bench;

#[test]
fn procedures_of_data_give_what_r7rs_says() {
    Bench::new().check(&[
        ("(list 1 2.5 \"a\" #\\b 'c '(d . e) #(1 2) #u8(1 2))", "(1 2.5 \"a\" #\\b c (d . e) #(1 2) #u8(1 2))"),
        ("(cons 1 (cons 2 '()))", "(1 2)"),
        ("(cons* 1 2 '(3))", "(1 2 3)"),
        ("(append '(1) '(2) '(3 . 4))", "(1 2 3 . 4)"),
        ("(append)", "()"),
        ("(append '() 5)", "5"),
        ("(list-tail '(1 2 3) 1)", "(2 3)"),
        ("(list-ref '(1 2 3) 2)", "3"),
        ("(memv 2 '(1 2 3))", "(2 3)"),
        ("(member '(2) '((1) (2) (3)))", "((2) (3))"),
        ("(member 2.0 '(1 2 3) =)", "(2 3)"),
        ("(assoc 2.0 '((1 a) (2 b)) =)", "(2 b)"),
        ("(assq 'b '((a 1) (b 2)))", "(b 2)"),
        ("(map + '(1 2 3) '(10 20))", "(11 22)"),
        ("(map (lambda (x) (* x x)) '(1 2 3))", "(1 4 9)"),
        ("(let ((n 0)) (for-each (lambda (x) (set! n (+ n x))) '(1 2 3)) n)", "6"),
        ("(fold cons '() '(1 2 3))", "(3 2 1)"),
        ("(fold-left list '() '(1 2 3))", "(((() 1) 2) 3)"),
        ("(fold-right list '() '(1 2 3))", "(1 (2 (3 ())))"),
        ("(fold cons* '() '(a b) '(1 2))", "(b 2 a 1)"),
        ("(reduce + 0 '(1 2 3))", "6"),
        ("(filter odd? '(1 2 3))", "(1 3)"),
        ("(remove odd? '(1 2 3))", "(2)"),
        ("(call-with-values (lambda () (partition odd? '(1 2 3))) list)", "((1 3) (2))"),
        ("(delete 2 '(1 2 3 2))", "(1 3)"),
        ("(delete-duplicates '(1 2 1 3 2))", "(1 2 3)"),
        ("(any odd? '(2 3))", "#t"),
        ("(every odd? '())", "#t"),
        ("(find even? '(1 2 3))", "2"),
        ("(list-index even? '(1 2 3))", "1"),
        ("(count even? '(1 2 4))", "2"),
        ("(iota 3)", "(0 1 2)"),
        ("(iota 3 1 1/2)", "(1 3/2 2)"),
        ("(sort '(3 1 2) <)", "(1 2 3)"),
        ("(list-sort < '(3 1 2))", "(1 2 3)"),
        ("(sort '(\"b\" \"c\" \"a\") string<?)", "(\"a\" \"b\" \"c\")"),
        ("(sort '(3 1 +nan.0 2) <)", "(1 3 +nan.0 2)"),
        ("(guard (e (#t 'mixed)) (sort '(1 a) <))", "mixed"),
        ("(equal? (sort (iota 1000) >) (reverse (sort (iota 1000) (lambda (a b) (< a b)))))", "#t"),
        ("(sort (vector 3 1 2) <)", "#(1 2 3)"),
        (
            "(sort '((1 . a) (0 . b) (1 . c) (0 . d)) (lambda (x y) (< (car x) (car y))))",
            "((0 . b) (0 . d) (1 . a) (1 . c))",
        ),
        ("(list-tabulate 3 (lambda (i) (* i i)))", "(0 1 4)"),
        ("(unfold (lambda (x) (> x 3)) (lambda (x) (* x x)) (lambda (x) (+ x 1)) 1)", "(1 4 9)"),
        ("(append-map (lambda (x) (list x x)) '(1 2))", "(1 1 2 2)"),
        ("(filter-map (lambda (x) (and (odd? x) x)) '(1 2 3))", "(1 3)"),
        ("(apply + 1 2 '(3 4))", "10"),
        ("(apply vector '(1 2))", "#(1 2)"),
        ("(apply apply (list + (list 1 2)))", "3"),
        ("(list 1 (apply max '(1 3 2)) 2)", "(1 3 2)"),
        ("(let ((v (make-vector 2 'x))) (vector-set! v 0 1) v)", "#(1 x)"),
        ("(vector-map + #(1 2) #(10 20 30))", "#(11 22)"),
        ("(vector->list #(1 2 3) 1)", "(2 3)"),
        ("(let ((v (vector 1 2 3 4))) (vector-copy! v 1 v 0 3) v)", "#(1 1 2 3)"),
        ("(let ((v (vector 1 2 3))) (vector-fill! v 0 1) v)", "#(1 0 0)"),
        ("(vector-append #(1) #(2 3))", "#(1 2 3)"),
        ("(string-append \"a\" \"λ\" \"c\")", "\"aλc\""),
        ("(substring \"aλc\" 1 2)", "\"λ\""),
        ("(string-ref \"aλc\" 2)", "#\\c"),
        ("(string-length \"aλc\")", "3"),
        ("(string-upcase \"straße\")", "\"STRASSE\""),
        ("(string-index \"hello\" #\\l)", "2"),
        ("(string-index \"hello\" char-upper-case?)", "#f"),
        ("(string-map char-upcase \"abc\")", "\"ABC\""),
        ("(string-map (lambda (a b) (if (char<? a b) a b)) \"adc\" \"bbbx\")", "\"abb\""),
        ("(string-pad-left \"42\" 5)", "\"   42\""),
        ("(string-pad-left \"12345\" 3)", "\"345\""),
        ("(string-join '(\"a\" \"b\"))", "\"a b\""),
        ("(string->list \"abc\" 1)", "(#\\b #\\c)"),
        ("(list->string (list #\\a #\\b))", "\"ab\""),
        ("(string<? \"a\" \"b\" \"c\")", "#t"),
        ("(list (string-ci=? \"Straße\" \"STRASSE\") (string-foldcase \"ΑΣ\"))", "(#t \"ασ\")"),
        ("(string->symbol \"Hello World\")", "|Hello World|"),
        ("(symbol->string 'abc)", "\"abc\""),
        ("(char-upcase #\\ä)", "#\\Ä"),
        ("(digit-value #\\٣)", "3"),
        ("(integer->char 955)", "#\\λ"),
        ("(bytevector-append (bytevector 1 2) (bytevector 3))", "#u8(1 2 3)"),
        ("(utf8->string (string->utf8 \"aλ\"))", "\"aλ\""),
        ("(let ((b (bytevector 1 2 3))) (bytevector-u8-set! b 1 9) b)", "#u8(1 9 3)"),
        ("(f64vector-sum (f64vector 1 2.5))", "3.5"),
        ("(let ((v (make-f64vector 2 0.0))) (f64vector-set! v 1 3) v)", "#f64(0.0 3.0)"),
        ("(f64vector->list #f64(1.0 2.0))", "(1.0 2.0)"),
        ("(equal? (list 1 (vector 2 \"x\")) (list 1 (vector 2 \"x\")))", "#t"),
        ("(equal? 1 1.0)", "#f"),
        ("(eqv? 100000000000000000000 100000000000000000000)", "#t"),
        ("(eqv? \"\" \"a\")", "#f"),
        ("(let ((l '(1 2))) (eq? l l))", "#t"),
        ("(eq? '() '())", "#t"),
        ("(boolean=? #t #t #f)", "#f"),
        ("(if #f #f)", "#!void"),
    ]);
}

#[test]
fn values_are_one_or_several() {
    Bench::new().check(&[
        ("(values 1)", "1"),
        ("(+ 1 (values 2))", "3"),
        ("(call-with-values (lambda () (values 1 2 3)) list)", "(1 2 3)"),
        ("(call-with-values (lambda () (values)) list)", "()"),
        ("(call-with-values (lambda () '(1 2)) list)", "((1 2))"),
        ("(let-values (((q r) (floor/ 7 2)) ((x) (values 'a))) (list q r x))", "(3 1 a)"),
        ("(call-with-values (lambda () (call/cc (lambda (k) (k 1 2)))) list)", "(1 2)"),
        ("(receive (a . rest) (values 1 2 3) (list a rest))", "(1 (2 3))"),
    ]);
}

#[test]
fn continuations_escape_and_re_enter() {
    Bench::new().check(&[
        ("(+ 1 (call/cc (lambda (k) (+ 10 (k 1)))))", "2"),
        ("(call/cc (lambda (k) (for-each (lambda (x) (if (> x 1) (k x))) '(1 2 3)) 'none))", "2"),
        (
            "(let ((k #f) (n 0)) (let ((v (map (lambda (x) (call/cc (lambda (c) (if (= x 2) (set! k c)) x))) '(1 2 3))))
               (set! n (+ n 1)) (if (< n 3) (k (* n 10)) (list n v))))",
            "(3 (1 20 3))",
        ),
        (
            "(let ((path '()) (k #f))
               (dynamic-wind
                 (lambda () (set! path (cons 'in path)))
                 (lambda () (set! path (cons (call/cc (lambda (c) (set! k c) 'first)) path)))
                 (lambda () (set! path (cons 'out path))))
               (if (< (length path) 4) (k 'again) (reverse path)))",
            "(in first out in again out)",
        ),
        (
            "(let ((path '()))
               (call/cc (lambda (k) (dynamic-wind (lambda () (set! path (cons 1 path))) (lambda () (k 0))
                                                  (lambda () (set! path (cons 2 path))))))
               (reverse path))",
            "(1 2)",
        ),
        ("(let loop ((i 0)) (if (< i 100000) (loop (+ i 1)) i))", "100000"),
        ("(let loop ((i 0)) (if (< i 100000) (+ 1 (loop (+ i 1))) 0))", "100000"),
    ]);
}

#[test]
fn forms_that_the_expander_derives_work() {
    Bench::new().check(&[
        ("(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y))
          (let ((p (make-point 1 2))) (set-point-x! p 5) (list (point? p) (point? 1) (point-x p) (point-y p) (vector? p)))",
         "(#t #f 5 2 #f)"),
        ("(define p (make-parameter 1 (lambda (x) (* x 10))))
          (list (p) (parameterize ((p 2)) (p)) (p))", "(10 20 10)"),
        ("(define p (delay (begin (display \"once\") 5))) (list (force p) (force p))", "(5 5)"),
        ("(define (loop n) (if (= n 0) (delay 'done) (delay-force (loop (- n 1))))) (force (loop 10000))", "done"),
        ("(force 5)", "5"),
        ("(force (make-promise 6))", "6"),
        ("(define f (case-lambda ((x) (list 'one x)) ((x y) (list 'two x y)) ((x . r) (list 'many x r))))
          (list (f 1) (f 1 2) (f 1 2 3))", "((one 1) (two 1 2) (many 1 (2 3)))"),
        ("(define (even2? n) (if (= n 0) #t (odd2? (- n 1)))) (define (odd2? n) (if (= n 0) #f (even2? (- n 1)))) (even2? 1001)",
         "#f"),
        ("(do ((i 0 (+ i 1)) (s 0 (+ s i))) ((= i 5) s))", "10"),
        ("`(1 ,(+ 1 1) ,@(list 3 4))", "(1 2 3 4)"),
        ("(let* ((x 1) (y (+ x 1))) (list x y))", "(1 2)"),
        ("(letrec ((f (lambda (n) (if (= n 0) 1 (* n (f (- n 1))))))) (f 20))", "2432902008176640000"),
        ("(case 3 ((1 2) 'low) ((3 4) 'mid) (else 'high))", "mid"),
        ("(let-syntax ((swap! (syntax-rules () ((_ a b) (let ((t a)) (set! a b) (set! b t)))))) (let ((t 1) (u 2)) (swap! t u) (list t u)))",
         "(2 1)"),
    ]);
}

#[test]
fn a_variable_read_before_its_definition_is_an_error() {
    let raised = Bench::new().raised("(define (f) b) (define a (f)) (define b 2) a");
    assert!(raised.message.contains("before its definition"), "{}", raised.message);
}

#[test]
fn shared_and_cyclic_data_end_in_a_limit() {
    let mut bench = Bench::new();
    let doubled = "(let loop ((n 60) (l '(1))) (if (= n 0) l (loop (- n 1) (list l l))))";
    assert!(matches!(bench.run(doubled), Err(super::Failure::Limit(_))));
    let cyclic = "(let ((v (vector 1 2))) (vector-set! v 0 v) v)";
    assert!(matches!(bench.run(cyclic), Err(super::Failure::Limit(_))));
    let compared = "(let ((v (vector 1)) (w (vector 1))) (vector-set! v 0 v) (vector-set! w 0 w) (equal? v w))";
    assert!(matches!(bench.run(compared), Err(super::Failure::Limit(_))));
    let table = "(let ((t (make-hash-table))) (hash-table-set! t 'self t) t)";
    assert!(matches!(bench.run(table), Err(super::Failure::Limit(_))));
    assert_eq!(bench.show("(+ 1 1)"), "2");
}

#[test]
fn names_bound_twice_in_nested_lets_compile() {
    let task =
        "(let ((state (list (lambda () 1) 2))) (let* ((next ((car state))) (state (cdr state))) (list next state)))";
    Bench::new().check(&[(task, "(1 (2))")]);
}

#[test]
fn records_are_no_vectors() {
    let mut bench = Bench::new();
    let record =
        |body: &str| format!("(let () (define-record-type pt (mk x) pt? (x px set-px!)) (define r (mk 5)) {body})");
    for body in [
        "(vector-ref r 0)",
        "(vector-set! r 0 7)",
        "(vector-length r)",
        "(vector->list r)",
        "(vector-fill! r 1)",
        "(vector-copy r)",
        "(vector-append r)",
        "(vector-ref (delay 1) 1)",
    ] {
        bench.raised(&record(body));
    }
    assert_eq!(bench.show(&record("(set-px! r 6) (list (px r) (pt? r) (vector? r))")), "(6 #t #f)");
}

#[test]
fn what_is_bound_to_a_parameter_ends_with_its_task() {
    let mut bench = Bench::new();
    bench.show("(hash-table-set! (dpfw-slave-ht) 'q (make-parameter 1 (lambda (x) (* 2 x))))");
    bench.raised(
        "(let ((q (hash-table-ref (dpfw-slave-ht) 'q))) (parameterize ((q 99)) (%nothing)))"
            .replace("(%nothing)", "(car 1)")
            .as_str(),
    );
    assert_eq!(bench.show("((hash-table-ref (dpfw-slave-ht) 'q))"), "2");
    bench.check(&[
        ("(let ((p (make-parameter 1)) (q (make-parameter 2)))
            (define (both) (list (p) (q)))
            (list (both) (parameterize ((p 3)) (parameterize ((q 4) (p 5)) (both))) (parameterize ((p 6)) (both)) (both)))",
         "((1 2) (5 4) (6 2) (1 2))"),
        ("(let ((p (make-parameter 0)) (k #f) (seen '()))
            (define (note) (set! seen (cons (p) seen)))
            (parameterize ((p 1)) (call/cc (lambda (c) (set! k c))) (note))
            (note)
            (if (< (length seen) 4) (k 0) (reverse seen)))",
         "(1 0 1 0)"),
        ("(let ((p (make-parameter '(a b)))) (parameterize ((p '(c d))) (p)))", "(c d)"),
    ]);
}

#[test]
fn procedures_of_any_number_of_arguments_are_called_where_they_stand() {
    Bench::new().check(&[
        ("((case-lambda ((a) a) ((a . r) (list a r))) 1 2)", "(1 (2))"),
        ("((case-lambda ((a) a) ((a b) b)) 1 2)", "2"),
        ("((case-lambda ((a . r) (list a r))) 1 2)", "(1 (2))"),
        ("((let ((x 1)) (lambda (y . z) (list x y z))) 1 2)", "(1 1 (2))"),
        ("((lambda args args) 1 2)", "(1 2)"),
        ("(let () (define (g) 1) ((case-lambda (() (g)) ((a) a))))", "1"),
        ("(let () (define (g) 1) (define (h) (g)) ((case-lambda (() (h)) (() 2))))", "1"),
        ("(let () (define-record-type a (mk) p?) ((let ((z 1)) (lambda q (p? (mk))))))", "#t"),
        ("(let () (define (g) 1) ((if (g) (lambda a (g)) car)))", "1"),
        ("(let () (define (g) 1) ((begin (g) (lambda a (list (g) a))) 2))", "(1 (2))"),
    ]);
}

#[test]
fn deep_data_is_dropped_without_depth() {
    let small_stack = std::thread::Builder::new().stack_size(8 * 1024 * 1024);
    let dropped = small_stack.spawn(|| {
        let mut bench = Bench::new();
        bench.check(&[
            ("(let loop ((i 0) (l 1)) (if (< i 100000) (loop (+ i 1) (guard (e (#t e)) (error \"x\" l))) 7))", "7"),
            (
                "(let loop ((i 0) (l 1)) (if (< i 100000)
                   (loop (+ i 1) (let ((t (make-hash-table))) (hash-table-set! t 1 l) t)) 7))",
                "7",
            ),
        ]);
    });
    dropped.unwrap().join().unwrap();
}

#[test]
fn a_quoted_constant_is_the_whole_value_of_a_body() {
    Bench::new().check(&[
        ("(define a (list 1)) (define b 'c) b", "c"),
        ("(let ((a (list 1)) (b '())) b)", "()"),
        ("(let ((b 'c) (a (list 1))) (let ((d a)) b))", "c"),
        ("(let ((a (list 1)) (b (let ((d 1)) 'c))) b)", "c"),
        ("(let ((a (list 1)) (b (if #t 'c 1))) (if #t b a))", "c"),
        ("((if #t (lambda (a b) b) car) (list 1) 'c)", "c"),
        ("(let ((a (list 1)) (f (lambda () 'c))) (f))", "c"),
    ]);
}

#[test]
fn records_are_not_forged() {
    let mut bench = Bench::new();
    let point = "(define-record-type point (make-point x) point? (x point-x set-point-x!))";
    bench.check(&[
        (&format!("{point} (let ((v (vector point 5))) (list (point? v) (vector? v) (vector-length v) (point? (make-point 5))))"), "(#f #t 2 #t)"),
        (&format!("{point} (let ((v (vector 0 5))) (vector-set! v 0 point) (list (point? v) (vector? v) (vector-ref v 1)))"), "(#f #t 5)"),
        (&format!("{point} (let ((p (make-point 5))) (set-point-x! p 6) (list (point-x p) (vector? p) (equal? p (make-point 6))))"), "(6 #f #f)"),
        (&format!("{point} (define old (make-point 1)) (let () {point} (list (point? old) (point? (make-point 1))))"), "(#f #t)"),
        ("(list (promise? (vector 1 2)) (promise? (delay 1)) (force (delay 3)))", "(#f #t 3)"),
    ]);
    for reach in
        ["(vector-ref p 0)", "(vector->list p)", "(vector-copy p)", "(vector-fill! p 1)", "(vector-set! p 0 1)"]
    {
        let raised = bench.raised(&format!("{point} (let ((p (make-point 5))) {reach})"));
        assert!(raised.message.contains("must be a vector"), "{reach}: {}", raised.message);
    }
    let raised = bench.raised(&format!("{point} (point-x (vector point 5))"));
    assert_eq!(raised.message, "point-x needs a record of type point, not a vector");
    let raised = bench.raised(&format!("{point} (set! point 5) (make-point 1)"));
    assert_eq!(raised.message, "argument 1 must be a record type, not 5");
}

#[test]
fn a_delayed_promise_is_the_value_of_its_promise() {
    let mut bench = Bench::new();
    bench.check(&[
        ("(promise? (force (delay (delay 1))))", "#t"),
        ("(force (force (delay (delay 1))))", "1"),
        ("(force (delay-force (delay 1)))", "1"),
        ("(force (make-promise (make-promise 2)))", "2"),
    ]);
}

#[test]
fn winders_run_with_the_handlers_of_their_dynamic_wind() {
    let mut bench = Bench::new();
    bench.check(&[
        (
            "(guard (e (#t (list 'outer e))) (call/cc (lambda (k) (dynamic-wind void \
                (lambda () (with-exception-handler (lambda (e) (k 'wrong)) (lambda () (k 1)))) \
                (lambda () (raise 'x))))))",
            "(outer x)",
        ),
        (
            "(define again #f) (define count 0) \
             (guard (e (#t (list 'outer e))) \
                (dynamic-wind \
                    (lambda () (set! count (+ count 1)) (if (= count 2) (raise 'before))) \
                    (lambda () (call/cc (lambda (k) (set! again k)))) \
                    void) \
                (with-exception-handler (lambda (e) 'wrong) (lambda () (again 1))))",
            "(outer before)",
        ),
        (
            "(with-exception-handler (lambda (e) 10) (lambda () \
                (+ (call/cc (lambda (k) (dynamic-wind void (lambda () (k 1)) void))) (raise-continuable 'c))))",
            "11",
        ),
    ]);
}
