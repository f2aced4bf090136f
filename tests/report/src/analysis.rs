//! Takes records as they come, in any order, and keeps counts of them in bounded memory, however long a log is.

use std::collections::HashMap;

use record::Record;
use time::UtcDateTime;

use crate::{
    envelope::Splits,
    group::{Event, Gathered, Kind, Tally},
    mismatch::{self, Mismatch},
    moment::{self, Millis},
    objectives::Objectives,
    reject::{Reason, shown},
    report::Lines,
};

/// More groups than these are counted together.
const GROUPS: usize = 100;
/// So many of them keep their latency over time.
const DETAILED: usize = 24;
/// In how many slots the charts show a log at most.
const SLOTS: i64 = 256;
/// How wide they can be, in milliseconds. Each is a multiple of the one before; after the last it is doubled.
const WIDTHS: [i64; 13] = [
    1000, 2000, 10_000, 30_000, 60_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000,
    86_400_000,
];
/// 2020-01-01: no function wrote a record before.
const EARLIEST: Millis = 1_577_836_800_000;
/// No request takes an hour.
const LONGEST_MS: f64 = 3_600_000.0;
/// The longest window of the rules, and an hour for what comes late, in minutes.
const MINUTES_KEPT: i64 = 3 * 24 * 60 + 60;

/// Which records count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// From this moment on.
    pub since: Option<UtcDateTime>,
    /// Up to this moment, which is also where the windows end, instead of at the newest record.
    pub until: Option<UtcDateTime>,
    /// What is later cannot be.
    pub latest: Option<UtcDateTime>,
}

/// What was read so far.
#[derive(Debug)]
pub struct Analysis {
    pub(crate) objectives: Objectives,
    pub(crate) lines: Lines,
    pub(crate) width: Millis,
    pub(crate) all: Gathered,
    pub(crate) groups: Vec<Gathered>,
    pub(crate) mismatches: Vec<Mismatch>,
    /// The code and the status that came with it.
    pub(crate) codes: HashMap<(String, u16), (u64, Option<String>)>,
    pub(crate) until: Option<Millis>,
    /// Records of which a part has been read.
    pub(crate) splits: Splits,
    since: Millis,
    latest: Millis,
    allowed_ms: f64,
    index: HashMap<String, usize>,
    key: String,
    kept_from: i64,
}

impl Analysis {
    /// With nothing read yet.
    pub fn new(objectives: Objectives, period: Period) -> Self {
        Self {
            allowed_ms: objectives.latency_threshold_ms,
            objectives,
            lines: Lines::default(),
            width: WIDTHS[0],
            all: Gathered::new(Kind::All, "all requests", None, true),
            groups: Vec::new(),
            mismatches: Vec::new(),
            codes: HashMap::new(),
            until: period.until.map(moment::millis),
            splits: Splits::default(),
            since: period.since.map_or(Millis::MIN, moment::millis),
            latest: period.latest.map_or(Millis::MAX, moment::millis),
            index: HashMap::new(),
            key: String::new(),
            kept_from: i64::MIN,
        }
    }

    /// Takes a record, if it can be one.
    /// Takes a record whose time has not been read.
    pub(crate) fn take(&mut self, record: &Record<'_>) {
        match moment::parse(&record.timestamp) {
            Some(at) => self.take_at(record, at),
            None => self.reject(record, Reason::NoRecord),
        }
    }

    pub(crate) fn take_at(&mut self, record: &Record<'_>, at: Millis) {
        if !(200..600).contains(&record.status) || !(0.0..=LONGEST_MS).contains(&record.duration_ms) {
            self.reject(record, Reason::NoRecord);
        } else if at < EARLIEST || at > self.latest {
            self.reject(record, Reason::ImpossibleTime);
        } else {
            self.sort(record, at);
        }
    }

    fn reject(&mut self, record: &Record<'_>, reason: Reason) {
        let line = serde_json::to_vec(record).unwrap_or_default();
        self.lines.rejected.add(reason, self.lines.read, &line);
    }

