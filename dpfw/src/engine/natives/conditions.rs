//! Error objects, raising, and what handlers of the prelude need.

use steel::{SteelErr, SteelVal};

use super::{
    arguments::{make_list, truth},
    custom::{is, look, with, wrap},
    table::Native,
};
use crate::engine::{
    fault::{Condition, ConditionKind, Fault, caught, remember},
    held::Held,
};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "error" (1, _) => |args| Err(Fault::Raised(wrap(Condition {
        kind: ConditionKind::Error,
        message: Held::new(args[0].clone()),
        irritants: Held::new(make_list(args[1..].iter().cloned())),
    }))),
    "raise" (1) => |args| Err(Fault::Raised(args[0].clone())),
    "%caught" (1) => |args| {
        let signalled = with(&args[0], |error: &SteelErr| caught(error)).flatten();
        // What is not an error of Steel's, or an interrupt, goes on.
        let (value, origin) = signalled.ok_or(Fault::Interrupted)?;
        remember(origin);
        Ok(value)
    },
    "%rethrow" (1) => |args| Err(Fault::Rethrown(args[0].clone())),
    "error-object?" (1) => |args| truth(is::<Condition>(&args[0])),
    "error-object-message" (1) => |args| look(args, 0, "an error object", |c: &Condition| c.message.value().clone()),
    "error-object-irritants" (1) => |args| look(args, 0, "an error object", |c: &Condition| c.irritants.value().clone()),
    "read-error?" (1) => |args| truth(is_kind(&args[0], ConditionKind::Read)),
    "file-error?" (1) => |args| truth(is_kind(&args[0], ConditionKind::Port)),
];

fn is_kind(value: &SteelVal, kind: ConditionKind) -> bool {
    Condition::with(value, |condition| condition.kind == kind).unwrap_or(false)
}
