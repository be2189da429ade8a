//! Symbols, and keywords, which only values from outside contain.

use std::sync::Arc;

use steel::{SteelVal, rvals::Custom};

use super::{
    arguments::{string, symbol, truth, weight},
    equality::identical,
    table::Native,
};
use crate::engine::session::Session;

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
        let mut holds = true;
        for pair in args.windows(2) {
            Session::work(weight(&pair[0]))?;
            holds &= identical(&pair[0], &pair[1]);
        }
        truth(holds)
    },
    "symbol->string" (1) => |args| Ok(SteelVal::StringV(symbol(args, 0)?.into())),
    "string->symbol" (1) => |args| Ok(SteelVal::SymbolV(string(args, 0)?.into())),
];
