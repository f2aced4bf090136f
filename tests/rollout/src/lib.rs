//! From a database and components that are new to flags that are up, step by step; and back.
//!
//! [`cli`] says what can be asked. [`apply`] and [`rollback`] are courses of steps ([`course`]): each is recorded in the
//! [`store`], and the first that fails ends it. [`plan`] and [`status`] only look. What is deployed is a [`release`], how
//! is for the environment to say ([`settings`], [`shell`]), and for how many users, [`flags`]. [`judge`] asks the gate,
//! [`migrate`] applies migrations, [`watch`] reads the records, and [`budget`] decides by them.

pub mod apply;
pub mod budget;
pub mod cli;
pub mod context;
pub mod course;
pub mod deploy;
pub mod doors;
pub mod flags;
pub mod judge;
pub mod migrate;
pub mod plan;
pub mod release;
pub mod rollback;
pub mod run;
pub mod secrets;
pub mod settings;
pub mod shell;
pub mod status;
pub mod store;
pub mod terminal;
pub mod watch;
