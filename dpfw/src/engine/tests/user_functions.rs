//! Functions of the Rust program as natives.

use std::collections::BTreeMap;

use dpfw_syntax::{CompileOptions, Extern, ReadLimits, Span, compile_task, read_all};

use super::Bench;
use crate::{engine::UserNatives, value::Value};

fn bench() -> Bench {
    let mut natives = UserNatives::default();
    natives.register("prime?", |n: u64| n > 1 && (2..n).all(|d| !n.is_multiple_of(d)));
    natives.register("join", |left: String, right: Vec<i64>| format!("{left}{right:?}"));
    natives.register("nothing", || ());
    natives.register("halve", |n: i64| if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) });
    natives.register("nested", |depth: Value| Value::Vector(vec![Value::Vector(vec![depth])]));
    natives.register("tally", |words: Vec<String>| {
        let mut counts = BTreeMap::new();
        for word in words {
            *counts.entry(word).or_insert(0_u32) += 1;
        }
        counts
    });
    natives.register("panics", || -> i64 { panic!("in the program") });
    Bench::with(natives)
}

fn compile(bench: &mut Bench, body: &str) -> crate::engine::Compiled {
    let names = [("prime?", 1), ("join", 2), ("nothing", 0), ("halve", 1), ("nested", 1), ("tally", 1), ("panics", 0)];
    let externs = names
        .into_iter()
        .map(|(name, count)| Extern { name: name.into(), min: count, max: Some(count), span: Span::default() })
        .collect();
    let data = read_all(&format!("(lambda (i o) {body})"), &ReadLimits::default()).unwrap();
    let lowered = compile_task(&data[0], 0, &CompileOptions { externs, ..CompileOptions::default() }).unwrap();
    bench.engine.compile(&lowered.text).unwrap()
}

fn show(bench: &mut Bench, body: &str) -> String {
    let compiled = compile(bench, body);
    match bench.engine.call(&compiled, Vec::new(), bench.ports.clone()) {
        Ok(value) => value.to_string(),
        Err(super::Failure::Raised(raised)) => format!("raised {}", raised.message),
        Err(failure) => format!("{failure:?}"),
    }
}

#[test]
fn arguments_and_results_travel_by_serde() {
    let mut bench = bench();
    for (body, expected) in [
        ("(filter prime? (iota 20))", "(2 3 5 7 11 13 17 19)"),
        ("(join \"x\" '(1 2))", "\"x[1, 2]\""),
        ("(nothing)", "#!void"),
        ("(halve 10)", "5"),
        ("(halve 5)", "raised halve: 5 is odd"),
        ("(guard (e ((error-object? e) 'handled)) (halve 5))", "handled"),
        ("(nested '(1))", "#(#((1)))"),
        ("(hash-table-ref (tally '(\"a\" \"b\" \"a\")) \"a\")", "2"),
        ("(guard (e (#t 'no)) (prime? \"seven\"))", "no"),
    ] {
        assert_eq!(show(&mut bench, body), expected, "{body}");
    }
}

#[test]
fn a_panic_in_a_function_replaces_the_engine_and_keeps_the_data() {
    let mut bench = bench();
    assert_eq!(show(&mut bench, "(begin (hash-table-set! (dpfw-slave-ht) 'kept (vector 1)) 1)"), "1");
    assert_eq!(show(&mut bench, "(begin (hash-table-set! (dpfw-slave-ht) 'lost car) 1)"), "1");
    let before = compile(&mut bench, "(prime? 7)");
    assert_eq!(show(&mut bench, "(panics)"), "Panicked(\"in the program\")");
    assert_eq!(show(&mut bench, "(hash-table-ref (dpfw-slave-ht) 'kept)"), "#(1)");
    assert_eq!(show(&mut bench, "(hash-table-exists? (dpfw-slave-ht) 'lost)"), "#f");
    let value = bench.engine.call(&before, Vec::new(), bench.ports.clone()).unwrap();
    assert_eq!(value, true.into());
}

#[test]
fn asynchronous_functions_are_driven_to_their_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut natives = UserNatives::default();
    natives.register_async(
        "later",
        |n: i64| async move {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            n + 1
        },
        runtime.handle().clone(),
    );
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let handle = runtime.handle().clone();
    let driver = std::thread::spawn(move || runtime.block_on(stopped));
    natives.register_async("never", std::future::pending::<i64>, handle);
    let mut bench = Bench::with(natives);
    let later = bench.engine.compile("(lambda () (lambda (_0 _1) (later 1)))").unwrap();
    assert_eq!(bench.engine.call(&later, Vec::new(), bench.ports.clone()).unwrap(), 2.into());

    let never = bench.engine.compile("(lambda () (lambda (_0 _1) (never)))").unwrap();
    let interrupter = bench.engine.interrupter();
    interrupter.begin(1);
    let other = interrupter.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(30));
        other.interrupt(1)
    });
    let result = bench.engine.call(&never, Vec::new(), bench.ports.clone());
    assert!(thread.join().unwrap());
    assert!(matches!(result, Err(super::Failure::Interrupted)), "{result:?}");
    drop(stop);
    assert!(driver.join().unwrap().is_err());
}
