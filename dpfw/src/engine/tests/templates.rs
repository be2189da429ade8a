//! Templates: values in holes, constants, what is not admitted, and panics.

use std::{cell::Cell, rc::Rc};

use super::{Bench, Failure};
use crate::engine::sweep;
use crate::value::{F64Vector, Number, Value};

#[test]
fn values_come_in_and_go_out_exactly() {
    let mut bench = Bench::new();
    let compiled = bench.engine.compile("(lambda (_0) (lambda (_1 _2) _0))").unwrap();
    let values = [
        Value::Void,
        true.into(),
        (-5).into(),
        u128::MAX.into(),
        f64::INFINITY.into(),
        f64::NAN.into(),
        (-0.0).into(),
        Number::parse("1/3", 10).unwrap().into(),
        Number::parse("-123456789012345678901234567890/7", 10).unwrap().into(),
        'λ'.into(),
        '\0'.into(),
        "tab\tquote\"".into(),
        Value::symbol("with blank"),
        Value::symbol(""),
        Value::symbol("#t"),
        Value::keyword("key"),
        Value::Bytes(vec![0, 255].into()),
        Value::F64Vector(F64Vector::from(vec![1.5, f64::NAN])),
        Value::List(vec![1.into(), Value::List(vec![])]),
        Value::dotted(vec![1.into(), 2.into()], 3.into()),
        Value::Vector(vec![Value::Vector(vec![]), Value::Vector(vec![1.into()])]),
        Value::Map([(Value::symbol("k"), Value::Vector(vec![2.into()]))].into()),
    ];
    for value in values {
        let found = bench.engine.call(&compiled, vec![value.clone()], bench.ports.clone()).unwrap();
        assert_eq!(found, value);
    }
}

#[test]
fn a_deep_value_goes_in_and_out_and_a_deeper_one_is_refused() {
    let mut bench = Bench::new();
    let compiled = bench.engine.compile("(lambda (_0) (lambda (_1 _2) _0))").unwrap();
    let nested = |depth| (0..depth).fold(Value::from(1), |value, _| Value::List(vec![value]));
    let value = nested(Value::DEPTH_MAX);
    assert_eq!(bench.engine.call(&compiled, vec![value.clone()], bench.ports.clone()).unwrap(), value);
    let result = bench.engine.call(&compiled, vec![nested(Value::DEPTH_MAX + 1)], bench.ports.clone());
    assert!(matches!(result, Err(Failure::Limit(_))), "{result:?}");
}

#[test]
fn constants_of_every_kind_are_what_they_are_written_as() {
    Bench::new().check(&[
        ("'(define lambda (if) |x) (car y| quote)", "(define lambda (if) |x) (car y| quote)"),
        ("''a", "(quote a)"),
        ("'|a b|", "|a b|"),
        ("'define", "define"),
        ("'λ", "λ"),
        ("'|#t|", "|#t|"),
        ("'|1|", "|1|"),
        ("'|()|", "|()|"),
        ("\"quote\\\" back\\\\slash λ\\n\"", "\"quote\\\" back\\\\slash λ\\n\""),
        ("'#(1 #(2) \"x\")", "#(1 #(2) \"x\")"),
        ("#\\x0", "#\\null"),
        (
            "(list -0.0 1e300 1.5 +inf.0 1e-7 123456789012345678901234567890 1/3)",
            "(-0.0 1.0e300 1.5 +inf.0 1.0e-7 123456789012345678901234567890 1/3)",
        ),
        ("'(1 . (2 . 3))", "(1 2 . 3)"),
        ("(let ((f (lambda () '(1 2)))) (eq? (f) (f)))", "#t"),
        ("(let loop ((n 0) (l '(a b c))) (if (= n 3) l (loop (+ n 1) (cons n l))))", "(2 1 0 a b c)"),
    ]);
}

#[test]
fn a_task_that_changes_its_constants_does_not_change_those_of_the_next() {
    let mut bench = Bench::new();
    for (body, value) in [
        ("(let ((v '#(1))) (vector-set! v 0 (+ 1 (vector-ref v 0))) (vector-ref v 0))", "2"),
        ("(let ((v (cadr '(a #(1))))) (vector-set! v 0 (+ 1 (vector-ref v 0))) (vector-ref v 0))", "2"),
        ("(let ((b '#u8(1))) (bytevector-u8-set! b 0 (+ 1 (bytevector-u8-ref b 0))) b)", "#u8(2)"),
        ("(let ((f '#f64(1))) (f64vector-set! f 0 2) f)", "#f64(2.0)"),
        ("(let ((f (lambda () '#(1)))) (vector-set! (f) 0 2) (f))", "#(2)"),
    ] {
        let text = Bench::lower(&format!("(lambda (i o) {body})"));
        let compiled = bench.engine.compile(&text).unwrap();
        for _ in 0..3 {
            let found = bench.engine.call(&compiled, Vec::new(), bench.ports.clone()).unwrap();
            assert_eq!(found.to_string(), value, "{body}");
        }
    }
    // With values as well as constants.
    let compiled =
        bench.engine.compile("(lambda (_0) (lambda (_1 _2) (list _0 (quote #(1)) (quote (2 . 3)))))").unwrap();
    let found = bench.engine.call(&compiled, vec![Value::from(0)], bench.ports.clone()).unwrap();
    assert_eq!(found.to_string(), "(0 #(1) (2 . 3))");
}

