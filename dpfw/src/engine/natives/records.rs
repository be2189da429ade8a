//! Records: vectors of Steel's heap, so that its collector follows their fields. The first item is the tag of their type,
//! which no program ever holds: a vector that a program makes is no record, whatever it puts there.

use std::sync::Arc;

use steel::{SteelVal, rvals::Custom};

use super::{
    arguments::{describe, index, list, symbol, truth},
    custom::{is, look, with, wrap},
    table::{MakeVector, Native},
};
use crate::engine::fault::Fault;

/// A type of records. Two definitions make two types, whatever they are called.
#[derive(Debug)]
pub(in crate::engine) struct RecordType {
    /// What its records begin with.
    tag: SteelVal,
}

impl Custom for RecordType {}

impl RecordType {
    /// A new type called `name`.
    pub(in crate::engine) fn new(name: &str) -> Self {
        Self { tag: wrap(Tag { name: name.into() }) }
    }
}

/// Marks the records of one type. It is never given to programs.
#[derive(Debug)]
struct Tag {
    /// That of the type.
    name: Arc<str>,
}

impl Custom for Tag {}

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "%record-type" (2) => |args| {
        drop(list(args, 1)?);
        Ok(wrap(RecordType::new(symbol(args, 0)?.trim_matches(['<', '>']))))
    },
    "%record?" (2) => |args| truth(is_instance(&args[0], &args[1])),
    "%record-ref" (4) => |args| {
        let SteelVal::MutableVector(record) = instance(args, 3)? else { return Err(not_an_instance(args, 3)) };
        let index = index(args, 2)? + 1;
        record.borrow(|fields| fields.get(index).cloned()).ok_or_else(|| not_an_instance(args, 3))
    },
    "%record-set!" (5) => |args| {
        let record = instance(args, 4)?;
        let index = index(args, 2)? + 1;
        let changed = super::vectors::change_items(record, |fields| {
            *fields.get_mut(index).ok_or_else(|| not_an_instance(args, 4))? = args[3].clone();
            Ok(())
        });
        changed.unwrap_or_else(|| Err(not_an_instance(args, 4)))
    },
];

pub(in crate::engine) const HEAP_NATIVES: &[Native] = heap_natives![
    "%record" (1, _) => |make: &mut MakeVector<'_>, args: &[SteelVal]| {
        let mut items = args.to_vec();
        items[0] = look(args, 0, "a record type", |record_type: &RecordType| record_type.tag.clone())?;
        Ok(make(items))
    },
];

/// Whether `value` is a record of any type.
pub(in crate::engine) fn is_record(value: &SteelVal) -> bool {
    match value {
        SteelVal::MutableVector(vector) => vector.borrow(|items| items.first().is_some_and(is::<Tag>)),
        _ => false,
    }
}

fn is_instance(value: &SteelVal, record_type: &SteelVal) -> bool {
    let SteelVal::MutableVector(vector) = value else { return false };
    let is_same = |record_type: &RecordType| {
        vector.borrow(|items| match (items.first(), &record_type.tag) {
            (Some(SteelVal::Custom(left)), SteelVal::Custom(right)) => steel::gc::Gc::ptr_eq(left, right),
            _ => false,
        })
    };
    with(record_type, is_same).unwrap_or(false)
}

/// The record that is argument 0, which must be an instance of argument 1; argument `named` names the procedure.
fn instance(args: &[SteelVal], named: usize) -> Result<&SteelVal, Fault> {
    if is_instance(&args[0], &args[1]) { Ok(&args[0]) } else { Err(not_an_instance(args, named)) }
}

#[cold]
fn not_an_instance(args: &[SteelVal], named: usize) -> Fault {
    let wanted = with(&args[1], |record_type: &RecordType| with(&record_type.tag, |tag: &Tag| Arc::clone(&tag.name)));
    let (procedure, wanted) = (symbol(args, named).unwrap_or("the accessor"), wanted.flatten().unwrap_or_default());
    Fault::misuse(format!("{procedure} needs a record of type {wanted}, not {}", describe(&args[0])))
}

/// How a record is shown to people.
pub(in crate::engine) fn label(value: &SteelVal) -> Option<String> {
    let SteelVal::MutableVector(vector) = value else { return None };
    let name = vector.borrow(|items| with(items.first()?, |tag: &Tag| Arc::clone(&tag.name)))?;
    Some(name.to_string())
}
