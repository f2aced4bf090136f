//! What an instance reads once, and when it reads it again: its variables and the key set. The clock is the test's.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod bodies;
mod inline_keys;
mod key_sets;
mod project;
mod usual;
mod variables;
