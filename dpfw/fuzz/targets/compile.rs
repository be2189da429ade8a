//! The front end: no program harms it, and what it accepts is a template that slaves admit.
#![no_main]

use std::collections::HashMap;

use dpfw_fuzz::program;
use dpfw_syntax::{
    AdmitLimits, CompileOptions, Core, CoreKind, Datum, Extern, Lambda, Lowered, Program, ReadLimits, TemplateHash,
    admit, compile_procedure, compile_task, read_all, read_with_splices,
    vocabulary::{Arity, procedure},
};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some(text) = program::source(input) else { return Corpus::Reject };
    let limits = ReadLimits::default();
    if let Ok(data) = read_all(&text, &limits) {
        check_program(&text, &data, 0);
        // A slave's own definitions come from no peer, but the checker is the same.
        for datum in &data {
            let _ = compile_procedure(datum);
        }
    }
    if let Ok((data, splices)) = read_with_splices(&text, &limits)
        && !splices.is_empty()
    {
        check_program(&text, &data, splices.len().try_into().expect("few splices"));
    }
    // A peer may send any text.
    let _ = admit(&text, &AdmitLimits::default(), &|name| Some(procedure(name)?.arity));
    Corpus::Keep
});

fn check_program(text: &str, data: &[Datum], splices: u32) {
    let Ok(Program { externs, task }) = Program::from_data(data) else { return };
    for lift_literals in [false, true] {
        let options = CompileOptions { externs: externs.clone(), lift_literals };
        match compile_task(task, splices, &options) {
            Ok(lowered) => check_template(text, &lowered, splices, &externs),
            Err(errors) => {
                assert!(!errors.is_empty(), "{text} is refused without a reason");
                for error in errors {
                    assert!(is_place(text, error.span.start, error.span.end), "{error:?} is nowhere in {text}");
                }
            }
        }
    }
}

fn check_template(text: &str, lowered: &Lowered, splices: u32, externs: &[Extern]) {
    let declared: HashMap<&str, Arity> =
        externs.iter().map(|Extern { name, min, max, .. }| (&**name, Arity::new(*min, *max))).collect();
    let offered = |name: &str| procedure(name).map(|procedure| procedure.arity).or_else(|| declared.get(name).copied());
    let core = match admit(&lowered.text, &AdmitLimits::default(), &offered) {
        Ok(core) => core,
        Err(error) => panic!("{text} becomes {}: {error}", lowered.text),
    };
    assert_eq!(lowered.hash, TemplateHash::of(&lowered.text));
    assert_eq!(lowered.holes as usize, splices as usize + lowered.lifted.len(), "{text}");
    assert_eq!(holes(&core), lowered.holes as usize, "{text}");
    assert!(lowered.externs.iter().all(|name| declared.contains_key(name.as_str())), "{text}");
    assert!(lowered.map.is_sorted_by_key(|(offset, _)| *offset), "{text}");
    for (offset, span) in &lowered.map {
        assert!(lowered.text.is_char_boundary(*offset as usize), "{text}");
        assert!(is_place(text, span.start, span.end), "{span:?} is nowhere in {text}");
    }
}

/// How many values a template takes.
fn holes(core: &Core) -> usize {
    let CoreKind::Lambda(Lambda { params, .. }) = &core.kind else { panic!("a template is a procedure") };
    params.len()
}

fn is_place(text: &str, start: u32, end: u32) -> bool {
    text.get(start as usize..end as usize).is_some()
}
