//! Runs recorded requests again and finds the first difference, as a library: the command is a thin `main` around it, and
//! the integration tests replay what they have recorded.
//!
//! [`run`] goes through a recording with the components of [`components`], [`compare`] sees what has changed, and
//! [`output`] says it.

pub mod cli;
pub mod compare;
pub mod components;
pub mod output;
pub mod run;
