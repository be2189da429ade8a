//! Temporary.
use super::Bench;
use crate::value::Value;
use std::time::Instant;

fn rss() -> String {
    std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmRSS")).unwrap().to_owned()
}

#[test]
#[ignore]
fn measure() {
    eprintln!("before {}", rss());
    let t = Instant::now();
    let mut bench = Bench::new();
    eprintln!("first engine {:?} {}", t.elapsed(), rss());
    let t = Instant::now();
    let c = bench.engine.compile("(lambda () (lambda (_0 _1) 1))").unwrap();
    eprintln!("first compile {:?} {}", t.elapsed(), rss());
    let t = Instant::now();
    for _ in 0..1_000_000 {
        bench.engine.call(&c, Vec::new(), bench.ports.clone()).unwrap();
    }
    eprintln!("call (no values) {:?}", t.elapsed() / 1_000_000);
    let c = bench.engine.compile("(lambda (_0) (lambda (_1 _2) (+ _0 1)))").unwrap();
    let t = Instant::now();
    for _ in 0..1_000_000 {
        bench.engine.call(&c, vec![Value::from(1)], bench.ports.clone()).unwrap();
    }
    eprintln!("call (1 value) {:?}", t.elapsed() / 1_000_000);
    let t = Instant::now();
    for n in 0..2000 {
        bench.engine.compile(&format!("(lambda (_0) (lambda (_1 _2) (+ _0 {n})))")).unwrap();
    }
    eprintln!("compile trivial {:?} {}", t.elapsed() / 2000, rss());
    let t = Instant::now();
    bench.run("(map (lambda (x) x) '(1))").unwrap();
    eprintln!("first map {:?}", t.elapsed());
    let t = Instant::now();
    bench.run("(guard (e (#t 1)) (raise 1))").unwrap();
    eprintln!("first guard {:?}", t.elapsed());
    for (name, body) in [
        ("fib 30", "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 30)"),
        ("tak 18 12 6", "(define (tak x y z) (if (not (< y x)) z (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y)))) (tak 18 12 6)"),
        ("loop 3M", "(let loop ((i 0) (s 0)) (if (= i 3000000) s (loop (+ i 1) (+ s i))))"),
        ("100k guard+raise", "(let loop ((i 0)) (if (< i 100000) (begin (guard (e (#t e)) (raise i)) (loop (+ i 1)))))"),
        ("100k call/cc", "(let loop ((i 0)) (if (< i 100000) (begin (call/cc (lambda (k) (k i))) (loop (+ i 1)))))"),
        ("300k table updates", "(let ((t (make-hash-table))) (let loop ((i 0)) (if (< i 300000) (begin (hash-table-update!/default t (modulo i 1000) (lambda (x) (+ x 1)) 0) (loop (+ i 1))))))"),
        ("sort 100k", "(length (sort (let loop ((i 0) (x 1) (l '())) (if (= i 100000) l (loop (+ i 1) (modulo (+ (* x 1103515245) 12345) 2147483648) (cons x l)))) <))"),
        ("map 1M", "(length (map (lambda (x) (+ x 1)) (iota 1000000)))"),
        ("quicksort vector 100k", "(define v (make-vector 100000 0)) (define (fill! i x) (if (< i 100000) (begin (vector-set! v i x) (fill! (+ i 1) (modulo (+ (* x 1103515245) 12345) 2147483648))))) (fill! 0 1)
           (define (swap! a b) (let ((t (vector-ref v a))) (vector-set! v a (vector-ref v b)) (vector-set! v b t)))
           (define (qs lo hi) (if (< lo hi) (let ((p (vector-ref v hi))) (let loop ((i lo) (j lo)) (if (< j hi) (if (< (vector-ref v j) p) (begin (swap! i j) (loop (+ i 1) (+ j 1))) (loop i (+ j 1))) (begin (swap! i hi) (qs lo (- i 1)) (qs (+ i 1) hi)))))))
           (qs 0 99999) (vector-ref v 0)"),
        ("nqueens 8 x10", "(define (queens board-size) (define (attacks? q1 q2) (or (= (car q1) (car q2)) (= (cdr q1) (cdr q2)) (= (abs (- (car q1) (car q2))) (abs (- (cdr q1) (cdr q2))))))
            (define (ok? q qs) (cond ((null? qs) #t) ((attacks? q (car qs)) #f) (else (ok? q (cdr qs)))))
            (define (place k qs) (if (= k 0) 1 (let loop ((c 1) (n 0)) (if (> c board-size) n (let ((q (cons k c))) (loop (+ c 1) (if (ok? q qs) (+ n (place (- k 1) (cons q qs))) n)))))))
            (place board-size '()))
            (do ((i 0 (+ i 1)) (r 0 (queens 8))) ((= i 10) r))"),
    ] {
        bench.run(body).unwrap();
        let t = Instant::now();
        let r = bench.run(body).unwrap();
        eprintln!("{name} {:?} -> {}", t.elapsed(), r.to_string().chars().take(20).collect::<String>());
    }
    eprintln!("end {}", rss());
    let t = Instant::now();
    for _ in 0..100 {
        bench.engine.replace();
    }
    eprintln!("replace {:?} {}", t.elapsed() / 100, rss());
}
