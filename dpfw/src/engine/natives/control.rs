//! Procedures, multiple values and the state that the prelude's control procedures keep.

use std::{cell::RefCell, fmt::Display};

use dpfw_syntax::vocabulary;
use steel::{SteelErr, SteelVal, rerrs::ErrorKind, rvals::Custom};

use super::{
    arguments::{VALUE_BYTES, check_length, describe, index, is_procedure, make_list, string, symbol, truth, wrong},
    custom::{is, look, wrap},
    lists::prepend,
    table::{MakeVector, Native},
};
use crate::engine::{
    convert::{Import, export, import},
    fault::{Fault, Outcome},
    held::Held,
    session::Session,
    user_fn::NativeError,
};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "procedure?" (1) => |args| truth(is_procedure(&args[0])),
    "void" (0, _) => |_| Ok(SteelVal::Void),
    "void?" (1) => |args| truth(matches!(args[0], SteelVal::Void)),
    "not" (1) => |args| truth(matches!(args[0], SteelVal::BoolV(false))),
    "boolean?" (1) => |args| truth(matches!(args[0], SteelVal::BoolV(_))),
    "boolean=?" (2, _) => boolean_equal,
    "values" (0, _) => |args| {
        check_values(args.len())?;
        Ok(several(args.iter().cloned()))
    },
    "%values-list" (1) => |args| Ok(values_list(&args[0]).unwrap_or(SteelVal::BoolV(false))),
    "%list-values" (1) => |args| match &args[0] {
        SteelVal::ListV(values) => {
            check_values(values.len())?;
            Ok(several(values.iter().cloned()))
        }
        _ => Err(wrong(args, 0, "a list")),
    },
    "%check-rest" (3) => |args| match (&args[0], &args[1]) {
        (SteelVal::ListV(rest), SteelVal::IntV(room)) if rest.len() > room.unsigned_abs() => {
            Err(Fault::misuse(format!("{} takes at most {room} optional arguments, not {}", string(args, 2)?, rest.len())))
        }
        _ => Ok(SteelVal::Void),
    },
    "%check-handler" (2) => |args| {
        if !is_procedure(&args[0]) {
            return Err(Fault::WrongType { argument: 1, expected: "a procedure", found: describe(&args[0]) });
        }
        match args[1] {
            SteelVal::IntV(depth) if depth < HANDLERS_MAX => Ok(SteelVal::Void),
            _ => Err(Fault::limit("exception handlers within each other", HANDLERS_MAX.unsigned_abs())),
        }
    },
    "%check-winders" (1) => |args| match &args[0] {
        SteelVal::ListV(winders) if winders.len() < WINDERS_MAX => Ok(SteelVal::Void),
        _ => Err(Fault::limit("dynamic-wind and parameterize within each other", WINDERS_MAX)),
    },
    "%handler-returned" (0) => |_| Err(Fault::misuse("the handler returned from what is not continuable")),
    "%unassigned" (0) => |_| Ok(wrap(Unassigned)),
    "%unassigned?" (1) => |args| truth(is::<Unassigned>(&args[0])),
    "%request" (0) => |_| Ok(wrap(Request(RefCell::new(None)))),
    "%request?" (1) => |args| truth(is::<Request>(&args[0])),
    "%answer" (3) => |args| {
        let answer = [&args[1], &args[2]].map(|part| Held::new(part.clone()));
        look(args, 0, "a request", |request: &Request| drop(request.0.replace(Some(answer))))?;
        Ok(SteelVal::Void)
    },
    "%answered" (1) => |args| {
        let answer = look(args, 0, "a request", |request: &Request| request.0.take())?;
        let [cell, convert] = answer.ok_or_else(|| Fault::misuse("parameterize takes parameters"))?;
        Ok(prepend(vec![cell.value().clone()], convert.value().clone()))
    },
    "%fail-unassigned" (1) => |args| {
        Err(Fault::misuse(format!("{} is used before its definition is evaluated", symbol(args, 0)?)))
    },
    "%case-lambda-error" (1) => |args| {
        let count = match &args[0] {
            SteelVal::ListV(list) => list.len(),
            _ => 0,
        };
        Err(Fault::misuse(format!("no clause of this case-lambda takes {count} arguments")))
    },
    "%raise-assertion" (1) => |args| Err(Fault::misuse(match &args[0] {
        SteelVal::StringV(claim) => format!("assertion failed: {}", claim.as_str()),
        claim => format!("assertion failed: {}", describe(claim)),
    })),
    "features" (0) => |_| Ok(make_list(vocabulary::features().iter().map(|&name| SteelVal::SymbolV(name.into())))),
];

