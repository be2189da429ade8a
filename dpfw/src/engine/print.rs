//! Core as text for Steel.
//!
//! Steel reads text, and its reader, its special forms and its global names are not ours: a symbol may look like
//! code, a quoted list like a form. So this prints only what cannot be taken for anything else: locals and globals under
//! names made here, small constants, and everything else as a parameter of a procedure around the whole, which is
//! called once with the constants themselves.

use std::fmt::Write;

use dpfw_syntax::{Core, CoreKind, Datum, DatumKind, Lambda, NumberView};

use super::globals::{Globals, Target};

/// Core printed for Steel.
#[derive(Debug, Default)]
pub(super) struct Printed {
    /// What Steel reads. If there are constants, it is a procedure that takes them; many of them as one list.
    pub(super) text: String,
    /// The constants that are not in the text.
    pub(super) constants: Vec<Datum>,
    /// For each place in `text`, ascending, the place in the source of the core.
    map: Vec<(u32, u32)>,
}

impl Printed {
    /// Where in the source of the core the text at `offset` came from.
    pub(super) fn source_offset(&self, offset: u32) -> Option<u32> {
        let after = self.map.partition_point(|(place, _)| *place <= offset);
        self.map.get(after.checked_sub(1)?).map(|(_, source)| *source)
    }
}

/// Prints `core`.
pub(super) fn print(core: &Core, globals: &Globals) -> Printed {
    let mut printer = Printer { globals, printed: Printed::default(), are_listed: false, may_be_bound: false };
    printer.core(core);
    if are_listed(printer.printed.constants.len()) {
        printer = Printer { printed: Printed::default(), are_listed: true, ..printer };
        printer.core(core);
    }
    let Printed { text, constants, map } = printer.printed;
    if constants.is_empty() {
        return Printed { text, constants, map };
    }
    let mut head = String::from("(lambda (");
    if printer.are_listed {
        head.push('k');
    } else {
        for index in 0..constants.len() {
            let _ = write!(head, "k{index} ");
        }
    }
    head.push_str(") ");
    let shift = offset(&head);
    let map = map.into_iter().map(|(place, source)| (place + shift, source)).collect();
    Printed { text: format!("{head}{text})"), constants, map }
}

struct Printer<'g> {
    globals: &'g Globals,
    printed: Printed,
    /// Whether the constants are items of one list.
    are_listed: bool,
    /// Whether what is printed may be the value that a procedure called where it stands binds. Steel replaces the call by
    /// its body where that comes to be a constant, and forgets to replace a variable that holds a quoted one:
    /// `((lambda (a b) b) (f) 'c)` would become `(begin (f) b)`. So what is quoted in such places is hidden from it.
    may_be_bound: bool,
}

/// Whether so many constants are handed over as one list. Steel's compiler compares all variables around each procedure
/// with each other, and each constant would be one.
pub(super) fn are_listed(count: usize) -> bool {
    count > 32
}

/// Where `text` ends. Core text is far shorter than this can count: its length is limited on admission.
fn offset(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

impl Printer<'_> {
    fn core(&mut self, core: &Core) {
        crate::value::with_stack(|| self.core_here(core, core.span.start));
    }

    fn core_here(&mut self, core: &Core, source: u32) {
        self.printed.map.push((offset(&self.printed.text), source));
        match &core.kind {
            CoreKind::Quote(datum) => self.constant(datum),
            CoreKind::Local(local) => self.write(format_args!("v{}", local.0)),
            CoreKind::Global(name) => {
                let name = self.globals.value_name(name);
                self.write(format_args!("{name}"));
            }
            CoreKind::Lambda(lambda) => {
                // A procedure is no constant, whatever it returns.
                let outside = std::mem::replace(&mut self.may_be_bound, false);
                self.lambda(lambda);
                self.may_be_bound = outside;
            }
            CoreKind::If(test, consequence, alternative) => {
                self.form("if", &[test, consequence, alternative]);
            }
            CoreKind::Begin(expressions) => self.form("begin", &expressions.iter().collect::<Vec<_>>()),
            CoreKind::Call(operator, operands) => self.call(source, operator, operands),
        }
    }

    fn lambda(&mut self, lambda: &Lambda) {
        self.push("(lambda ");
        match (&*lambda.params, lambda.rest) {
            ([], Some(rest)) => self.write(format_args!("v{}", rest.0)),
            (params, rest) => {
                self.push("(");
                for param in params {
                    self.write(format_args!("v{} ", param.0));
                }
                if let Some(rest) = rest {
                    self.write(format_args!(". v{}", rest.0));
                }
                self.push(")");
            }
        }
        self.push(" ");
        self.core(&lambda.body);
        self.push(")");
    }

    /// A call that is blamed on the place `source`.
    fn call(&mut self, source: u32, operator: &Core, operands: &[Core]) {
        self.push("(");
        match &operator.kind {
            CoreKind::Global(name) => {
                let Target(name) = self.globals.call_target(name, operands);
                self.printed.map.push((offset(&self.printed.text), source));
                self.push(&name);
            }
            _ if gives_rest_lambda(operator) => {
                self.push("(");
                self.push(ITSELF);
                self.push(" ");
                self.core(operator);
                self.push(")");
            }
            // The value of its body is that of the call, so what holds of the call holds of the body.
            CoreKind::Lambda(lambda) => {
                self.printed.map.push((offset(&self.printed.text), source));
                self.lambda(lambda);
            }
            // Steel blames a call on its operator; we blame it on the whole call.
            _ if is_plain_operator(operator) => self.core_here(operator, source),
            _ => self.core(operator),
        }
        let outside = self.may_be_bound;
        self.may_be_bound |= !matches!(operator.kind, CoreKind::Global(_) | CoreKind::Local(_));
        for operand in operands {
            self.push(" ");
            self.core(operand);
        }
        self.may_be_bound = outside;
        // A call in the last place of another must not be blamed on its last operand.
        self.printed.map.push((offset(&self.printed.text), source));
        self.push(")");
    }

    fn form(&mut self, keyword: &str, parts: &[&Core]) {
        self.push("(");
        self.push(keyword);
        for part in parts {
            self.push(" ");
            self.core(part);
        }
        self.push(")");
    }

    fn constant(&mut self, datum: &Datum) {
        if let Some(text) = inline(datum) {
            let is_hidden = self.may_be_bound && text.starts_with("(quote ");
            if is_hidden {
                self.write(format_args!("({ITSELF} {text})"));
            } else {
                self.push(&text);
            }
            return;
        }
        let index = self.printed.constants.len();
        self.printed.constants.push(datum.clone());
        if self.are_listed {
            self.write(format_args!("({CONSTANT} k {index})"));
        } else {
            self.write(format_args!("k{index}"));
        }
    }

    fn push(&mut self, text: &str) {
        self.printed.text.push_str(text);
    }

    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        let _ = self.printed.text.write_fmt(arguments);
    }
}

