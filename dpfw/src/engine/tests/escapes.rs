//! Ways out of the language: admission stops each, and with admission off the bare engine does.

use std::path::Path;

use dpfw_syntax::vocabulary;
use steel::{SteelErr, SteelVal};

use super::Bench;
use crate::engine::lexicon;

/// The ways, by what they are, as bodies of tasks.
fn escapes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut lines = include_str!("escapes.scm").lines().skip_while(|line| !line.is_empty()).skip(1);
    std::iter::from_fn(move || Some((lines.next()?.strip_prefix(";; ")?, lines.next()?)))
}

fn template(body: &str) -> String {
    format!("(lambda () (lambda (_0 _1) {body}))")
}

/// An engine that has been given all that a slave offers.
fn full() -> Bench {
    let mut bench = Bench::new();
    for procedure in vocabulary::procedures().iter().filter(|procedure| !vocabulary::is_internal(procedure.name)) {
        bench.run(&format!("(procedure? {})", procedure.name)).expect("a procedure");
    }
    bench
}

#[test]
fn admission_refuses_every_way_out() {
    let mut bench = full();
    let (mut tried, mut admitted) = (0, Vec::new());
    for (what, body) in escapes() {
        tried += 1;
        // A refusal with a place is admission's: the engine's own come without.
        match bench.engine.compile(&template(body)) {
            Err(rejection) if rejection.offset.is_some() => {}
            other => admitted.push(format!("{what}: {other:?}")),
        }
    }
    assert!(admitted.is_empty() && tried > 50, "{admitted:#?} of {tried}");
}

#[test]
fn steel_has_no_way_out_when_all_before_it_is_off() {
    let mut bench = full();
    let mut found = Vec::new();
    for (what, body) in escapes() {
        if let Ok(value) = run_as_it_is(&mut bench, &template(body)) {
            found.push(format!("{what}: {value}"));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(!Path::new("/tmp/dpfw-was-here").exists());
    bench.check(&[("(list (car '(1 2)) (cdr '(1 2)))", "(1 (2))")]);
    // It runs what is no way out.
    assert!(run_as_it_is(&mut bench, "(lambda () (lambda (_0 _1) 5))").is_ok_and(|value| value == SteelVal::IntV(5)));
}

#[test]
fn the_lexicon_has_no_word_for_a_way_out() {
    let said: Vec<_> = escapes().filter(|(_, body)| lexicon::check(&template(body)).is_ok()).collect();
    assert!(said.is_empty(), "{said:#?}");
}

#[test]
fn the_lexicon_stops_what_would_change_the_engine() {
    let mut bench = full();
    let file = std::env::temp_dir().join(format!("dpfw-escapes-{}.scm", std::process::id()));
    std::fs::write(&file, "(define read-from-a-file 1)").expect("a file");
    // Steel itself stops none of them: its compiler reads the file, and defines what it is told to.
    for text in [format!("(require {file:?})"), template("(set! g0 1)"), "(define g0 1)".to_owned()] {
        assert!(bench.engine.compile(&text).is_err_and(|rejection| rejection.offset.is_some()), "{text}");
        let entered = bench.engine.session.enter();
        let said = bench.engine.loader.run(&text);
        drop(entered);
        assert!(said.is_err_and(|error| error.to_string().contains("no text for Steel")), "{text}");
    }
    std::fs::remove_file(file).expect("the file");
    bench.check(&[("(list (car '(1 2)) (cdr '(1 2)))", "(1 (2))")]);
}

/// Steel's own reader, compiler and names, and nothing of ours before them.
fn run_as_it_is(bench: &mut Bench, text: &str) -> Result<SteelVal, SteelErr> {
    let engine = &mut bench.engine;
    let entered = engine.session.enter();
    let of_values = engine.loader.run_any(text.to_owned());
    let of_ports = of_values.and_then(|procedure| engine.loader.call(&procedure, Vec::new()));
    let value = of_ports.and_then(|procedure| engine.loader.call(&procedure, vec![SteelVal::Void, SteelVal::Void]));
    drop(entered);
    value
}
