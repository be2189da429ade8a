//! Vectors of floats, held unboxed.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use steel::{SteelVal, rvals::Custom};

use super::{
    arguments::{index, length, list, make_list, out_of_range, range, truth, weight, wrong},
    custom::{change, is, look, wrap},
    numbers::{WORK_OF_ARITHMETIC, float, to_real},
    table::{MakeVector, Native},
    vectors::with_items,
};
use crate::engine::{
    fault::{Fault, Outcome},
    session::Session,
};

/// A vector of floats; what came from elsewhere or was sent is shared with whoever has it still, until the program
/// changes it.
#[derive(Debug)]
pub(in crate::engine) struct F64Vector(pub(in crate::engine) Arc<[f64]>);

impl Custom for F64Vector {}

/// As `eqv?` compares the items.
impl PartialEq for F64Vector {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.bits().eq(other.bits())
    }
}

impl Hash for F64Vector {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits().for_each(|bits| bits.hash(state));
    }
}

impl F64Vector {
    /// The bits of each item, those of one NaN for all.
    fn bits(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().map(|x| if x.is_nan() { f64::NAN } else { *x }.to_bits())
    }
}

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "f64vector?" (1) => |args| truth(is::<F64Vector>(&args[0])),
    "make-f64vector" (1, 2) bulky => |args| {
        let (length, fill) = (length(args, 0, 8)?, if args.len() > 1 { float(args, 1)? } else { 0.0 });
        // Not by a `Vec`: its floats would be there twice for a while.
        Ok(make(std::iter::repeat_n(fill, length).collect::<Arc<[f64]>>()))
    },
    "f64vector" (0, _) => |args| {
        Ok(make((0..args.len()).map(|index| float(args, index)).collect::<Result<Vec<_>, _>>()?))
    },
    "f64vector-length" (1) => |args| {
        Ok(SteelVal::IntV(isize::try_from(items(args, <[f64]>::len)?).unwrap_or(isize::MAX)))
    },
    "f64vector-ref" (2) => |args| {
        let index = index(args, 1)?;
        items(args, |items| items.get(index).copied().ok_or_else(|| out_of_range(index, items.len())))?.map(SteelVal::NumV)
    },
    "f64vector-set!" (3) => |args| {
        let (index, x) = (index(args, 1)?, float(args, 2)?);
        change(args, 0, "an f64vector", |vector: &mut F64Vector| {
            let length = vector.0.len();
            *Arc::make_mut(&mut vector.0).get_mut(index).ok_or_else(|| out_of_range(index, length))? = x;
            Ok::<_, Fault>(SteelVal::Void)
        })?
    },
    "f64vector->list" (1) => |args| Ok(make_list(items(args, <[f64]>::to_vec)?.into_iter().map(SteelVal::NumV))),
    "list->f64vector" (1) => |args| from_items(args, list(args, 0)?),
    "vector->f64vector" (1) => |args| with_items(args, 0, |items| from_items(args, items.iter()))?,
    "f64vector-copy" (1, 3) => |args| {
        let within = range(args, 1, items(args, <[f64]>::len)?)?;
        Ok(make(items(args, |items| items[within].to_vec())?))
    },
    "f64vector-sum" (1) => |args| Ok(SteelVal::NumV(items(args, |items| items.iter().sum())?)),
];

pub(in crate::engine) const HEAP_NATIVES: &[Native] = heap_natives![
    "f64vector->vector" (1) => |make: &mut MakeVector<'_>, args: &[SteelVal]| {
        Ok(make(items(args, <[f64]>::to_vec)?.into_iter().map(SteelVal::NumV).collect()))
    },
];

/// A vector of `floats`.
pub(in crate::engine) fn make(floats: impl Into<Arc<[f64]>>) -> SteelVal {
    wrap(F64Vector(floats.into()))
}

fn items<R>(args: &[SteelVal], view: impl FnOnce(&[f64]) -> R) -> Result<R, Fault> {
    look(args, 0, "an f64vector", |vector: &F64Vector| view(&vector.0))
}

fn from_items<'a>(args: &[SteelVal], items: impl Iterator<Item = &'a SteelVal>) -> Outcome {
    let floats = items.map(|item| {
        Session::work(WORK_OF_ARITHMETIC * weight(item))?;
        let number = to_real(item).ok_or_else(|| wrong(args, 0, "real numbers alone"))?;
        Ok(number.to_f64())
    });
    floats.collect::<Result<Vec<_>, Fault>>().map(make)
}
