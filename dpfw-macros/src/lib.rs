//! The macros of dpfw.
