//! What programs make is counted before it is made.

use super::{Bench, Failure};

#[test]
fn what_becomes_larger_is_counted_before() {
    let mut bench = Bench::with_bytes_max(1 << 20);
    for body in [
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
