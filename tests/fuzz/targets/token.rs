//! A header that claims to be somebody's. The properties are those of `fuzz::token`; here is only the door for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::token::holds(data);
});
