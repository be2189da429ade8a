//! The values of a task, as they travel.

use crate::{
    Value, ValueError,
    value::{
        encode,
        pieces::{Pieces, PiecesMut},
    },
};

/// Values that fill the holes of a template, encoded one after the other.
///
/// A task is often sent as soon as it is made, sometimes many times, and never read here: so the values are encoded
/// once, when it is made, which also shows then whether they can travel.
#[derive(Debug, Clone, Default)]
pub(crate) struct EncodedValues {
    /// How many.
    pub(crate) count: u32,
    /// Their bytes.
    pub(crate) bytes: Pieces,
}

impl EncodedValues {
    /// Encodes `values`; an error comes with the index of the value that cannot travel.
    pub(super) fn encode<'v>(values: impl IntoIterator<Item = &'v Value>) -> Result<Self, (usize, ValueError)> {
        let mut bytes = PiecesMut::default();
        let mut count = 0;
        for (index, value) in values.into_iter().enumerate() {
            encode(value, &mut bytes).map_err(|error| (index, error))?;
            count += 1;
        }
        Ok(Self { count, bytes: bytes.freeze() })
    }
}
