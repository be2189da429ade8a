//! dpfw.
extern crate self as dpfw;
