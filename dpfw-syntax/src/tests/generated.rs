//! Generated programs: what compiles is admitted and means what a plain reading says; nothing panics.

use proptest::prelude::*;

use super::{compile, evaluate, offered};
use crate::{
    AdmitLimits, CompileOptions, Datum, DatumKind, Name, Span, Splice, admit, compile_task,
    vocabulary::{forms, procedures},
};

/// Programs that use what their scope has: variables by number, resolved when written.
#[derive(Debug, Clone)]
enum Program {
    Number(i8),
    Variable(u8),
    Sum(Box<Self>, Box<Self>),
    If(Box<Self>, Box<Self>, Box<Self>),
    Let(Box<Self>, Box<Self>),
    /// A definition, an assignment of it, and what follows.
    Body(Box<Self>, Box<Self>, Box<Self>),
    /// A procedure of one parameter that is called.
    Call(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

fn program() -> impl Strategy<Value = Program> {
    let leaf = prop_oneof![any::<i8>().prop_map(Program::Number), any::<u8>().prop_map(Program::Variable)];
    leaf.prop_recursive(6, 40, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            (boxed(), boxed()).prop_map(|(a, b)| Program::Sum(a, b)),
            (boxed(), boxed(), boxed()).prop_map(|(a, b, c)| Program::If(a, b, c)),
            (boxed(), boxed()).prop_map(|(a, b)| Program::Let(a, b)),
            (boxed(), boxed(), boxed()).prop_map(|(a, b, c)| Program::Body(a, b, c)),
            (boxed(), boxed()).prop_map(|(a, b)| Program::Call(a, b)),
            (boxed(), boxed()).prop_map(|(a, b)| Program::Or(a, b)),
        ]
    })
}

impl Program {
    /// The text, where `scope` variables are called `v0` to `v(scope - 1)`.
    fn text(&self, scope: usize) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Variable(_) if scope == 0 => "0".into(),
            Self::Variable(number) => format!("v{}", usize::from(*number) % scope),
            Self::Sum(a, b) => format!("(+ {} {})", a.text(scope), b.text(scope)),
            Self::If(a, b, c) => format!("(if (odd? {}) {} {})", a.text(scope), b.text(scope), c.text(scope)),
            Self::Let(a, b) => format!("(let ((v{scope} {})) {})", a.text(scope), b.text(scope + 1)),
            Self::Body(a, b, c) => format!(
                "(let () (define v{scope} {}) (define (get) (probe)) (define (probe) v{scope}) (set! v{scope} {}) (+ (get) {}))",
                a.text(scope),
                b.text(scope + 1),
                c.text(scope + 1)
            ),
            Self::Call(a, b) => format!("((lambda (v{scope}) {}) {})", b.text(scope + 1), a.text(scope)),
            Self::Or(a, b) => format!("(or (and (odd? {}) 7) {})", a.text(scope), b.text(scope)),
        }
    }

    fn value(&self, scope: &mut Vec<i64>) -> i64 {
        match self {
            Self::Number(number) => i64::from(*number),
            Self::Variable(_) if scope.is_empty() => 0,
            Self::Variable(number) => scope[usize::from(*number) % scope.len()],
            Self::Sum(a, b) => a.value(scope).wrapping_add(b.value(scope)),
            Self::If(a, b, c) => {
                if a.value(scope) % 2 == 0 {
                    c.value(scope)
                } else {
                    b.value(scope)
                }
            }
            Self::Let(a, b) | Self::Call(a, b) => {
                let bound = a.value(scope);
                scope.push(bound);
                let value = b.value(scope);
                scope.pop();
                value
            }
            Self::Body(a, b, c) => {
                let bound = a.value(scope);
                scope.push(bound);
                let assigned = b.value(scope);
                *scope.last_mut().unwrap() = assigned;
                let value = c.value(scope);
                scope.pop();
                assigned.wrapping_add(value)
            }
            Self::Or(a, b) => {
                if a.value(scope) % 2 == 0 {
                    b.value(scope)
                } else {
                    7
                }
            }
        }
    }
}

/// Data made of the words that mean something, mostly malformed as programs.
fn nonsense() -> impl Strategy<Value = Datum> {
    let words: Vec<String> = forms()
        .map(String::from)
        .chain(procedures().iter().step_by(9).map(|procedure| procedure.name.into()))
        .chain(["a", "b", "m", "i", "%x", "_0"].map(String::from))
        .collect();
    let datum = |kind| Datum::new(kind, Span::default());
    let leaf = prop_oneof![
        8 => prop::sample::select(words).prop_map(move |word| datum(DatumKind::Symbol(Name::new(word)))),
        1 => any::<i8>().prop_map(move |number| datum(DatumKind::Number(i64::from(number).into()))),
        1 => (0..3_u32, any::<bool>()).prop_map(move |(hole, spread)| datum(DatumKind::Splice(Splice { hole, spread }))),
    ];
    leaf.prop_recursive(6, 80, 5, move |inner| {
        let items = || prop::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            6 => items().prop_map(move |items| datum(DatumKind::List(items))),
            1 => (prop::collection::vec(inner.clone(), 1..4), prop::sample::select(vec!["a", "...", "x"])).prop_map(
                move |(items, tail)| datum(DatumKind::Dotted(items, Box::new(Datum::symbol(tail, Span::default()))))
            ),
            1 => items().prop_map(move |items| datum(DatumKind::Vector(items))),
        ]
    })
}

proptest! {
    #[test]
    fn what_compiles_is_admitted_and_means_what_it_says(program in program(), lift_literals: bool) {
        let text = format!("(lambda (i o) {})", program.text(0));
        let lowered = compile(&text, &CompileOptions { lift_literals, ..CompileOptions::default() }).unwrap();
        let core = admit(&lowered.text, &AdmitLimits::default(), &offered).unwrap();
        prop_assert_eq!(evaluate::task(&core), Ok(program.value(&mut Vec::new()).to_string()), "{}", text);
    }

    #[test]
    fn nonsense_is_refused_or_admitted(body in prop::collection::vec(nonsense(), 1..4), lift_literals: bool) {
        let symbol = |text| Datum::symbol(text, Span::default());
        let ports = Datum::new(DatumKind::List(vec![symbol("i"), symbol("o")]), Span::default());
        let mut items = vec![symbol("lambda"), ports];
        items.extend(body);
        let task = Datum::new(DatumKind::List(items), Span::default());
        let options = CompileOptions { lift_literals, ..CompileOptions::default() };
        if let Ok(lowered) = compile_task(&task, 3, &options) {
            let admitted = admit(&lowered.text, &AdmitLimits::default(), &offered);
            prop_assert!(admitted.is_ok(), "{}: {:?}", lowered.text, admitted);
        }
    }
}
