//! What the records say: per RPC **and version** requests, errors and latency; who burns the error budget, since when.
//!
//! In reading order: [`input`] reads lines out of whatever a log is packed in; [`envelope`] finds the records in what a
//! pipeline put around them; an [`Analysis`] keeps counts of them, never lines; [`Analysis::finish`] makes the [`Report`], which `--json` prints as it is; [`page`] and [`output`] show that to people and to Prometheus.
//! [`line::show`] is for a single record, as it is written.

mod analysis;
pub mod burn;
pub mod cli;
pub mod destination;
mod envelope;
mod finish;
mod group;
mod headline;
pub mod input;
pub mod line;
mod mismatch;
pub mod moment;
mod objectives;
pub mod output;
pub mod page;
mod records;
mod reject;
mod report;
pub mod run;
mod series;
mod times;

pub use self::{
    analysis::{Analysis, Period},
    burn::{Burn, Indicator, Stretch, Window},
    group::Kind,
    mismatch::Mismatch,
    moment::Moment,
    objectives::Objectives,
    reject::{Reason, Rejected, Sample, masked},
    report::{Budget, Code, Group, Latency, Lines, Report},
    series::{Line, Series},
};
