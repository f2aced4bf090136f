//! What may never happen, whatever is sent to a function or answered to it.
//!
//! Each of [`token`], [`query`], [`body`] and [`upstream_answer`] takes bytes, makes a request of them for a real
//! function, and panics where a property does not hold. libFuzzer looks for such bytes with the programs in `targets`;
//! `cargo test` tries what is in `corpus`, and some thousand variations of it. [`world`] is all that surrounds a
//! function, [`answer`] what is true of every one of its answers.

pub mod answer;
pub mod body;
pub mod query;
pub mod token;
pub mod upstream_answer;
pub mod world;
