//! The keywords of the language.

/// What a keyword means where nothing shadows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    And,
    Arrow,
    Assert,
    Begin,
    Case,
    CaseLambda,
    Cond,
    CondExpand,
    Define,
    DefineRecordType,
    DefineSyntax,
    DefineValues,
    Delay,
    DelayForce,
    Do,
    Ellipsis,
    Else,
    Guard,
    If,
    Lambda,
    Let,
    LetStar,
    LetStarValues,
    LetSyntax,
    LetValues,
    Letrec,
    LetrecStar,
    LetrecSyntax,
    Or,
    Parameterize,
    Quasiquote,
    Quote,
    Receive,
    /// A form of R7RS that has no place in a task.
    Refused,
    Set,
    SyntaxError,
    SyntaxRules,
    Underscore,
    Unless,
    Unquote,
    UnquoteSplicing,
    When,
}

/// The names of all keywords, in alphabetical order.
pub(crate) fn forms() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|&(name, _)| name)
}

/// The form that `name` means where nothing shadows it.
pub(crate) fn form(name: &str) -> Option<Form> {
    let index = FORMS.binary_search_by_key(&name, |&(name, _)| name).ok()?;
    Some(FORMS[index].1)
}

/// Sorted by name.
const FORMS: &[(&str, Form)] = &[
    ("...", Form::Ellipsis),
    ("=>", Form::Arrow),
    ("_", Form::Underscore),
    ("and", Form::And),
    ("assert", Form::Assert),
    ("begin", Form::Begin),
    ("case", Form::Case),
    ("case-lambda", Form::CaseLambda),
    ("cond", Form::Cond),
    ("cond-expand", Form::CondExpand),
    ("define", Form::Define),
    ("define-library", Form::Refused),
    ("define-record-type", Form::DefineRecordType),
    ("define-syntax", Form::DefineSyntax),
    ("define-values", Form::DefineValues),
    ("delay", Form::Delay),
    ("delay-force", Form::DelayForce),
    ("do", Form::Do),
    ("else", Form::Else),
    ("guard", Form::Guard),
    ("if", Form::If),
    ("import", Form::Refused),
    ("include", Form::Refused),
    ("include-ci", Form::Refused),
    ("lambda", Form::Lambda),
    ("let", Form::Let),
    ("let*", Form::LetStar),
    ("let*-values", Form::LetStarValues),
    ("let-syntax", Form::LetSyntax),
    ("let-values", Form::LetValues),
    ("letrec", Form::Letrec),
    ("letrec*", Form::LetrecStar),
    ("letrec-syntax", Form::LetrecSyntax),
    ("or", Form::Or),
    ("parameterize", Form::Parameterize),
    ("quasiquote", Form::Quasiquote),
    ("quote", Form::Quote),
    ("receive", Form::Receive),
    ("set!", Form::Set),
    ("syntax-error", Form::SyntaxError),
    ("syntax-rules", Form::SyntaxRules),
    ("unless", Form::Unless),
    ("unquote", Form::Unquote),
    ("unquote-splicing", Form::UnquoteSplicing),
    ("when", Form::When),
    ("λ", Form::Lambda),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_are_sorted_by_name() {
        assert!(FORMS.is_sorted_by_key(|&(name, _)| name));
    }
}
