//! Numbers that tell processes apart.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Sixteen random bytes: not secret, only different from all others.
pub(crate) fn random() -> [u8; 16] {
    // Each `RandomState` of std has keys of its own, from the system's random numbers.
    let mut bytes = [0; 16];
    for half in bytes.chunks_exact_mut(8) {
        half.copy_from_slice(&RandomState::new().build_hasher().finish().to_ne_bytes());
    }
    bytes
}
