//! Values through serde's traits without a detour.
//!
//! serde knows neither symbols nor big integers, and hands everything on element by element. Where both sides are ours
//! a [`Value`] is therefore handed over whole: it presents itself as a newtype struct of a name that nobody else uses,
//! and our serializer and deserializer answer to that name. Generic code between the two sees nothing but the traits,
//! hence the value waits in a slot of the thread. Another format calls through the newtype to what is within it.

use std::cell::{Cell, RefCell};

use serde::{Deserializer, Serialize, Serializer, de};

use super::Value;

/// The name of the newtype struct.
pub(super) const NAME: &str = "$dpfw::Value";

/// The name of the unit struct by which a visitor asks our deserializer for the value.
pub(super) const TAKE_NAME: &str = "$dpfw::Value::take";

thread_local! {
    /// Set by our serializer or deserializer just before it calls through the newtype, cleared by who finds it.
    static ARMED: Cell<bool> = const { Cell::new(false) };
    /// The value on its way.
    static SLOT: RefCell<Option<Value>> = const { RefCell::new(None) };
}

/// What can be handed over, and has a form of its own in other formats.
pub(super) trait Offered {
    fn to_value(&self) -> Value;

    fn serialize_foreign<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// Serializes `offered`: whole by our serializer, in its foreign form by others.
pub(super) fn offer<T: Offered, S: Serializer>(offered: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(NAME, &Offer(offered))
}

struct Offer<'a, T>(&'a T);

impl<T: Offered> Serialize for Offer<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if ARMED.take() {
            SLOT.set(Some(self.0.to_value()));
            return serializer.serialize_unit();
        }
        self.0.serialize_foreign(serializer)
    }
}

/// The side of our serializer: what `serialize` handed over, or else what it serialized.
pub(super) fn collect<E>(serialize: impl FnOnce() -> Result<Value, E>) -> Result<Value, E> {
    ARMED.set(true);
    let serialized = serialize();
    ARMED.set(false);
    match SLOT.take() {
        Some(offered) => serialized.map(|_| offered),
        None => serialized,
    }
}

/// The side of our deserializer: `visit` may ask for the value.
pub(super) fn present<R>(visit: impl FnOnce() -> R) -> R {
    ARMED.set(true);
    let visited = visit();
    ARMED.set(false);
    visited
}

/// Our deserializer, asked for the value.
pub(super) fn give(value: Value) {
    SLOT.set(Some(value));
}

/// The side of a visitor within the newtype: the value, if `deserializer` is ours.
pub(super) fn accept<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Result<Value, D>, D::Error> {
    if !ARMED.take() {
        return Ok(Err(deserializer));
    }
    deserializer.deserialize_unit_struct(TAKE_NAME, de::IgnoredAny)?;
    SLOT.take().map(Ok).ok_or_else(|| de::Error::custom("value was not handed over"))
}
