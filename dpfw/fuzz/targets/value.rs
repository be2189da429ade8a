//! See `dpfw::fuzzing::value`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| dpfw::fuzzing::value(input));
