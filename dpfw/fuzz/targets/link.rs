//! See `dpfw::fuzzing::link`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| dpfw::fuzzing::link(input));
