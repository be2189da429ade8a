//! Stopping what runs, and only that.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{Bench, Failure};

/// Runs `body` as task 7 and interrupts it after a while.
fn interrupted(bench: &mut Bench, body: &str) -> (Result<crate::value::Value, Failure>, Duration) {
    let compiled = bench.engine.compile(&Bench::lower(&format!("(lambda (i o) {body})"))).expect("it compiles");
    let interrupter = bench.engine.interrupter();
    interrupter.begin(7);
    let other = interrupter.clone();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        assert!(other.interrupt(7));
        Instant::now()
    });
    let result = bench.engine.call(&compiled, Vec::new(), bench.ports.clone());
    let delay = thread.join().expect("the other thread only sleeps").elapsed();
    interrupter.end();
    (result, delay)
}

fn assert_stops_soon(bench: &mut Bench, body: &str) {
    let (result, delay) = interrupted(bench, body);
    assert!(matches!(result, Err(Failure::Interrupted)), "{body}: {result:?}");
    assert!(delay < Duration::from_millis(500), "{body}: {delay:?}");
}

#[test]
fn endless_programs_stop_soon_after_an_interrupt() {
    let mut bench = Bench::new();
    for body in [
        "(let loop () (loop))",
        "(let loop ((n 0)) (loop (+ n 1)))",
        "(let loop () (guard (e (#t 1)) (raise 'x)) (loop))",
        "(let loop () (guard (e (#t (loop))) (let again () (again))))",
        "(with-exception-handler (lambda (e) (let loop () (loop))) (lambda () (let loop () (loop))))",
        "(dynamic-wind void (lambda () (let loop () (loop))) (lambda () (let loop () (loop))))",
        "(define (nest n) (if (= n 0) (let loop () (loop)) (with-exception-handler (lambda (e) (nest 3)) (lambda () (nest (- n 1)))))) (nest 900)",
        "(let loop ((l '())) (if (> (length l) 1000) (loop '()) (loop (cons 1 l))))",
        "(let loop () (sort (iota 1000) >) (loop))",
        "(define (f x) (sort '(2 1) (lambda (a b) (f 1)))) (f 1)",
        "(let loop ((t (make-hash-table)) (n 0)) (hash-table-set! t (modulo n 100) n) (loop t (+ n 1)))",
        "(let loop () (call/cc (lambda (k) (k 1))) (loop))",
    ] {
        assert_stops_soon(&mut bench, body);
        assert_eq!(bench.show("(+ 1 1)"), "2", "after {body}");
    }
}

#[test]
fn an_interrupt_for_another_task_is_not_felt() {
    let bench = Bench::new();
    let interrupter = bench.engine.interrupter();
    assert!(!interrupter.interrupt(1));
    interrupter.begin(2);
    assert!(!interrupter.interrupt(1));
    interrupter.end();
    assert!(!interrupter.interrupt(2));
}

#[test]
fn an_interrupt_before_the_first_instruction_stops_the_task() {
    let mut bench = Bench::new();
    let compiled = bench.engine.compile(&Bench::lower("(lambda (i o) (let loop () (loop)))")).expect("it compiles");
    let interrupter = bench.engine.interrupter();
    interrupter.begin(1);
    assert!(interrupter.interrupt(1));
    let result = bench.engine.call(&compiled, Vec::new(), bench.ports.clone());
    interrupter.end();
    assert!(matches!(result, Err(Failure::Interrupted)), "{result:?}");
    assert_eq!(bench.show("'next"), "next");
}

#[test]
fn a_cancel_that_a_port_reports_cannot_be_handled() {
    let mut bench = Bench::new();
    bench.ports.borrow_mut().cancelled = true;
    let interrupter = bench.engine.interrupter();
    interrupter.begin(1);
    for body in [
        "(read i)",
        "(guard (e (#t 'swallowed)) (read i))",
        "(let loop () (guard (e (#t (loop))) (read-char i)))",
        "(with-exception-handler (lambda (e) 'swallowed) (lambda () (read-line i)))",
    ] {
        let result = bench.run(body);
        assert!(matches!(result, Err(Failure::Interrupted)), "{body}: {result:?}");
        interrupter.begin(2);
    }
}

#[test]
fn natives_that_take_long_look_whether_they_are_interrupted() {
    let mut bench = Bench::new();
    for body in [
        "(sort (make-list 100000 60000) expt)",
        "(sort (make-list 100000 400000) make-list)",
        "(sort (make-list 100000 (iota 50000)) append-reverse)",
        "(sort (make-list 100000 (make-vector 300000 1)) vector-fill!)",
        "(let ((r (/ (expt 3 25000) (expt 2 39000)))) (let loop () (apply = (make-list 30000 r)) (loop)))",
        "(let ((r (/ (expt 3 25000) (expt 2 39000)))) (let loop () (apply max (make-list 30000 r)) (loop)))",
        "(let ((r (/ (expt 3 25000) (expt 2 39000)))) (let loop () (list->f64vector (make-list 100000 r)) (loop)))",
        "(write (make-list 1000 (expt 10 100000)) (open-output-string))",
        "(display (make-list 1000 (expt 10 100000)) (open-output-string))",
        "(let ((s (make-string 5000000 #\\a))) (let loop () (string-ci=? s s s s s s s s) (loop)))",
        "(let ((s (make-string 5000000 #\\a))) (let loop () (string-ci-hash s) (loop)))",
        "(let ((s (make-string 5000000 #\\a))) (let loop () (string-foldcase s) (loop)))",
        "(let ((s (make-string 5000000 #\\a)) (t (make-hash-table string-ci=?))) (let loop () (hash-table-set! t s 1) (loop)))",
        "(let ((s (string->symbol (make-string 5000000 #\\a)))) (let loop () (apply symbol=? (make-list 10000 s)) (loop)))",
    ] {
        assert_stops_soon(&mut bench, body);
    }
}
