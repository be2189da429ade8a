//! Numbers: exact where R7RS says so, and bounded.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;

use super::{Bench, Failure};
use crate::value::Number;

#[test]
fn the_tower_is_exact() {
    Bench::new().check(&[
        ("(+ 9223372036854775807 1)", "9223372036854775808"),
        ("(- -9223372036854775808 1)", "-9223372036854775809"),
        ("(* 4294967296 4294967296)", "18446744073709551616"),
        ("(- (- 9223372036854775807) 1)", "-9223372036854775808"),
        ("(abs -9223372036854775808)", "9223372036854775808"),
        ("(quotient -9223372036854775808 -1)", "9223372036854775808"),
        ("(expt 1/3 50)", "1/717897987691852588770249"),
        ("(exact 1e18)", "1000000000000000000"),
        ("(= (exact 1e308) (expt 10 308))", "#f"),
        ("(inexact 1/3)", "0.3333333333333333"),
        ("(/ 1 3)", "1/3"),
        ("(/ 6 3)", "2"),
        ("(/ 5)", "1/5"),
        ("(+ 1/2 1/2)", "1"),
        ("(+ 1/2 0.5)", "1.0"),
        ("(list (+) (*) (+ 5) (- 5) (- 0.0))", "(0 1 5 -5 -0.0)"),
        ("(list -0.0 (* 1.0 0) (sqrt 16) (sqrt 2) (sqrt 1/4))", "(-0.0 0.0 4 1.4142135623730951 1/2)"),
        ("(list (exp 0) (sin 0) (cos 0) (atan 1 1) (log 1))", "(1 0 1 0.7853981633974483 0)"),
        ("(list (floor 2.5) (round 2.5) (round 7/2) (truncate -2.5) (ceiling 5/2))", "(2.0 2.0 4 -2.0 3)"),
        ("(list (floor-quotient -7 2) (floor-remainder -7 2) (truncate-quotient -7 2) (truncate-remainder -7 2) (modulo -7 2.0))",
         "(-4 1 -3 -1 1.0)"),
        ("(call-with-values (lambda () (exact-integer-sqrt 17)) list)", "(4 1)"),
        ("(list (expt 2 100) (expt 2.0 0.5) (expt 2 -2) (expt 0 0) (expt 4 1/2))",
         "(1267650600228229401496703205376 1.4142135623730951 1/4 1 2)"),
        ("(list (gcd 12 18) (lcm 4 6) (gcd) (numerator 6/4) (denominator 0.5))", "(6 12 0 3 2.0)"),
        ("(list (max 1 2.0) (min 1 2) (max 1/2 1/3))", "(2.0 1 1/2)"),
        ("(rationalize 3/10 1/10)", "1/3"),
        ("(rationalize .3 1/10)", "0.3333333333333333"),
        ("(list (< 1 2 3) (< 1 3 2) (= 1 1.0) (= 1/3 .3333) (< 9007199254740992.0 9007199254740993))", "(#t #f #t #f #t)"),
        ("(list (< +nan.0 1) (> +inf.0 (expt 10 400)) (= +nan.0 +nan.0))", "(#f #t #f)"),
        ("(list (number->string 255 16) (string->number \"ff\" 16) (string->number \"1/2\") (string->number \"nope\"))",
         "(\"ff\" 255 1/2 #f)"),
        ("(list (exact->inexact 1/3) (exact 2.5) (exact-integer? 5) (integer? 5.0) (rational? +inf.0))",
         "(0.3333333333333333 5/2 #t #t #f)"),
        ("(list (/ 4 -6) (/ (expt 7 300000) (expt 7 299999)) (expt -2/3 -3) (expt -2/3 2) (gcd (expt 7 300000) 21))",
         "(-2/3 7 -27/8 4/9 7)"),
        ("(list (odd? -3) (even? 0) (zero? -0.0) (square 1/2))", "(#t #t #t 1/4)"),
    ]);
}

#[test]
fn powers_and_logarithms_are_right_far_beyond_floats() {
    Bench::new().check(&[
        (
            "(list (log (expt 2 2000) 2) (log (expt 10 400) 10) (log 8 2) (log 1/8 2) (log 1000 10))",
            "(2000.0 400.0 3.0 -3.0 3.0)",
        ),
        (
            "(map round (list (log (/ (expt 10 400) 3)) (log (/ 1 (expt 10 400))) (log (expt 10 400))))",
            "(920.0 -921.0 921.0)",
        ),
        ("(list (expt 10.0 308) (expt 10.0 -308) (expt -2.0 3) (expt 2.0 -1))", "(1.0e308 1.0e-308 -8.0 0.5)"),
    ]);
}

