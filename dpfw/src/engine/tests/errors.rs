//! Raising, handling, and what of it reaches the caller.

use super::{Bench, Failure};
use crate::value::Value;

#[test]
fn handlers_work_as_in_r7rs() {
    Bench::new().check(&[
        ("(guard (e (#t (list 'caught e))) (raise 'boom))", "(caught boom)"),
        ("(guard (e ((string? e) e) ((symbol? e) (symbol->string e))) (raise 'boom))", "\"boom\""),
        ("(guard (e ((error-object? e) (cons (error-object-message e) (error-object-irritants e)))) (error \"bad\" 1 '(2)))",
         "(\"bad\" 1 (2))"),
        ("(guard (e (#t 'outer)) (guard (e ((string? e) 'inner)) (raise 'x)))", "outer"),
        ("(guard (e (#t (error-object? e))) (car 5))", "#t"),
        ("(guard (e (#t (error-object? e))) (vector-ref (vector 1) 9))", "#t"),
        ("(guard (e (#t (error-object? e))) ((car (list (lambda (x) x)))))", "#t"),
        ("(guard (e (#t (error-object? e))) ((car '(notproc))))", "#t"),
        ("(guard (e (#t 'no)) 1 2)", "2"),
        ("(guard (e ((assq 'a e) => cdr) ((assq 'b e))) (raise (list (cons 'a 42))))", "42"),
        ("(guard (e ((assq 'a e) => cdr) ((assq 'b e))) (raise (list (cons 'b 23))))", "(b . 23)"),
        ("(with-exception-handler (lambda (e) 10) (lambda () (+ 1 (raise-continuable 'c))))", "11"),
        ("(call/cc (lambda (k) (with-exception-handler (lambda (e) (k (list 'h e))) (lambda () (raise 'x)))))", "(h x)"),
        ("(call/cc (lambda (k) (with-exception-handler (lambda (e) (k (list 'outer e)))
            (lambda () (with-exception-handler (lambda (e) (raise (list 'inner e))) (lambda () (raise 'x)))))))",
         "(outer (inner x))"),
        ("(guard (e (#t (list 'second (error-object? e)))) (with-exception-handler (lambda (e) 'ignored) (lambda () (raise 'x))))",
         "(second #t)"),
        ("(let ((out '()))
            (guard (e (#t (set! out (cons e out))))
              (dynamic-wind (lambda () (set! out (cons 'in out))) (lambda () (raise 'x)) (lambda () (set! out (cons 'out out)))))
            (reverse out))", "(in out x)"),
        ("(with-exception-handler
            (lambda (e) 42)
            (lambda () (+ 1 (guard (e ((string? e) 0)) (raise-continuable 'not-a-string)))))", "43"),
        ("(let loop ((i 0)) (if (< i 3000) (begin (guard (e (#t e)) (raise i)) (loop (+ i 1))) i))", "3000"),
        ("(guard (e (#t (read-error? e))) (read (open-input-string \"(1\")) (read (open-input-string \")\")))", "#t"),
        ("(guard (e (#t 'handled)) (map (lambda (x) (if (= x 2) (raise 'x) x)) '(1 2 3)))", "handled"),
    ]);
}

#[test]
fn an_error_object_reaches_the_caller_with_message_irritants_and_place() {
    let task = "(lambda (i o)
        (define (check x n) (if (= n 0) (if (negative? x) (error \"negative\" x 'here) x) (+ 1 (check x (- n 1)))))
        (list (check -5 3)))";
    let mut bench = Bench::new();
    let Err(Failure::Raised(raised)) = bench.run_task(task) else { panic!("it raises") };
    assert_eq!(raised.message, "negative");
    assert_eq!(raised.irritants, [Value::from(-5), Value::symbol("here")]);
    let text = Bench::lower(task);
    let offset = usize::try_from(raised.offset.expect("a place")).unwrap();
    assert!(text[offset..].starts_with("(error "), "{}", &text[offset..]);
    let called = &text[usize::try_from(raised.backtrace[1]).unwrap()..];
    assert!(called.starts_with("((%unbox _2) _3 "), "{called}");
}

#[test]
fn each_kind_of_mistake_is_placed_at_its_call() {
    let mut bench = Bench::new();
    for (body, call) in [
        ("(begin 1 (car 5))", "(car "),
        ("(vector-ref (vector 1) 2)", "(vector-ref "),
        ("(+ 1 (* 2 \"s\"))", "(* "),
        ("(list (string-append \"a\" 'b))", "(string-append "),
        ("(raise 'x)", "(raise "),
        ("(let ((f (car (list (lambda (x) x))))) (list (f 1 2)))", "("),
        ("(guard (e ((string? e) 1)) (list (raise 'passed-on)))", "(raise "),
        ("(map (lambda (x) (car x)) '(1))", "(car "),
        ("(hash-table-ref (make-hash-table) 1)", "(hash-table-ref "),
    ] {
        let task = format!("(lambda (i o) {body})");
        let text = Bench::lower(&task);
        let raised = bench.raised(body);
        let offset = raised.offset.unwrap_or_else(|| panic!("{body}: no place, {raised:?}"));
        let rest = &text[usize::try_from(offset).unwrap()..];
        assert!(rest.starts_with(call), "{body}: {rest} ({raised:?})");
    }
}

#[test]
fn any_raised_value_reaches_the_caller_as_itself() {
    let mut bench = Bench::new();
    let raised = bench.raised("(raise (list 1 'two \"three\"))");
    assert_eq!(raised.payload.to_string(), "(1 two \"three\")");
    assert_eq!(raised.message, "(1 two three)");
    let raised = bench.raised("(raise (list car (vector 1)))");
    assert_eq!(raised.payload.to_string(), "(#<procedure> #(1))");
}

#[test]
fn a_raised_value_that_is_too_large_is_told_without_it() {
    let mut bench = Bench::new();
    let body = "(raise (let loop ((n 60) (l '(1))) (if (= n 0) l (loop (- n 1) (list l l)))))";
    assert_eq!(bench.raised(body).message, "#<too large to show>");
    let body = "(let ((v (vector 1))) (vector-set! v 0 v) (error \"cyclic\" v))";
    assert_eq!(bench.raised(body).message, "cyclic");
}

#[test]
fn messages_name_the_procedure_and_the_argument() {
    let mut bench = Bench::new();
    for (body, message) in [
        ("(+ 1 'a)", "+: argument 2 must be a number, not the symbol a"),
        ("(< 1 \"x\")", "<: argument 2 must be a real number, not \"x\""),
        ("(string-ref \"abc\" 3)", "string-ref: index 3 is out of range for a length of 3"),
        ("(vector-set! (vector) 0 1)", "vector-set!: index 0 is out of range for a length of 0"),
        ("(list-tail '(1) 5)", "list-tail: index 5 is out of range for a length of 1"),
        ("(exact +inf.0)", "exact: +inf.0 has no exact value"),
        ("(quotient 1 0)", "quotient: division by zero"),
        ("(/ 1 0)", "/: division by zero"),
        ("(5 5)", "not a procedure: 5"),
        ("(string->symbol 5)", "string->symbol: argument 1 must be a string, not 5"),
        ("(hash-table-ref (make-hash-table) 1)", "hash-table-ref: the table has no such key"),
    ] {
        if body == "(5 5)" {
            assert_eq!(bench.raised("(let ((f (car '(5)))) (f 5))").message, message);
        } else {
            assert_eq!(bench.raised(body).message, message, "{body}");
        }
    }
}

#[test]
fn winders_nest_to_a_limit() {
    let mut bench = Bench::new();
    let nested = |depth: u32| {
        format!(
            "(let () (define q (make-parameter 0)) (define (f n) (if (= n {depth}) (q) (parameterize ((q n)) (f (+ n 1))))) (f 0))"
        )
    };
    assert_eq!(bench.show(&nested(9_000)), "8999");
    assert!(matches!(bench.run(&nested(11_000)), Err(Failure::Limit(_))));
}

#[test]
fn handlers_nest_to_a_limit() {
    let body =
        "(define (nest n) (if (= n 0) 'done (with-exception-handler (lambda (e) e) (lambda () (nest (- n 1))))))";
    let mut bench = Bench::new();
    assert_eq!(bench.show(&format!("{body} (nest 500)")), "done");
    // The handlers return, which is an error of its own at every level.
    assert!(matches!(bench.run(&format!("{body} (nest 5000)")), Err(Failure::Raised(_))));
    let escaping = body.replace("(lambda (e) e)", "(lambda (e) (raise e))");
    assert!(matches!(bench.run(&format!("{escaping} (nest 5000)")), Err(Failure::Limit(_))));
    assert_eq!(bench.show(&format!("{body} (nest 500)")), "done");
}

#[test]
fn an_error_leaves_nothing_behind_for_the_next_task() {
    let mut bench = Bench::new();
    bench.raised("(with-exception-handler (lambda (e) 1) (lambda () (dynamic-wind void (lambda () (raise 'x)) void)))");
    bench.check(&[
        ("(call/cc (lambda (k) (k 1)))", "1"),
        ("(with-exception-handler (lambda (e) 5) (lambda () (raise-continuable 1)))", "5"),
    ]);
}

#[test]
fn what_is_wrong_is_not_printed_whole() {
    let mut bench = Bench::new();
    let cyclic = "(let ((v (vector 1 2))) (vector-set! v 0 v)";
    for use_of_it in
        ["(car v)", "(cdr v)", "(vector-ref (list v) 0)", "(length v)", "(string-length v)", "(apply car (list v))"]
    {
        bench.raised(&format!("{cyclic} {use_of_it})"));
    }
    // 2^60 parts.
    let shared = "(let loop ((n 0) (l '(1))) (if (< n 60) (loop (+ n 1) (list l l)) (vector-ref l 0)))";
    assert_eq!(bench.raised(shared).message, "vector-ref: argument 1 must be a vector, not a list");
}

#[test]
fn what_is_no_procedure_is_named_without_the_paths_of_rust() {
    let mut bench = Bench::new();
    for (body, message) in [
        ("((car (list (make-hash-table))))", "not a procedure: a hash table"),
        ("((car (list o)))", "not a procedure: a port"),
        (
            "(car \"pplication not a procedure: x\")",
            "car: argument 1 must be a pair, not \"pplication not a procedure: x\"",
        ),
    ] {
        assert_eq!(bench.raised(body).message, message);
    }
}

#[test]
fn parameterize_gives_nothing_away_to_what_is_no_parameter() {
    let mut bench = Bench::new();
    let stolen =
        "(define stolen #f) (guard (e (#t #f)) (parameterize (((lambda (x) (set! stolen x) (cons (vector) #f)) 5)) 1))";
    let raised = bench.raised("(parameterize (((lambda (x) (cons (vector) #f)) 5)) 1)");
    assert_eq!(raised.message, "parameterize takes parameters");
    bench.check(&[
        (&format!("{stolen} (define p (make-parameter 1)) (list (procedure? ((car (list p)) stolen)) (p))"), "(#f 1)"),
        (&format!("{stolen} (hash-table-set! (dpfw-slave-ht) 'k stolen) (procedure? (hash-table-ref (dpfw-slave-ht) 'k (lambda () 1)))"), "#f"),
        (&format!("{stolen} (procedure? ((car (list current-output-port)) stolen))"), "#f"),
        ("(define p (make-parameter 1 (lambda (x) (* x 2)))) (list (p) (parameterize ((p 5)) (p)) (p))", "(2 10 2)"),
    ]);
}

#[test]
fn what_is_no_procedure_is_shown_in_our_words() {
    let mut bench = Bench::new();
    for (value, shown) in [
        ("#t", "#t"),
        ("'(1 2)", "(1 2)"),
        ("(list 1 #f)", "a list"),
        ("(vector 1 car)", "a vector"),
        ("(delay 1)", "a record"),
        ("(let () (define-record-type point (make x) point? (x x)) (make 5))", "a record"),
        ("(string->symbol \"a\\nb\")", "a b"),
        ("(void)", "void"),
        ("(make-hash-table)", "a hash table"),
        ("(bytevector 1)", "a bytevector"),
        ("(open-input-string (string))", "a port"),
    ] {
        for call in [format!("((car (list {value})) 1)"), format!("(list ((car (list {value})) 1))")] {
            assert_eq!(bench.raised(&call).message, format!("not a procedure: {shown}"), "{call}");
        }
    }
    for text in ["application not a procedure: x", "sub expected a number, found: x"] {
        assert_eq!(bench.raised(&format!("(error \"{text}\")")).message, text);
        let raised = bench.raised(&format!("(car (string->symbol \"{text}\"))"));
        assert_eq!(raised.message, format!("car: argument 1 must be a pair, not the symbol {text}"));
    }
    for (body, message) in [
        ("(let ((x (car (list 'a)))) (list (+ x 1)))", "+: argument 1 must be a number, not a"),
        ("((car (list (lambda (a) a))))", "a procedure takes 1 argument, not 0"),
        ("(list ((car (list (lambda (a b . c) a))) 1))", "a procedure takes at least 2 arguments, not 1"),
        ("(list ((car (list map)) 1))", "a procedure takes at least 2 arguments, not 1"),
        ("(apply + 1 (car (list 5)))", "apply: the last argument must be a list, not 5"),
        ("(let ((x (car (list \"s\")))) (list (- x 1)))", "-: argument 1 must be a number, not \"s\""),
        ("(let ((x (car (list (vector car))))) (list (+ x 1)))", "+: argument 1 must be a number, not a vector"),
        ("(let ((x (car (list (vector car))))) (list (- x 1)))", "-: argument 1 must be a number, not a vector"),
    ] {
        assert_eq!(bench.raised(body).message, message);
    }
}

#[test]
fn a_large_value_that_is_raised_is_not_printed_whole() {
    let mut bench = Bench::new();
    let begun = std::time::Instant::now();
    let raised = bench.raised("(raise (make-list 300 (expt 10 300000)))");
    assert!(raised.message.starts_with("(1000") && raised.message.ends_with('…'), "{}", raised.message.len());
    assert!(raised.message.len() < 5_000, "{}", raised.message.len());
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(bench.raised("(raise (make-string 5000 #\\é))").message.chars().count(), 2_049);
}