    fn sort(&mut self, record: &Record<'_>, at: Millis) {
        self.lines.records += 1;
        if at < self.since || self.until.is_some_and(|until| at > until) {
            self.lines.outside += 1;
        } else if record.method == "OPTIONS" {
            self.lines.preflights += 1;
        } else if record.error.as_deref() == Some("feature_disabled") {
            self.lines.turned_off += 1;
        } else {
            self.count(record, at);
        }
    }

    fn count(&mut self, record: &Record, at: Millis) {
        // A caller whose body comes slowly makes no function slow.
        let ms = (record.duration_ms - record.body_ms.unwrap_or(0.0)).max(0.0);
        let (refused, bad) = ((400..500).contains(&record.status), record.status >= 500);
        let slow = !refused && !bad && ms > self.allowed_ms;
        let [refused, bad, slow] = [refused, bad, slow].map(u64::from);
        let tally = Tally { events: 1, refused, bad, slow };
        self.make_room(at);
        self.forget_minutes(at);
        let minute = Some(at.div_euclid(60_000)).filter(|minute| *minute >= self.kept_from);
        let event = Event { at, slot: at.div_euclid(self.width), minute, ms, tally };
        let group = self.group_of(record);
        self.groups[group].add(record, event);
        self.all.add(record, event);
        if let Some(code) = &record.error {
            self.count_code(code, record);
            if code == "rpc_contract_mismatch" {
                mismatch::count(&mut self.mismatches, record, at);
            }
        }
    }

    /// Widens the slots until this moment is in one of so many.
    fn make_room(&mut self, at: Millis) {
        loop {
            let slot = at.div_euclid(self.width);
            let first = self.all.slots.first_key_value().map_or(slot, |(first, _)| *first);
            let last = self.all.slots.last_key_value().map_or(slot, |(last, _)| *last);
            if last.max(slot) - first.min(slot) < SLOTS {
                return;
            }
            let wider = WIDTHS.into_iter().find(|width| *width > self.width).unwrap_or(self.width * 2);
            let factor = wider / self.width;
            self.all.widen(factor);
            self.groups.iter_mut().for_each(|group| group.widen(factor));
            self.width = wider;
        }
    }

    /// No window reaches further back than three days.
    fn forget_minutes(&mut self, at: Millis) {
        let from = at.div_euclid(60_000) - MINUTES_KEPT;
        // Not for each of them: an hour's at once.
        if from > self.kept_from.saturating_add(60) {
            self.kept_from = from;
            for group in self.groups.iter_mut().chain([&mut self.all]) {
                group.minutes = group.minutes.split_off(&from);
            }
        }
    }

    fn group_of(&mut self, record: &Record) -> usize {
        let (kind, name, version) = match (&record.rpc, &record.matched) {
            (Some(rpc), Some(matched)) => (Kind::Answered, rpc, Some(matched)),
            (Some(rpc), None) => (Kind::Unanswered, rpc, record.expected.as_ref()),
            (None, _) => (Kind::NoRpc, &record.function, None),
        };
        self.key.clear();
        self.key.push(match kind {
            Kind::Answered => 'a',
            Kind::Unanswered => 'u',
            _ => 'n',
        });
        self.key.push_str(name);
        self.key.push('\0');
        self.key.push_str(version.map_or("", |version| version));
        if let Some(known) = self.index.get(&self.key) {
            return *known;
        }
        if self.groups.len() > GROUPS {
            return GROUPS;
        }
        let new = if self.groups.len() == GROUPS {
            Gathered::new(Kind::Other, "all others", None, false)
        } else {
            self.index.insert(self.key.clone(), self.groups.len());
            let detailed = self.groups.len() < DETAILED;
            Gathered::new(kind, name, version.map(|version| &**version), detailed)
        };
        self.groups.push(new);
        self.groups.len() - 1
    }

    fn count_code(&mut self, code: &str, record: &Record) {
        let full = self.codes.len() >= GROUPS;
        let mut key = (shown(code, 80), record.status);
        if full && !self.codes.contains_key(&key) {
            key = ("(others)".to_owned(), record.status);
        }
        let (count, cause) = self.codes.entry(key).or_default();
        *count += 1;
        if cause.is_none() {
            *cause = record.cause.as_deref().map(|cause| shown(cause, 200));
        }
    }
}