#[test]
fn complex_numbers_are_numbers() {
    Bench::new().check(&[
        ("(list (+ 1+2i 3) (+ 1+2i 3-2i) (- 1+2i 1) (- 3/2+i) (* +i +i) (* 2 1+2i) (/ 1 +i) (/ 3+4i 1-2i))",
         "(4+2i 4 +2i -3/2-i -1 2+4i -i -1+2i)"),
        ("(let ((z 1.5+2i)) (list (+ z 1) (- z 1) (+ 1 z) (* z 0.5) (/ z 2)))", "(2.5+2i 0.5+2i 2.5+2i 0.75+1.0i 0.75+i)"),
        ("(list (sqrt -4) (sqrt -2.0) (sqrt -1/4) (sqrt 3+4i) (expt +i 2) (expt 1+i -2) (expt 2 -1+0i))",
         "(+2i +1.4142135623730951i +1/2i 2.0+1.0i -1 -1/2i 1/2)"),
        ("(list (log -1) (exp 0+0.0i) (exp -inf.0))", "(0.0+3.141592653589793i 1.0+0.0i 0.0)"),
        ("(list (= 1+i 1.0+1.0i) (= 1 1+i) (eqv? 1+i 1+i) (equal? 1+i 1.0+i) (zero? 0.0+0.0i) (zero? +i))",
         "(#t #f #t #f #t #f)"),
        ("(map (lambda (z) (list (complex? z) (real? z) (rational? z) (integer? z) (exact? z) (finite? z) (nan? z)))
               '(1+2i -2.5+0.0i 3+0i 1.0-inf.0i +nan.0+i))",
         "((#t #f #f #f #t #t #f) (#t #f #f #f #f #t #f) (#t #t #t #t #t #t #f) (#t #f #f #f #f #f #f) (#t #f #f #f #f #f #t))"),
        ("(list (make-rectangular 1 2) (make-rectangular 1 0) (real-part 1+2i) (imag-part 1+2i) (imag-part 5))", "(1+2i 1 1 2 0)"),
        ("(list (magnitude 3+4i) (magnitude -5) (magnitude 3.0+4.0i) (angle -1) (angle 1) (angle +i))",
         "(5 5 5.0 3.141592653589793 0 1.5707963267948966)"),
        ("(list (make-polar 2 0) (exact 1.5+2.5i) (inexact +i) (number->string 10+17i 16) (string->number \"1-i\"))",
         "(2 3/2+5/2i 0.0+1.0i \"a+11i\" 1-i)"),
        ("(let ((t (make-hash-table))) (hash-table-set! t 1+i 'a) (hash-table-ref t (+ 1 +i)))", "a"),
        ("(let ((z (asin 2))) (list (< (abs (- (real-part z) 1.5707963267948966)) 1e-9) (real? z)))", "(#t #f)"),
    ]);
    let mut bench = Bench::new();
    for body in
        ["(< 1 +i)", "(abs 1+i)", "(floor +i)", "(max 1 +i)", "(/ +i 0)", "(make-rectangular 1 +i)", "(odd? +i)"]
    {
        bench.raised(body);
    }
}

#[test]
fn huge_numbers_are_refused_at_once() {
    let mut bench = Bench::new();
    for body in [
        "(expt 9 (expt 9 9))",
        "(expt 2 10000000)",
        "(let loop ((n 3)) (loop (* n n)))",
        "(let loop ((n 1/3)) (loop (* n n)))",
        "(gcd (expt 7 300000) (expt 6 300000))",
        "(/ (expt 7 300000) (expt 6 300000))",
        "(string->number (make-string 3000000 #\\9))",
        "(make-vector 100000000000 0)",
        "(make-string 100000000000 #\\a)",
        "(make-bytevector 100000000000 0)",
        "(iota 100000000000)",
        "(make-list 100000000000 0)",
        "(let loop ((s \"ab\")) (loop (string-append s s)))",
    ] {
        let result = bench.run(body);
        assert!(matches!(result, Err(Failure::Limit(_))), "{body}: {result:?}");
    }
}

/// A generator of numbers of every kind, the same on every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn rational(&mut self) -> BigRational {
        let edges = [0, 1, -1, 2, i64::MAX, i64::MIN, 1 << 31, -(1 << 31), 65535, 3];
        let index = usize::try_from(self.next() % 10).unwrap();
        let numerator = match self.next() % 4 {
            0 => BigInt::from(edges[index]),
            1 => BigInt::from(self.next() % 100) - 50,
            2 => BigInt::from(self.next()) * BigInt::from(self.next()),
            _ => BigInt::from(edges[index]) + BigInt::from(self.next() % 5) - 2,
        };
        let denominator = match self.next() % 3 {
            0 | 1 => BigInt::from(1),
            _ => BigInt::from(self.next() % 100_000 + 1),
        };
        BigRational::new(numerator, denominator)
    }
}

