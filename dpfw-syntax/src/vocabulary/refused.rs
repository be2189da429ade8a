//! Names that every Schemer knows and tasks do not have, with what to write instead.

/// What to write instead of `name`, if it is a name of Scheme that tasks do without.
pub(crate) fn remedy(name: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(names, _)| names.contains(&name)).map(|&(_, remedy)| remedy)
}

const REFUSED: &[(&[&str], &str)] = &[
    (
        &["set-car!", "set-cdr!", "list-set!", "append!", "reverse!"],
        "pairs are immutable in tasks: build a new list, or keep what changes in a variable, a vector or a hash table",
    ),
    (
        &["string-set!", "string-fill!", "string-copy!"],
        "strings are immutable in tasks: build a new one, or fill a vector of characters and use vector->string",
    ),
    (
        &["eval", "environment", "interaction-environment", "scheme-report-environment", "null-environment", "load"],
        "a task is compiled before it is sent and cannot evaluate other text",
    ),
    (
        &[
            "open-input-file",
            "open-output-file",
            "open-binary-input-file",
            "open-binary-output-file",
            "call-with-input-file",
            "call-with-output-file",
            "with-input-from-file",
            "with-output-to-file",
            "delete-file",
            "file-exists?",
        ],
        "a task has no files: splice what it needs, or send it over the task's ports",
    ),
    (
        &["command-line", "get-environment-variable", "get-environment-variables", "system", "exit", "emergency-exit"],
        "a task has no process of its own: splice what it needs, and return to end it",
    ),
];
