//! Vectors of floats.

use std::{cmp::Ordering, hash, ops::Deref, sync::Arc};

/// A vector of floats that is held, sent and given to tasks unboxed: an f64vector there.
///
/// Equality and order are those of the bits, so that it can be a key: NaN equals itself, `0.0` and `-0.0` differ.
#[derive(Debug, Clone)]
pub struct F64Vector(Arc<[f64]>);

impl F64Vector {
    /// The floats.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

impl Deref for F64Vector {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.0
    }
}

impl AsRef<[f64]> for F64Vector {
    fn as_ref(&self) -> &[f64] {
        &self.0
    }
}

impl Default for F64Vector {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl From<Vec<f64>> for F64Vector {
    fn from(floats: Vec<f64>) -> Self {
        Self(floats.into())
    }
}

impl From<&[f64]> for F64Vector {
    fn from(floats: &[f64]) -> Self {
        Self(floats.into())
    }
}

impl From<Arc<[f64]>> for F64Vector {
    fn from(floats: Arc<[f64]>) -> Self {
        Self(floats)
    }
}

impl From<F64Vector> for Arc<[f64]> {
    fn from(floats: F64Vector) -> Self {
        floats.0
    }
}

impl FromIterator<f64> for F64Vector {
    fn from_iter<I: IntoIterator<Item = f64>>(floats: I) -> Self {
        Self(floats.into_iter().collect())
    }
}

impl PartialEq for F64Vector {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| a.to_bits() == b.to_bits())
    }
}

impl Eq for F64Vector {}

impl Ord for F64Vector {
    fn cmp(&self, other: &Self) -> Ordering {
        let differing = self.iter().zip(other.iter()).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        differing.unwrap_or_else(|| self.len().cmp(&other.len()))
    }
}

impl PartialOrd for F64Vector {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl hash::Hash for F64Vector {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        for float in self.iter() {
            state.write_u64(float.to_bits());
        }
    }
}
