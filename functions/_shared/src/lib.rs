//! What every component is made of.
//!
//! In the order in which a request meets them: [`spin`] takes it from the host and hands it to [`endpoint`], which
//! answers whatever happens. The [`instance`] has read its [`config`]. [`auth`] makes a
//! `Caller` of the bearer token, whose [`flag`] decides. [`request`] turns the input into the types of [`fields`]. [`rpc`]
//! makes the one call that [`contract`] names, and [`upstream`] reads its answer. [`problem`] and [`reply`] become the
//! response with the headers of [`cors`], and [`telemetry`] the one line that remains of it, under the ids of [`trace`].
//!
//! [`context`] is what a request carries through all of them, and knows none of them; [`edge`] is what a function sees.
//!
//! Everything outside [`spin`] runs under plain `cargo test`: clock, randomness, variables and the network are
//! arguments ([`platform`]).

pub mod auth;
pub mod config;
pub mod context;
pub mod contract;
pub mod cors;
pub mod edge;
pub mod endpoint;
pub mod fields;
pub mod flag;
pub mod instance;
pub mod platform;
pub mod problem;
pub mod reply;
pub mod request;
pub mod rpc;
pub mod spin;
pub mod telemetry;
pub mod trace;
pub mod upstream;
