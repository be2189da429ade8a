//! Programs over which Steel's compiler would take too long as they are written.

use std::time::{Duration, Instant};

use super::Bench;

#[test]
fn consequences_inside_each_other_mean_what_they_say() {
    let nested = |open: &str, close: &str| format!("{}'in{}", open.repeat(30), close.repeat(30));
    let cases = [
        (format!("(and {} 'last)", "i ".repeat(60)), "last"),
        (format!("(and {0} (null? i) {0} 'last)", "i ".repeat(40)), "#f"),
        (nested("(if (pair? '(1)) ", " 'no)"), "in"),
        (nested("(if (null? '(1)) ", " 'no)"), "no"),
        (nested("(if (not (null? '(1))) ", " 'no)"), "in"),
        (nested("(if (not (not (pair? '(1)))) ", " 'no)"), "in"),
        (nested("(if (not (pair? '(1))) 'no ", ")"), "in"),
        (nested("(when (list) (unless (null? '(1)) ", "))"), "in"),
        // Each test is made once, and only those that are reached.
        (format!("(let ((n 0)) {} n)", nested("(if (begin (set! n (+ n 1)) (< n 25)) ", " #f)")), "25"),
    ];
    let mut bench = Bench::new();
    for (body, value) in cases {
        let start = Instant::now();
        assert_eq!(bench.show(&body), value, "{body}");
        assert!(start.elapsed() < Duration::from_secs(10), "{body}");
    }
}

#[test]
fn branches_that_are_trees_compile_in_time() {
    fn tree(levels: usize) -> String {
        match levels {
            0 => "'leaf".to_owned(),
            _ => format!("(if (list) {0} {0})", tree(levels - 1)),
        }
    }
    let start = Instant::now();
    assert_eq!(Bench::new().show(&tree(11)), "leaf");
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn many_constants_are_what_they_are_written_as_and_compile_in_time() {
    let mut bench = Bench::new();
    for count in [31, 32, 33, 500] {
        let lists: String = (0..count).map(|n| format!("'(a {n}) ")).collect();
        let body = format!("(let ((l (list {lists}))) (list (length l) (car l) (list-ref l {})))", count - 1);
        assert_eq!(bench.show(&body), format!("({count} (a 0) (a {}))", count - 1));
    }
    // Those that a task can change are new for each call, and the others the same.
    let vectors = "'#(0) ".repeat(50);
    let body =
        format!("(let ((v (list {vectors}))) (vector-set! (car v) 0 'changed) (cons (list-ref v 0) (list-ref v 49)))");
    assert_eq!(bench.show(&body), "(#(changed) . #(0))");
    assert_eq!(bench.show(&body), "(#(changed) . #(0))");
    let start = Instant::now();
    let procedures = "(lambda () '(a)) ".repeat(1_500);
    assert_eq!(bench.show(&format!("((car (list {procedures})))")), "(a)");
    assert!(start.elapsed() < Duration::from_secs(20));
}