pub(in crate::engine) const HEAP_NATIVES: &[Native] = heap_natives![
    "%in-heap" (0) => |make: &mut MakeVector<'_>, _: &[SteelVal]| {
        let work = Session::current()?.heap_work.borrow_mut().take();
        Ok(work.map_or(SteelVal::Void, |work| work(make)))
    },
    "%call-user" (1, _) => call_user,
];

/// `(%call-user number argument …)`: a function that the Rust program registered.
fn call_user(make: &mut MakeVector<'_>, args: &[SteelVal]) -> Outcome {
    let number = index(args, 0)?;
    let session = Session::current()?;
    let values = args[1..].iter().map(export).collect::<Result<Vec<_>, _>>()?;
    let is_cancelled = || session.interrupter.is_interrupted();
    let Some((name, result)) = session.natives.call(number, values, &is_cancelled) else {
        return Err(Fault::misuse("no such function is registered"));
    };
    let failed =
        |message: &dyn Display| Err(Fault::Native(SteelErr::new(ErrorKind::Generic, format!("{name}: {message}"))));
    match result {
        Ok(value) => match import(&value, Some(make)).map_err(Import::into_fault) {
            Err(Fault::Misuse(message)) => failed(&message),
            imported => imported,
        },
        Err(NativeError::Message(message)) => failed(&message),
        Err(NativeError::Cancelled) => Err(Fault::Interrupted),
    }
}

/// Exception handlers nest no deeper: Steel unwinds them in quadratic time, which no interrupt cuts short.
const HANDLERS_MAX: isize = 1_000;

/// `dynamic-wind` nests no deeper: an interrupt unwinds all of them.
const WINDERS_MAX: usize = 10_000;

/// Marks a list as several values.
#[derive(Debug)]
struct Values;

impl Custom for Values {}

/// The content of a variable that is not yet defined.
#[derive(Debug)]
struct Unassigned;

impl Custom for Unassigned {}

/// What a parameter is asked for its cell and its converter with.
#[derive(Debug)]
struct Request(RefCell<Option<[Held; 2]>>);

impl Custom for Request {}

/// Refuses more values than there is room for.
fn check_values(count: usize) -> Result<(), Fault> {
    check_length(count, VALUE_BYTES)?;
    Session::work(count)
}

/// Several values as one; one value is itself.
pub(super) fn several(values: impl IntoIterator<Item = SteelVal>) -> SteelVal {
    let mut items: Vec<_> = values.into_iter().collect();
    if items.len() == 1 {
        return items.remove(0);
    }
    items.insert(0, wrap(Values));
    make_list(items)
}

/// The list of values that `value` stands for, if it stands for other than one.
pub(in crate::engine) fn values_list(value: &SteelVal) -> Option<SteelVal> {
    let SteelVal::ListV(list) = value else { return None };
    if !list.first().is_some_and(is::<Values>) {
        return None;
    }
    Some(SteelVal::ListV(list.rest().unwrap_or_default()))
}

fn boolean_equal(args: &[SteelVal]) -> Outcome {
    for (index, value) in args.iter().enumerate() {
        if !matches!(value, SteelVal::BoolV(_)) {
            return Err(wrong(args, index, "a boolean"));
        }
    }
    truth(args.windows(2).all(|pair| pair[0] == pair[1]))
}
