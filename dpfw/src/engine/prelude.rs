//! The procedures of `prelude.scm`, expanded when they are first asked for and kept for every engine of the process.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock, OnceLock},
};

use dpfw_syntax::{Core, CoreKind, Datum, DatumKind, Lambda, ReadLimits, compile_procedure, read_all, vocabulary};

use super::globals::Globals;

const TEXT: &str = include_str!("prelude.scm");

/// One procedure of the prelude.
#[derive(Debug)]
pub(super) struct Entry {
    definition: Datum,
    expanded: OnceLock<Core>,
}

impl Entry {
    /// The procedure as core.
    pub(super) fn core(&self) -> &Core {
        self.expanded.get_or_init(|| {
            let (name, core) = compile_procedure(&self.definition).expect("the prelude is correct, as a test shows");
            bounded(&name, core)
        })
    }
}

/// The same procedure, which checks that its optional arguments are no more than the vocabulary says.
fn bounded(name: &str, core: Core) -> Core {
    let max = vocabulary::procedure(name).and_then(|procedure| procedure.arity.max);
    let CoreKind::Lambda(Lambda { params, rest: Some(rest), body }) = core.kind else { return core };
    let span = core.span;
    let body = match max.map(|max| i64::from(max) - i64::try_from(params.len()).unwrap_or(0)) {
        // The parameters of the prelude's own ports have an argument for the prelude.
        Some(room @ 1..) => {
            let at = |kind| Core { kind, span };
            let quote = |kind| at(CoreKind::Quote(Datum::new(kind, span)));
            let check = CoreKind::Call(
                Box::new(at(CoreKind::Global("%check-rest".into()))),
                vec![
                    at(CoreKind::Local(rest)),
                    quote(DatumKind::Number(room.into())),
                    quote(DatumKind::String(name.into())),
                ],
            );
            Box::new(at(CoreKind::Begin(vec![at(check), *body])))
        }
        _ => body,
    };
    Core { kind: CoreKind::Lambda(Lambda { params, rest: Some(rest), body }), span }
}

/// The procedure called `name`.
pub(super) fn entry(name: &str) -> Option<&'static Entry> {
    entries().get(name)
}

/// The names of all procedures.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    entries().keys().map(|name| &**name)
}

fn entries() -> &'static HashMap<Arc<str>, Entry> {
    static ENTRIES: LazyLock<HashMap<Arc<str>, Entry>> = LazyLock::new(|| {
        let definitions = read_all(TEXT, &ReadLimits::default()).expect("the prelude is readable, as a test shows");
        definitions.into_iter().filter_map(|definition| Some((defined(&definition)?, entry_of(definition)))).collect()
    });
    &ENTRIES
}

fn entry_of(definition: Datum) -> Entry {
    Entry { definition, expanded: OnceLock::new() }
}

/// The name in `(define (name . parameters) …)`.
fn defined(definition: &Datum) -> Option<Arc<str>> {
    let head = definition.as_list()?.get(1)?;
    let name = match &head.kind {
        DatumKind::List(items) | DatumKind::Dotted(items, _) => items.first()?.as_name()?,
        _ => return None,
    };
    Some(Arc::clone(&name.text))
}

/// The procedures that `core` needs to have been defined, in the order of their names.
pub(super) fn needs(core: &Core) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(core, &mut names);
    names
}

fn collect(core: &Core, names: &mut BTreeSet<String>) {
    crate::value::with_stack(|| match &core.kind {
        CoreKind::Quote(_) | CoreKind::Local(_) => {}
        CoreKind::Global(name) => {
            names.insert(name.to_string());
        }
        CoreKind::Lambda(lambda) => collect(&lambda.body, names),
        CoreKind::If(test, consequence, alternative) => {
            for part in [test, consequence, alternative] {
                collect(part, names);
            }
        }
        CoreKind::Begin(parts) => parts.iter().for_each(|part| collect(part, names)),
        CoreKind::Call(operator, operands) => {
            match &operator.kind {
                CoreKind::Global(name) if Globals::is_instruction(name, operands) => {}
                CoreKind::Global(name) => {
                    names.insert(Globals::special(name, operands.len()).to_owned());
                }
                _ => collect(operator, names),
            }
            operands.iter().for_each(|operand| collect(operand, names));
        }
    });
}
