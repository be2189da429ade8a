//! The front end from text to text: what programs become, what they mean, and what is said about mistakes.

mod admission;
mod arguments;
mod bodies;
mod evaluate;
mod follow_ups;
mod forms;
mod generated;
mod hygiene;
mod limits;
mod mistakes;
mod splices;
mod templates;

use crate::{
    AdmitLimits, Arity, CompileOptions, Core, Lowered, ReadLimits, SyntaxError, admit, compile_task, read_with_splices,
    vocabulary::procedure,
};

/// Compiles the text of a task with `,x` for values of Rust.
fn compile(text: &str, options: &CompileOptions) -> Result<Lowered, Vec<SyntaxError>> {
    let (data, splices) = read_with_splices(text, &ReadLimits::default()).expect("the text of a test can be read");
    let [task] = data.as_slice() else {
        panic!("the text of a test is one task");
    };
    compile_task(task, u32::try_from(splices.len()).unwrap(), options)
}

/// Compiles a task with this body.
fn lowered(body: &str) -> Lowered {
    let text = format!("(lambda (i o) {body})");
    compile(&text, &CompileOptions::default()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn admitted(text: &str) -> Core {
    admit(text, &AdmitLimits::default(), &offered).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn offered(name: &str) -> Option<Arity> {
    Some(procedure(name)?.arity)
}

/// The body of a task, and the core text that it becomes.
#[track_caller]
fn check(body: &str, core: &str) {
    let text = lowered(body).text;
    admitted(&text);
    let (head, inner) = text.split_once(") (lambda (").expect("a template is two procedures");
    assert!(head.starts_with("(lambda ("), "{text}");
    let (_, inner) = inner.split_once(") ").expect("the remote procedure has a body");
    assert_eq!(inner.strip_suffix("))"), Some(core), "{body}");
}

/// Bodies of tasks, and how their values are written.
#[track_caller]
fn check_values(cases: &[(&str, &str)]) {
    for (body, value) in cases {
        let core = admitted(&lowered(body).text);
        assert_eq!(evaluate::task(&core).as_deref(), Ok(*value), "{body}");
    }
}

/// Bodies of tasks, and what is said about their mistakes: the place, the message and the remedy, a line for each.
#[track_caller]
fn check_mistakes(cases: &[(&str, &[&str])]) {
    for (body, mistakes) in cases {
        check_task_mistakes(&format!("(lambda (i o) {body})"), mistakes);
    }
}

#[track_caller]
fn check_task_mistakes(text: &str, mistakes: &[&str]) {
    let Err(errors) = compile(text, &CompileOptions::default()) else {
        panic!("{text} has no mistake");
    };
    let found: Vec<_> = errors
        .iter()
        .map(|SyntaxError { span, message, help }| {
            let place = &text[span.start as usize..span.end as usize];
            let help = help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            format!("{place}: {message}{help}")
        })
        .collect();
    assert_eq!(found, mistakes, "{text}");
}
