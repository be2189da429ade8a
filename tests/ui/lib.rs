//! Nothing to import: see `ui.rs`.
