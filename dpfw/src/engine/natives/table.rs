//! [`Native`], one native procedure as it stands in the tables.

use dpfw_syntax::Arity;
use steel::{SteelErr, SteelVal};

pub(super) use crate::engine::convert::MakeVector;
use crate::engine::fault::{Fault, Outcome};

/// A native procedure.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Native {
    pub(in crate::engine) name: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests compare it with the vocabulary"))]
    pub(in crate::engine) arity: Arity,
    /// Makes the value that Steel calls.
    pub(in crate::engine) value: fn() -> SteelVal,
}

/// Checks the number of arguments and runs the body of the native called `name`.
#[inline]
pub(super) fn enter(
    name: &'static str,
    arity: Arity,
    args: &[SteelVal],
    body: impl FnOnce(&[SteelVal]) -> Outcome,
) -> Result<SteelVal, SteelErr> {
    if !arity.accepts(args.len()) {
        return Err(wrong_count(name, arity, args.len()));
    }
    body(args).map_err(|fault| fault.into_error(name))
}

#[cold]
fn wrong_count(name: &str, arity: Arity, count: usize) -> SteelErr {
    Fault::misuse(format!("takes {arity}, not {count}")).into_error(name)
}

/// How many arguments: `1`, `1, 2` (from 1 to 2) or `1, _` (1 or more).
macro_rules! arity {
    ($count:literal) => {
        dpfw_syntax::Arity::new($count, Some($count))
    };
    ($min:literal, _) => {
        dpfw_syntax::Arity::new($min, None)
    };
    ($min:literal, $max:literal) => {
        dpfw_syntax::Arity::new($min, Some($max))
    };
}

/// A table of natives that see their arguments alone. Those that are marked `bulky` make what may be large, which is counted:
/// dead boxes and vectors may hold it.
macro_rules! natives {
    ($($name:literal ($($arity:tt)*) $($bulky:ident)? => $body:expr),* $(,)?) => {
        &[$($crate::engine::natives::table::Native {
            name: $name,
            arity: arity!($($arity)*),
            value: native!($($bulky)? $name, arity!($($arity)*), $body),
        }),*]
    };
}

/// The value of one of them.
macro_rules! native {
    ($name:literal, $arity:expr, $body:expr) => {
        || steel::SteelVal::FuncV(|args| $crate::engine::natives::table::enter($name, $arity, args, $body))
    };
    (bulky $name:literal, $arity:expr, $body:expr) => {
        || {
            steel::SteelVal::FuncV(|args| {
                $crate::engine::natives::table::enter($name, $arity, args, $body)
                    .inspect($crate::engine::sweep::count_value)
            })
        }
    };
}

/// A table of natives that may also make vectors in Steel's heap: they take the maker before their arguments.
///
/// Steel has taken their arguments off its stack, so what they hold is no root while they run: whatever must outlive
/// the making of a vector is either put into that vector or held (see `Held`).
macro_rules! heap_natives {
    ($($name:literal ($($arity:tt)*) => $body:expr),* $(,)?) => {
        &[$($crate::engine::natives::table::Native {
            name: $name,
            arity: arity!($($arity)*),
            value: || steel::SteelVal::BuiltIn(|context, args| {
                $crate::engine::sweep::sweep_if_due(args, |slots, value| $crate::engine::sweep::slot!(context, slots, value));
                let mut make = |items: Vec<steel::SteelVal>| {
                    $crate::engine::sweep::count_vector(items.len());
                    context.make_mutable_vector(items)
                };
                Some($crate::engine::natives::table::enter($name, arity!($($arity)*), args, |args| {
                    $body(&mut make, args)
                }))
            }),
        }),*]
    };
}