#[test]
fn arithmetic_agrees_with_exact_arithmetic_elsewhere() {
    let mut bench = Bench::new();
    let mut numbers = Numbers(88172645463325252);
    // The values are holes: compiled once, called many times.
    let text = "(lambda (_0 _1) (lambda (_2 _3) (list (+ _0 _1) (- _0 _1) (* _0 _1) (if (zero? _1) (quote none) (/ _0 _1)) (< _0 _1) (= _0 _1) (<= _0 _1) (- _0 7) (+ _0 7))))";
    let compiled = bench.engine.compile(text).expect("it compiles");
    for _ in 0..20_000 {
        let (a, b) = (numbers.rational(), numbers.rational());
        let quotient = if b.is_zero() { "none".to_owned() } else { Number::from(&a / &b).to_string() };
        let truth = |truth: bool| if truth { "#t" } else { "#f" };
        let seven = BigRational::from(BigInt::from(7));
        let expected = format!(
            "({} {} {} {} {} {} {} {} {})",
            Number::from(&a + &b),
            Number::from(&a - &b),
            Number::from(&a * &b),
            quotient,
            truth(a < b),
            truth(a == b),
            truth(a <= b),
            Number::from(&a - &seven),
            Number::from(&a + &seven),
        );
        let values = vec![Number::from(a.clone()).into(), Number::from(b.clone()).into()];
        let found = bench.engine.call(&compiled, values, bench.ports.clone()).expect("it is arithmetic");
        assert_eq!(found.to_string(), expected, "of {a} and {b}");
    }
}

#[test]
fn nothing_taken_from_minus_zero_leaves_it() {
    Bench::new().check(&[("(let ((x -0.0)) (- x 0))", "-0.0"), ("(let ((x 3)) (- x 0))", "3")]);
}

#[test]
fn large_numbers_are_not_reduced_for_nothing() {
    let mut bench = Bench::new();
    let begun = std::time::Instant::now();
    bench.check(&[("(> (abs (expt 3 600000)) 0)", "#t"), ("(> (abs (- (expt 3 600000))) 0)", "#t")]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn symbols_and_characters_weigh_what_they_take() {
    let mut bench = Bench::new();
    let long = "(make-list 100 (string->symbol (make-string 20000000 'a')))".replace("'a'", "#\\a");
    assert!(matches!(bench.run(&long), Err(Failure::Limit(_))));
}

#[test]
fn numerals_that_are_too_long_pass_a_limit() {
    let mut bench = Bench::new();
    for body in [
        "(string->number (string-append (make-string 12000 #\\7) \"/3\"))",
        "(string->number (string-append \"1/\" (make-string 12000 #\\7)))",
        "(string->number (string-append \"#e0.\" (make-string 12000 #\\7)))",
    ] {
        let result = bench.run(body);
        assert!(matches!(result, Err(Failure::Limit(_))), "{body}: {result:?}");
    }
    bench
        .check(&[("(list (string->number \"1/0\") (string->number \"x\") (string->number \"#e0.5\"))", "(#f #f 1/2)")]);
}

#[test]
fn ratios_are_not_reduced_again() {
    let mut bench = Bench::new();
    let begun = std::time::Instant::now();
    bench.check(&[
        ("(let ((r (/ (expt 3 25000) (expt 2 39000)))) (apply = (map (lambda (n) r) (iota 300))))", "#t"),
        (
            "(let ((r (/ (expt 3 25000) (expt 2 39000)))) (apply max (map (lambda (n) (inexact r)) (iota 300))))",
            "7.270044953771388e187",
        ),
        ("(guard (e (#t 'refused)) (/ 7 (expt 3 600000)))", "refused"),
    ]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_constant_taken_from_a_complex_variable_is_refused_in_words() {
    let mut bench = Bench::new();
    let raised = bench.raised("(let ((z (make-rectangular 1 2))) (list (- z 1)))");
    let message = "-: a constant is not taken from a variable that holds 1+2i, which is complex: add its negative";
    assert_eq!(raised.message, message);
    bench.check(&[(
        "(let ((z (make-rectangular 1 2))) (list (+ z -1) (- z 0) (- z 1.0) (- z -1)))",
        "(+2i 1+2i 0.0+2i 2+2i)",
    )]);
}
