//! Clocks.

use std::{
    sync::LazyLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use steel::SteelVal;

use super::table::Native;

const JIFFIES_PER_SECOND: isize = 1_000_000;

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "current-second" (0) => |_| {
        // Before 1970 the clock is wrong, and zero says so as well as any number.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(SteelVal::NumV(now.as_secs_f64()))
    },
    "current-jiffy" (0) => |_| {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        Ok(SteelVal::IntV(isize::try_from(START.elapsed().as_micros()).unwrap_or(isize::MAX)))
    },
    "jiffies-per-second" (0) => |_| Ok(SteelVal::IntV(JIFFIES_PER_SECOND)),
];
