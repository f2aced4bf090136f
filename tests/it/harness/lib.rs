//! What the tests are written with: the running stack, people, channels, and a client that checks on every response
//! what every response must obey.
//!
//! Nothing here waits for a fixed time, and nothing is shared between tests but the system itself: each makes its own
//! people and channels.

mod answer;
mod channel;
mod checkout;
pub mod document;
mod installation;
mod person;
mod recording;
mod records;
mod room;
mod running;
mod scripted;

pub use self::{
    answer::{Answer, Call},
    channel::Channel,
    checkout::Checkout,
    installation::{Installation, Server},
    person::Person,
    recording::{recorded, recorder},
    room::Room,
    running::{Running, running},
    scripted::{Scripted, Seen, response, user},
};
