//! What is asked for in an address. The properties are those of `fuzz::query`; here is only the door for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::query::holds(data);
});
