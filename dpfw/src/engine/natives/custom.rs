//! Access to the Rust types that stand inside Steel's values.

use steel::{
    SteelVal,
    rvals::{Custom, IntoSteelVal, as_underlying_type, as_underlying_type_mut},
};

use super::arguments::wrong;
use crate::engine::fault::Fault;

/// The value that programs see for `content`.
pub(in crate::engine) fn wrap<T: Custom + 'static>(content: T) -> SteelVal {
    content.into_steelval().expect("a custom value is always a value")
}

/// Whether `value` is a `T`.
pub(in crate::engine) fn is<T: 'static>(value: &SteelVal) -> bool {
    with(value, |_: &T| ()).is_some()
}

/// Calls `look` if `value` is a `T`.
pub(in crate::engine) fn with<T: 'static, R>(value: &SteelVal, look: impl FnOnce(&T) -> R) -> Option<R> {
    let SteelVal::Custom(custom) = value else { return None };
    let custom = custom.try_borrow().ok()?;
    as_underlying_type::<T>(custom.as_ref()).map(look)
}

/// Calls `edit` if `value` is a `T`.
pub(in crate::engine) fn with_mut<T: 'static, R>(value: &SteelVal, edit: impl FnOnce(&mut T) -> R) -> Option<R> {
    let SteelVal::Custom(custom) = value else { return None };
    let mut custom = custom.try_borrow_mut().ok()?;
    as_underlying_type_mut::<T>(custom.as_mut()).map(edit)
}

/// Calls `look` with argument `position`, which must be a `T`.
pub(super) fn look<T: 'static, R>(
    args: &[SteelVal],
    position: usize,
    expected: &'static str,
    look: impl FnOnce(&T) -> R,
) -> Result<R, Fault> {
    args.get(position).and_then(|value| with(value, look)).ok_or_else(|| wrong(args, position, expected))
}

/// Calls `edit` with argument `position`, which must be a `T`.
pub(super) fn change<T: 'static, R>(
    args: &[SteelVal],
    position: usize,
    expected: &'static str,
    edit: impl FnOnce(&mut T) -> R,
) -> Result<R, Fault> {
    let Some(SteelVal::Custom(custom)) = args.get(position) else { return Err(wrong(args, position, expected)) };
    let Ok(mut custom) = custom.try_borrow_mut() else {
        return Err(Fault::misuse("the object is in use"));
    };
    as_underlying_type_mut::<T>(custom.as_mut()).map(edit).ok_or_else(|| wrong(args, position, expected))
}
