//! What is kept of the requests of one group: counts and histograms, never the requests themselves.

use std::{borrow::Cow, collections::BTreeMap};

use record::Record;
use serde::Serialize;

use crate::{moment::Millis, reject::shown, times::Times};

/// Hostile logs have many versions, hashes and codes; a report shows few of them.
const FEW: usize = 32;
/// Characters of a name that are shown.
const NAME: usize = 80;

/// What the requests of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The RPC's version that answered: what the database said.
    Answered,
    /// An RPC was called, and no version answered.
    Unanswered,
    /// The request never came to an RPC.
    NoRpc,
    /// More groups than a report can hold.
    Other,
    /// All requests together.
    All,
}

/// Counts of a stretch of time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub events: u64,
    /// Answered with a 4xx.
    pub refused: u64,
    pub bad: u64,
    pub slow: u64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.events += other.events;
        self.refused += other.refused;
        self.bad += other.bad;
        self.slow += other.slow;
    }
}

/// A stretch of the charts.
#[derive(Debug)]
pub struct Slot {
    pub tally: Tally,
    pub first_bad: Option<Millis>,
    pub first_slow: Option<Millis>,
    /// Absent in the groups that came after many others.
    pub times: Option<Times>,
}

/// One request, as far as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    pub at: Millis,
    pub slot: i64,
    /// Absent where no window reaches.
    pub minute: Option<i64>,
    /// How long it took, without what its caller took.
    pub ms: f64,
    pub tally: Tally,
}

/// The counts of a group.
#[derive(Debug)]
pub struct Gathered {
    pub kind: Kind,
    /// Whether its latency is kept over time.
    pub detailed: bool,
    /// The RPC, or the function where there was none.
    pub name: String,
    /// Which answered, or for which the function was built.
    pub version: Option<String>,
    pub tally: Tally,
    pub rows: u64,
    pub retries: u64,
    pub first: Millis,
    pub last: Millis,
    pub bad_between: Option<(Millis, Millis)>,
    pub duration: Times,
    pub rpc: Times,
    pub functions: BTreeMap<String, u64>,
    pub contracts: BTreeMap<String, u64>,
    pub codes: BTreeMap<String, u64>,
    pub slots: BTreeMap<i64, Slot>,
    pub minutes: BTreeMap<i64, Tally>,
}

impl Gathered {
    pub fn new(kind: Kind, name: &str, version: Option<&str>, detailed: bool) -> Self {
        Self {
            kind,
            detailed,
            name: shown(name, NAME),
            version: version.map(|version| shown(version, 40)),
            tally: Tally::default(),
            rows: 0,
            retries: 0,
            first: Millis::MAX,
            last: Millis::MIN,
            bad_between: None,
            duration: Times::fine(),
            rpc: Times::fine(),
            functions: BTreeMap::new(),
            contracts: BTreeMap::new(),
            codes: BTreeMap::new(),
            slots: BTreeMap::new(),
            minutes: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, record: &Record, event: Event) {
        let Event { at, slot, minute, ms, tally } = event;
        self.tally.add(tally);
        self.rows = self.rows.saturating_add(record.rows.unwrap_or(0));
        self.retries += u64::from(record.retries);
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        if tally.bad > 0 {
            let (first, last) = self.bad_between.unwrap_or((at, at));
            self.bad_between = Some((first.min(at), last.max(at)));
        }
        self.duration.add(ms);
        if let Some(ms) = record.rpc_ms {
            self.rpc.add(ms);
        }
        count(&mut self.functions, &record.function_version);
        count(&mut self.contracts, &record.contract);
        if let Some(code) = &record.error {
            count(&mut self.codes, code);
        }
        if let Some(minute) = minute {
            self.minutes.entry(minute).or_default().add(tally);
        }
        let slot = self.slots.entry(slot).or_insert_with(|| Slot {
            tally: Tally::default(),
            first_bad: None,
            first_slow: None,
            times: self.detailed.then(Times::coarse),
        });
        slot.tally.add(tally);
        if let Some(times) = &mut slot.times {
            times.add(ms);
        }
        if tally.bad > 0 {
            slot.first_bad = earlier(slot.first_bad, Some(at));
        }
        if tally.slow > 0 {
            slot.first_slow = earlier(slot.first_slow, Some(at));
        }
    }

    /// Makes one slot of every `factor`.
    pub fn widen(&mut self, factor: i64) {
        let mut wide: BTreeMap<i64, Slot> = BTreeMap::new();
        for (index, slot) in std::mem::take(&mut self.slots) {
            let index = index.div_euclid(factor);
            match wide.get_mut(&index) {
                None => {
                    wide.insert(index, slot);
                }
                Some(known) => {
                    known.tally.add(slot.tally);
                    known.first_bad = earlier(known.first_bad, slot.first_bad);
                    known.first_slow = earlier(known.first_slow, slot.first_slow);
                    if let (Some(known), Some(more)) = (&mut known.times, &slot.times) {
                        known.merge(more);
                    }
                }
            }
        }
        self.slots = wide;
    }

    /// `fetch_social_messages 1.1.0`, in words where no version answered.
    pub fn label(&self) -> String {
        let Self { kind, name, version, .. } = self;
        match (kind, version) {
            (Kind::Unanswered, Some(version)) => format!("{name} unanswered (built for {version})"),
            (Kind::Unanswered, None) => format!("{name} unanswered"),
            (Kind::NoRpc, _) => format!("{name}, no RPC called"),
            (Kind::Answered, Some(version)) => format!("{name} {version}"),
            _ => name.clone(),
        }
    }
}

fn earlier(one: Option<Millis>, other: Option<Millis>) -> Option<Millis> {
    one.into_iter().chain(other).min()
}

/// Counts what is named, as long as there are few names.
fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    let plain = name.len() <= NAME && !name.contains(char::is_control);
    let shown = if plain { Cow::Borrowed(name) } else { Cow::Owned(shown(name, NAME)) };
    if let Some(number) = counts.get_mut(&*shown) {
        *number += 1;
    } else if counts.len() < FEW {
        counts.insert(shown.into_owned(), 1);
    } else {
        *counts.entry("(others)".to_owned()).or_default() += 1;
    }
}
