//! The vocabulary and the engine know the same procedures.

use dpfw_syntax::{ReadLimits, compile_procedure, read_all, vocabulary};

use super::Bench;
use crate::engine::{loader, natives, prelude};

#[test]
fn every_procedure_of_the_prelude_compiles() {
    let mut mistakes = Vec::new();
    for definition in read_all(include_str!("../prelude.scm"), &ReadLimits::default()).expect("a readable prelude") {
        if let Err(errors) = compile_procedure(&definition) {
            mistakes.push(format!("{definition}: {errors:?}"));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// Names of the table that are no procedures of their own: the printer writes instructions for them.
fn loadable(name: &str) -> bool {
    natives::native(name).is_some() || prelude::entry(name).is_some() || loader::is_special(name)
}

#[test]
fn the_engine_offers_what_the_vocabulary_lists() {
    let missing: Vec<_> =
        vocabulary::procedures().iter().map(|procedure| procedure.name).filter(|name| !loadable(name)).collect();
    assert!(missing.is_empty(), "listed and not offered: {missing:?}");
}

#[test]
fn the_vocabulary_lists_what_the_engine_offers() {
    let offered = natives::natives().map(|native| native.name).chain(prelude::names());
    let unlisted: Vec<_> =
        offered.filter(|name| !vocabulary::is_internal(name) && vocabulary::procedure(name).is_none()).collect();
    assert!(unlisted.is_empty(), "offered and not listed: {unlisted:?}");
}

#[test]
fn nothing_is_offered_twice() {
    let mut seen = std::collections::HashSet::new();
    for name in natives::natives().map(|native| native.name).chain(prelude::names()) {
        assert!(seen.insert(name), "{name} is offered twice");
    }
}

#[test]
fn natives_take_as_many_arguments_as_the_vocabulary_says() {
    for native in natives::natives() {
        if let Some(listed) = vocabulary::procedure(native.name) {
            assert_eq!(native.arity, listed.arity, "{}", native.name);
        }
    }
}

#[test]
fn procedures_of_the_prelude_take_as_many_arguments_as_the_vocabulary_says() {
    for name in prelude::names() {
        let (Some(listed), Some(entry)) = (vocabulary::procedure(name), prelude::entry(name)) else { continue };
        let dpfw_syntax::CoreKind::Lambda(lambda) = &entry.core().kind else { panic!("{name} is no procedure") };
        let count = lambda.params.len();
        assert!(usize::from(listed.arity.min) == count, "{name} takes {count} arguments at least");
        // Called with an argument by the prelude alone, to be parameters.
        if !["current-input-port", "current-output-port", "current-error-port"].contains(&name) {
            assert_eq!(lambda.rest.is_some(), listed.arity.max != Some(listed.arity.min), "{name}");
        }
    }
}

#[test]
fn every_procedure_is_a_value_too() {
    let mut bench = Bench::new();
    for procedure in vocabulary::procedures().iter().filter(|procedure| !vocabulary::is_internal(procedure.name)) {
        assert_eq!(bench.show(&format!("(procedure? {})", procedure.name)), "#t", "{}", procedure.name);
    }
}

#[test]
fn a_wrong_number_of_arguments_is_raised_where_the_checker_cannot_see_it() {
    let mut bench = Bench::new();
    for procedure in vocabulary::procedures().iter().filter(|procedure| !vocabulary::is_internal(procedure.name)) {
        let name = procedure.name;
        if procedure.arity.min > 0 {
            let few = " 1".repeat(usize::from(procedure.arity.min) - 1);
            bench.raised(&format!("((lambda (f) (f{few})) (if (pair? '(1)) {name} 1))"));
        }
        if let Some(max) = procedure.arity.max {
            let many = " 1".repeat(usize::from(max) + 1);
            bench.raised(&format!("((lambda (f) (f{many})) (if (pair? '(1)) {name} 1))"));
        }
    }
}
