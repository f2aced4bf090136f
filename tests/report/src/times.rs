//! How long requests took, as histograms whose precision is known: exact to so many significant digits.

use hdrhistogram::Histogram;

/// Above an hour it does not matter any more.
const LONGEST_MS: f64 = 3_600_000.0;

/// How long something took.
#[derive(Debug)]
pub struct Times {
    histogram: Histogram<u32>,
    /// Of one step, in milliseconds.
    unit: f64,
}

impl Times {
    /// To three significant digits.
    pub fn fine() -> Self {
        Self { histogram: Histogram::new(3).expect("three digits are possible"), unit: 0.001 }
    }

    /// To two, which takes a tenth of the memory.
    pub fn coarse() -> Self {
        Self { histogram: Histogram::new(2).expect("two digits are possible"), unit: 0.01 }
    }

    pub fn add(&mut self, ms: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
        let steps = (ms.clamp(0.0, LONGEST_MS) / self.unit).round() as u64;
        // It grows as it must, and an hour fits.
        let _ = self.histogram.record(steps);
    }

    pub fn merge(&mut self, other: &Self) {
        let _ = self.histogram.add(&other.histogram);
    }

    /// Milliseconds that this share of all took at most, to as many significant digits as are known.
    pub fn at(&self, share: f64) -> Option<f64> {
        if self.histogram.is_empty() {
            return None;
        }
        let step = self.histogram.median_equivalent(self.histogram.value_at_quantile(share));
        #[expect(clippy::cast_precision_loss, reason = "an hour in microseconds is exact")]
        Some(rounded(step as f64 * self.unit, self.histogram.sigfig()))
    }
}

/// To significant digits, by way of text, so that 0.1 stays 0.1.
fn rounded(number: f64, digits: u8) -> f64 {
    let text = format!("{number:.*e}", usize::from(digits) - 1);
    text.parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn a_time_of_three_digits_comes_out_as_it_went_in() {
        for ms in [0.001, 0.25, 3.1, 8.19, 8.2, 10.0, 99.9, 301.0, 1640.0, 59_900.0] {
            let mut times = Times::fine();
            times.add(ms);

            assert_eq!(times.at(0.5), Some(ms));
        }
    }

    #[test]
    fn a_share_is_the_time_that_so_many_took_at_most() {
        let mut times = Times::fine();
        (1..=100).for_each(|ms| times.add(f64::from(ms)));

        assert_eq!((times.at(0.5), times.at(0.95), times.at(0.99)), (Some(50.0), Some(95.0), Some(99.0)));
        assert_eq!(Times::coarse().at(0.5), None);
    }
}
