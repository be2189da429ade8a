//! What programs make is counted before it is made.

use super::{Bench, Failure};

#[test]
fn what_becomes_larger_is_counted_before() {
    let mut bench = Bench::with_bytes_max(1 << 20);
    for body in [
        r"(string-pad-left (string) 300000 #\x10000)",
        r"(string-pad-right (string) 300000 #\x10000)",
        r"(string-upcase (make-string 200000 #\x390))",
        r"(string-downcase (make-string 500000 #\x130))",
        r"(string-foldcase (make-string 200000 #\x390))",
        "(let loop ((b (bytevector 1))) (loop (bytevector-append b b)))",
        "(let loop ((v (vector 1))) (loop (vector-append v v)))",
        "(let loop ((l (list 1))) (loop (append l l)))",
        r"(string->list (make-string 200000 #\a))",
        r"(string->vector (make-string 200000 #\a))",
        r"(string-for-each (lambda (c) c) (make-string 200000 #\a))",
        r"(string-map (lambda (c) c) (make-string 200000 #\a))",
        r"(string-index (make-string 200000 #\a) (lambda (c) #f))",
        "(apply values (apply append (make-list 10 (iota 20000))))",
        "(call/cc (lambda (k) (apply k (apply append (make-list 10 (iota 20000))))))",
        "(vector->list (list->vector (apply append (make-list 10 (iota 20000)))))",
        r#"(read (open-input-string (string-append "(" (string-join (make-list 60000 "1")) " " (string-join (make-list 60000 "1")) ")")))"#,
    ] {
        let result = bench.run(body);
        assert!(matches!(result, Err(Failure::Limit(_))), "{body}: {result:?}");
    }
    bench.check(&[
        (r"(length (string->list (make-string 50000 #\a)))", "50000"),
        (r"(string-length (string-map char-upcase (make-string 50000 #\ä)))", "50000"),
        (r#"(length (read (open-input-string (string-append "(" (string-join (make-list 50000 "1")) ")"))))"#, "50000"),
        (
            r#"(let ((p (open-input-string (apply string-append (make-list 60000 "(a b) "))))) (read p) (read p))"#,
            "(a b)",
        ),
    ]);
}

#[test]
fn memory_is_looked_at_before_something_large_is_made() {
    let mut bench = Bench::with_bytes_max(200 << 20);
    // Each is allowed by itself.
    let result = bench.run("(let loop ((all (list))) (loop (cons (make-bytevector 50000000 1) all)))");
    let Err(Failure::Limit(limit)) = result else { panic!("{result:?}") };
    assert_eq!((limit.which, limit.max), ("bytes of memory", 200 << 20));
    bench.check(&[("(bytevector-length (make-bytevector 50000000 1))", "50000000")]);
}
