//! What was promised: how many requests are answered well, and how many of those in time.

use serde::Serialize;

use crate::burn::Indicator;

/// The promises, and when a breach is worth a word.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objectives {
    /// Percent of the requests that are not answered with a 5xx.
    pub availability_percent: f64,
    /// Percent of the requests answered with neither a 4xx nor a 5xx that take no longer than the threshold.
    pub latency_percent: f64,
    /// Milliseconds, of the whole request but for the time in which the caller sent its body.
    pub latency_threshold_ms: f64,
    /// So many bad requests have to be in a window before a rule fires.
    pub at_least: u64,
}

impl Default for Objectives {
    fn default() -> Self {
        Self { availability_percent: 99.9, latency_percent: 99.0, latency_threshold_ms: 300.0, at_least: 1 }
    }
}

impl Objectives {
    /// The share that may go wrong, of 1.
    pub fn allowed(&self, indicator: Indicator) -> f64 {
        let percent = match indicator {
            Indicator::Availability => self.availability_percent,
            Indicator::Latency => self.latency_percent,
        };
        // 100 - 99.9 is 0.09999999999999432.
        steady((100.0 - percent) / 100.0)
    }
}

/// Without what binary fractions add in the tenth digit, so that a rule's edge is where it was drawn.
pub fn steady(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}
