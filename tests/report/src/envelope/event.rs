//! What belongs together: an event has a record, and perhaps copies of it, as text and as fields.

use std::mem;

use record::Record;
use serde::Deserialize as _;

use super::{Unwrapper, fields::Fields};
use crate::moment;

/// So many records can be told from others in one event. Grafana asks for 1000 lines at a time.
pub const COPIES: usize = 1024;

/// By what a record is known again.
pub struct Identity {
    request: String,
    span: String,
    timestamp: String,
}

impl Identity {
    fn of(record: &Record<'_>) -> Self {
        let [request, span, timestamp] =
            [&record.request_id, &record.span_id, &record.timestamp].map(|text| text.clone().into_owned());
        Self { request, span, timestamp }
    }

    /// A pipeline can have moved the span's id out of one of them, and have written the time in its own way.
    fn is(&self, other: &Self) -> bool {
        let same_span = match (&*self.span, &*other.span) {
            ("", "") => moment::parse(&self.timestamp) == moment::parse(&other.timestamp),
            ("", _) | (_, "") => true,
            (one, other) => one == other,
        };
        same_span && self.request == other.request
    }
}

/// Events that follow each other.
pub struct Events {
    /// How many records stood around the events that these are in.
    before: usize,
    ended: Vec<Identity>,
}

impl Events {
    pub fn end_one(&mut self, unwrapper: &mut Unwrapper<'_>) {
        self.ended.extend(unwrapper.event.drain(unwrapper.around..));
        self.ended.truncate(COPIES);
    }

    /// They were parts of one event: what has ended goes on.
    pub fn join(&mut self, unwrapper: &mut Unwrapper<'_>) {
        unwrapper.event.append(&mut self.ended);
    }

    pub fn end(self, unwrapper: &mut Unwrapper<'_>) {
        unwrapper.around = self.before;
        unwrapper.event.extend(self.ended);
        unwrapper.event.truncate(self.before + COPIES);
    }
}

/// Whether what stands between two values makes them cells of one row, and not lines of a text or parts of broken JSON.
pub fn are_cells(between: &str) -> bool {
    let ends_a_cell = between.starts_with('\t') || between.trim_start().starts_with(['"', '|', ';']);
    ends_a_cell && !between.contains(['\n', '\r', '\\', '{', '}', '[', ']'])
}

impl Unwrapper<'_> {
    /// Values that follow each other are events of their own, and what they have together is in the event around them.
    pub(super) fn events(&mut self) -> Events {
        Events { before: mem::replace(&mut self.around, self.event.len()), ended: Vec::new() }
    }

    /// The records that fields are, as far as their time is known.
    pub(super) fn meet_all(&mut self, fields: &mut Fields) {
        for record in fields.records() {
            if let Ok(record) = Record::deserialize(&record) {
                self.meet(&record);
            }
        }
    }

    /// Hands over a record, if it is none that the event has already.
    pub(super) fn meet(&mut self, record: &Record<'_>) {
        self.met += 1;
        let identity = Identity::of(record);
        if self.event.iter().any(|known| known.is(&identity)) {
            return;
        }
        if self.event.len() < self.around + COPIES {
            self.event.push(identity);
        }
        (self.take)(record);
    }
}
