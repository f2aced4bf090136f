//! Does this database meet the contract? Everything that `gate` can judge, for its thin `main` and for other tools.
//!
//! [`cli`] says what can be asked, [`run`] asks it. The [`contract`] is the file, the [`catalog`] is what a [`database`]
//! has, in the same types; [`check`] compares them, [`probe`] calls what they speak of, and [`describe`] writes the one
//! from the other. [`diff`] compares two contracts, [`components`] what is built with what is there, [`migrations`] files
//! with history, and [`environment`] a project with its lock; [`adopt`] looks at one before its first migration. What comes out is a [`finding`], shown by [`output`].
//! Nothing here writes but [`migrate`], which no command of the gate runs; it, [`http`] and [`process`] are for the tools.

pub mod adopt;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod components;
pub mod contract;
pub mod database;
pub mod describe;
pub mod diff;
pub mod environment;
pub mod finding;
pub mod http;
pub mod migrate;
pub mod migrations;
pub mod output;
pub mod probe;
pub mod process;
pub mod run;
