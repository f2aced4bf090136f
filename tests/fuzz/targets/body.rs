//! What is sent. The properties are those of `fuzz::body`; here is only the door for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::body::holds(data);
});
