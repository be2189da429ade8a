//! The fuzzers' inputs that are kept, and random ones, without a fuzzer.

use std::{fs, path::Path};

/// Gives every file of a target's seeds to `check`.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        eprintln!("{}", path.display());
        check(&input);
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}

#[test]
fn the_seeds_of_the_wire_are_said_again() {
    replay("wire", super::wire);
}

#[test]
fn the_seeds_of_links_are_heard_alike_in_pieces() {
    replay("link", super::link);
}

#[test]
fn the_seeds_of_values_are_read_back() {
    replay("value", super::value);
}

#[cfg(feature = "slave")]
mod slave {
    use std::cell::Cell;

    use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

    use super::replay;
    use crate::fuzzing::{SlaveCompiler, Verdict, program};

    #[test]
    fn the_seeds_of_programs_compile_where_they_are_accepted() {
        let slave = SlaveCompiler::start();
        replay("program", |input| {
            let verdict = program::source(input).map(|text| slave.compile(text));
            assert!(!matches!(verdict, Some(Verdict::Refused { .. })), "{verdict:?}");
        });
    }

    #[test]
    fn what_the_checker_accepts_compiles() {
        let slave = SlaveCompiler::start();
        let mut runner = TestRunner::new(ProptestConfig::with_cases(PROGRAMS));
        let compiled = Cell::new(0);
        // In eights, which are made ten times as fast as single bytes.
        let outcome = runner.run(&vec(any::<u64>(), 0..40), |decisions| {
            let program =
                program::generate(&decisions.iter().flat_map(|eight| eight.to_le_bytes()).collect::<Vec<_>>());
            match slave.compile(program.clone()) {
                Verdict::NotSent => {}
                Verdict::Compiled => compiled.set(compiled.get() + 1),
                refused => prop_assert!(false, "{program}: {refused:?}"),
            }
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
        assert!(compiled.get() > PROGRAMS / 3, "the checker accepts only {} of {PROGRAMS} programs", compiled.get());
    }

    const PROGRAMS: u32 = 1_000;
}
