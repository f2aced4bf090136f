//! What the database, or whatever stands in its place, may say. The properties are those of `fuzz::upstream_answer`; here is only the door for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::upstream_answer::holds(data);
});
