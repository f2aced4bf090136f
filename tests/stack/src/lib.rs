//! The whole system on one machine, as a library: the tests are written against it, and `cargo run -p stack` is a thin
//! `main` around it.
//!
//! In the order in which it starts: [`setup`] sees to what the machine lacks, [`cluster`] is PostgreSQL and
//! [`database`] what is in it, [`keys`] are the project's, [`postgrest`], [`realtime`] and [`host`] answer, and
//! [`origin`] stands in front of them, with what [`faults`] are wanted. [`login`] is how they reach the database.
//! [`stack`] puts them together, [`watch`] follows what is saved, [`reaper`] and [`process`] see to it that nothing stays
//! behind. [`pooler`] is for tests.

pub mod cluster;
pub mod database;
pub mod demo;
pub mod env_file;
pub mod faults;
pub mod host;
pub mod keys;
pub mod login;
pub mod origin;
pub mod pooler;
pub mod postgrest;
pub mod process;
pub mod progress;
pub mod realtime;
pub mod reaper;
pub mod runtime;
pub mod setup;
pub mod stack;
pub mod watch;
