//! See `dpfw::fuzzing::wire`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| dpfw::fuzzing::wire(input));