/// Whether `operator` does nothing that could be blamed on itself: a variable, in a box or not.
fn is_plain_operator(operator: &Core) -> bool {
    match &operator.kind {
        CoreKind::Call(reader, _) => matches!(&reader.kind, CoreKind::Global(name) if name.starts_with('%')),
        _ => true,
    }
}

/// Whether the value of `core` is plainly a procedure of any number of arguments. Where one is called on the spot Steel
/// puts its body in place of the call, and loses variables around it.
fn gives_rest_lambda(core: &Core) -> bool {
    match &core.kind {
        CoreKind::Lambda(lambda) => lambda.rest.is_some(),
        CoreKind::Begin(parts) => parts.last().is_some_and(gives_rest_lambda),
        CoreKind::If(_, consequence, alternative) => gives_rest_lambda(consequence) || gives_rest_lambda(alternative),
        CoreKind::Call(operator, _) => match &operator.kind {
            CoreKind::Lambda(lambda) => gives_rest_lambda(&lambda.body),
            _ => false,
        },
        _ => false,
    }
}

/// The global that returns its argument, which Steel does not know.
pub(super) const ITSELF: &str = "itself";

/// The global that takes a constant out of their list, by its index.
pub(super) const CONSTANT: &str = "constant";

/// The global that holds the unspecified value, which has no other way to be written.
pub(super) const VOID: &str = "void-value";

/// How a constant is written in the text, if it is one that Steel reads as what it is.
fn inline(datum: &Datum) -> Option<String> {
    match &datum.kind {
        DatumKind::Bool(true) => Some("#t".to_owned()),
        DatumKind::Bool(false) => Some("#f".to_owned()),
        DatumKind::Number(number) => match number.view() {
            NumberView::Fixed(n) => Some(n.to_string()),
            // Steel drops the sign of -0.0 and has its own words for what is not finite.
            NumberView::Float(x) if x.is_normal() && (1e-4..1e15).contains(&x.abs()) => Some(format!("{x:?}")),
            _ => None,
        },
        DatumKind::List(items) if items.is_empty() => Some("(quote ())".to_owned()),
        DatumKind::Void => Some(VOID.to_owned()),
        DatumKind::String(text) if is_plain_text(text) => Some(format!("\"{text}\"")),
        DatumKind::Symbol(name) if is_plain(&name.text) => Some(format!("(quote {})", name.text)),
        _ => None,
    }
}

/// Whether `text` between quotation marks is read as it is.
pub(super) fn is_plain_text(text: &str) -> bool {
    text.len() <= 256 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\')
}

/// Whether Steel reads `text` as the symbol that it is and as no keyword of its own.
pub(super) fn is_plain(text: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "begin",
        "define",
        "define-syntax",
        "defmacro",
        "fn",
        "if",
        "lambda",
        "let",
        "quasiquote",
        "quote",
        "require",
        "set",
        "struct",
        "syntax-rules",
        "unquote",
        "unquote-splicing",
    ];
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !KEYWORDS.contains(&text)
}
