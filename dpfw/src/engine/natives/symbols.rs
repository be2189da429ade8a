//! Symbols, and keywords, which only values from outside contain.

use std::sync::Arc;

use steel::{SteelVal, rvals::Custom};

use super::{
    arguments::{string, symbol, truth},
    table::Native,
};

/// `#:name`, which evaluates to nothing in tasks and travels through them.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(in crate::engine) struct Keyword(pub(in crate::engine) Arc<str>);

impl Custom for Keyword {}

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "symbol?" (1) => |args| truth(matches!(args[0], SteelVal::SymbolV(_))),
    "symbol=?" (2, _) => |args| {
        for index in 0..args.len() {
            symbol(args, index)?;
        }
        truth(args.windows(2).all(|pair| super::equality::identical(&pair[0], &pair[1])))
    },
    "symbol->string" (1) => |args| Ok(SteelVal::StringV(symbol(args, 0)?.into())),
    "string->symbol" (1) => |args| Ok(SteelVal::SymbolV(string(args, 0)?.into())),
];
