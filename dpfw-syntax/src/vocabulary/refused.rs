//! Names that every Schemer knows and tasks do not have, with what to write instead.

/// What to write instead of `name`, if it is a name of Scheme that tasks do without.
pub(crate) fn remedy(name: &str) -> Option<&'static str> {
    let find = |refused: &[(&[&str], &'static str)]| {
        refused.iter().find(|(names, _)| names.contains(&name)).map(|&(_, remedy)| remedy)
    };
    find(REFUSED).or_else(|| find(FORMS)).or_else(|| find(ELSEWHERE))
}

/// Whether `name` is a keyword of other Schemes: what stands in its form is not to be taken for expressions.
pub(crate) fn is_form_elsewhere(name: &str) -> bool {
    FORMS.iter().any(|(names, _)| names.contains(&name))
}

/// Keywords of other Schemes.
const FORMS: &[(&[&str], &str)] = &[
    (&["define-macro", "defmacro", "define-syntax-rule"], "macros are made with define-syntax and syntax-rules"),
    (&["define-struct", "define-structure", "defstruct", "struct"], "records are made with define-record-type"),
    (
        &["define-constant", "defconst", "defvar", "defun"],
        "definitions are (define name value) and (define (name parameter …) body …)",
    ),
    (&["while", "until", "dotimes", "dolist", "for", "for/list"], "loops are do, a named let and for-each"),
    (&["fluid-let"], "write parameterize with parameters that make-parameter made"),
    (&["try", "catch", "with-handlers", "condition-case"], "what is raised is caught with guard"),
    (&["let/cc", "let/ec"], "write (call/cc (lambda (name) …))"),
    (&["named-lambda"], "write (define (name parameter …) body …)"),
    (&["cons-stream"], "write (cons first (delay rest))"),
];

/// Procedures and variables of other Schemes.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["add1", "1+"], "write (+ x 1)"),
    (&["sub1", "-1+", "1-"], "write (- x 1)"),
    (&["nil", "null"], "the empty list is (quote ())"),
    (
        &["printf", "fprintf", "format"],
        "write the parts one by one with display, or join them with string-append and number->string",
    ),
    (&["displayln", "print", "println", "writeln", "pp"], "use display or write, then (newline)"),
    (
        &["random", "random-integer", "random-real"],
        "splice random numbers from Rust, or let the slave's own program offer a procedure that makes them",
    ),
    (
        &["call-with-output-string", "with-output-to-string"],
        "write to a port from (open-output-string), whose text (get-output-string port) gives",
    ),
    (&["call-with-input-string", "with-input-from-string"], "read from a port: (open-input-string text)"),
    (
        &["string-search-forward", "string-search-backward", "string-search-all"],
        "(string-contains text part) gives the place of the first match, or #f",
    ),
    (&["string-split", "string-tokenize"], "cut a string with string-index and substring"),
    (&["hash-table/get", "hash-table-get", "hash-ref"], "write (hash-table-ref/default table key default)"),
    (&["hash-table/put!", "hash-table-put!", "hash-set!"], "write (hash-table-set! table key value)"),
    (
        &["make-hash", "make-equal-hash-table", "make-strong-eqv-hash-table", "make-string-hash-table"],
        "write (make-hash-table)",
    ),
    (&["hash-keys"], "write (hash-table-keys table)"),
    (&["sort!", "vector-sort", "vector-sort!", "list-sort!"], "(sort sequence less?) gives a sorted list or vector"),
    (&["subvector"], "write (vector-copy vector start end)"),
    (&["foldl"], "write (fold procedure seed list)"),
    (&["foldr"], "write (fold-right procedure seed list)"),
    (&["call-with-escape-continuation", "call/ec"], "write (call/cc procedure)"),
    (&["raise-user-error", "assertion-violation"], "write (error \"message\" datum …)"),
    (
        &["current-time", "current-milliseconds", "current-inexact-milliseconds", "runtime", "real-time"],
        "the time is (current-second), and (current-jiffy) for differences",
    ),
];

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