#[test]
fn what_is_not_core_or_not_offered_is_rejected() {
    let mut bench = Bench::new();
    for text in [
        "",
        "(",
        "5",
        "(lambda () 5)",
        "(lambda () (lambda (_0) 1))",
        "(lambda () (lambda (_0 _1) (command \"sh\")))",
        "(lambda () (lambda (_0 _1) (#%prim.command \"sh\")))",
        "(lambda () (lambda (_0 _1) (eval 1)))",
        "(lambda () (lambda (_0 _1) (require \"/etc/passwd\")))",
        "(lambda () (lambda (_0 _1) (define x 1)))",
        "(lambda () (lambda (_0 _1) (set! _0 1)))",
        "(lambda () (lambda (_0 _1) (%call/cc _0)))",
        "(lambda () (lambda (_0 _1) (%in-heap)))",
        "(lambda () (lambda (_0 _1) %handlers))",
        "(lambda () (lambda (_0 _1) g1))",
        "(lambda () (lambda (_0 _1) _2))",
        "(lambda () (lambda (_0 _1) (car 1 2)))",
    ] {
        assert!(bench.engine.compile(text).is_err(), "{text}");
    }
    assert_eq!(bench.show("(+ 1 2)"), "3");
}

#[test]
fn a_template_is_called_with_as_many_values_as_it_takes() {
    let mut bench = Bench::new();
    let compiled = bench.engine.compile("(lambda (_0) (lambda (_1 _2) _0))").unwrap();
    let result = bench.engine.call(&compiled, Vec::new(), bench.ports.clone());
    assert!(matches!(result, Err(Failure::Rejected(_))), "{result:?}");
}

#[test]
fn many_templates_share_an_engine() {
    let mut bench = Bench::new();
    let compiled: Vec<_> = (0..300)
        .map(|n| bench.engine.compile(&format!("(lambda (_0) (lambda (_1 _2) (+ _0 {n})))")).unwrap())
        .collect();
    assert_eq!(bench.engine.compiles(), 300);
    for (n, compiled) in (0_i64..).zip(&compiled) {
        let value = bench.engine.call(compiled, vec![1.into()], bench.ports.clone()).unwrap();
        assert_eq!(value, (n + 1).into());
    }
}

#[test]
fn deep_programs_compile() {
    let mut bench = Bench::new();
    let deep = (0..900).fold("1".to_owned(), |inner, _| format!("(+ 1 {inner})"));
    let value = stacker::grow(256 * 1024 * 1024, || bench.show(&deep));
    assert_eq!(value, "901");
}

#[test]
fn runaway_recursion_is_a_limit() {
    let mut bench = Bench::new();
    let result = bench.run("(define (f n) (+ 1 (f n))) (f 1)");
    assert!(matches!(result, Err(Failure::Limit(_))), "{result:?}");
    assert_eq!(bench.show("(+ 1 1)"), "2");
}

/// A vector of the engine's that nothing refers to, with a mark that is set when its slot lets go of its content.
fn dead_vector(bench: &mut Bench) -> Rc<Cell<bool>> {
    let is_gone = Rc::new(Cell::new(false));
    let content = sweep::sentinel(&is_gone);
    let entered = bench.engine.session.enter();
    bench.engine.in_heap(Box::new(move |make| make(vec![content]))).expect("a vector is made");
    drop(entered);
    is_gone
}

#[test]
fn a_sweep_lets_go_of_what_dead_vectors_hold() {
    let mut bench = Bench::new();
    let is_gone = dead_vector(&mut bench);
    bench.run("(vector 1)").unwrap();
    assert!(!is_gone.get(), "Steel does it by itself: the sweep is not needed any more");
    bench.engine.loader.sweep();
    assert!(is_gone.get());
}

#[test]
fn a_task_that_discards_large_vectors_is_swept_meanwhile() {
    let mut bench = Bench::new();
    let is_gone = dead_vector(&mut bench);
    bench.run("(let loop ((n 0)) (if (< n 100) (begin (make-vector 100000 n) (loop (+ n 1)))))").unwrap();
    assert!(is_gone.get());
}

#[test]
fn an_engine_that_is_replaced_lets_go_of_its_heap() {
    let mut bench = Bench::new();
    let is_gone = dead_vector(&mut bench);
    bench.engine.replace();
    assert!(is_gone.get());
}
