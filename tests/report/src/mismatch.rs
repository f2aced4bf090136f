//! Functions that met a database without their RPC's version: what a deploy must never leave behind.

use record::Record;
use serde::Serialize;

use crate::{
    moment::{Millis, Moment},
    reject::shown,
};

/// More kinds than these are counted together.
const KINDS: usize = 50;

/// Requests that ended with `rpc_contract_mismatch`, alike in all but time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mismatch {
    /// The RPC.
    pub rpc: String,
    /// The version that the function was built for.
    pub expected: Option<String>,
    /// The version that the database has; nothing where it said nothing.
    pub matched: Option<String>,
    /// The function.
    pub function: String,
    /// Its version.
    pub function_version: String,
    /// SHA-256 of the contract that it was built with.
    pub contract: String,
    /// What the first of them gave as the cause.
    pub cause: Option<String>,
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Moment,
    /// The last of them.
    pub last: Moment,
}

impl Mismatch {
    /// `fetch_social_messages: built for 1.1.0, the database has 1.0.0`.
    pub fn sentence(&self) -> String {
        let built = self.expected.as_deref().unwrap_or("an unknown version");
        if self.matched.is_some() && self.matched == self.expected {
            let cause = self.cause.as_deref().unwrap_or("another version than it needs answered");
            return format!("{} {built}, or an RPC that it runs: {cause}", self.rpc);
        }
        let has = self.matched.as_deref().map_or("said no version".to_owned(), |version| format!("has {version}"));
        format!("{}: built for {built}, the database {has}", self.rpc)
    }

    fn like(&self, other: &Self) -> bool {
        let Self { rpc, expected, matched, function, function_version, contract, .. } = self;
        (rpc, expected, matched) == (&other.rpc, &other.expected, &other.matched)
            && (function, function_version, contract) == (&other.function, &other.function_version, &other.contract)
    }
}

/// Adds one to those that are known.
pub fn count(known: &mut Vec<Mismatch>, record: &Record, at: Millis) {
    let own = |text: &str| shown(text, 80);
    let mut new = Mismatch {
        rpc: record.rpc.as_deref().map_or_else(|| "an RPC".to_owned(), own),
        expected: record.expected.as_deref().map(own),
        matched: record.matched.as_deref().map(own),
        function: own(&record.function),
        function_version: own(&record.function_version),
        contract: own(&record.contract),
        cause: record.cause.as_deref().map(|cause| shown(cause, 200)),
        count: 0,
        first: Moment(at),
        last: Moment(at),
    };
    let place = known.iter().position(|known| known.like(&new)).unwrap_or_else(|| {
        if known.len() >= KINDS {
            new.rpc = "(others)".to_owned();
        }
        if known.len() <= KINDS {
            known.push(new);
        }
        known.len() - 1
    });
    let known = &mut known[place];
    known.count += 1;
    known.first = known.first.min(Moment(at));
    known.last = known.last.max(Moment(at));
}
