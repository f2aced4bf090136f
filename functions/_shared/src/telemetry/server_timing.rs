//! `Server-Timing` (W3C).

/// Of stages with what each took, in milliseconds; those that were not reached are left out.
pub fn header(stages: &[(&str, Option<f64>)]) -> String {
    let stage = |(name, took): &(&str, Option<f64>)| {
        // In whole numbers: writing fractions takes ten kilobytes of code.
        let micros = ((*took)? * 1000.0).round() as u64;
        Some(format!("{name};dur={}.{:03}", micros / 1000, micros % 1000))
    };
    stages.iter().filter_map(stage).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_reached_is_left_out() {
        let stages = [("auth", Some(0.05)), ("rpc", None), ("total", Some(1.0625))];

        assert_eq!(header(&stages), "auth;dur=0.050, total;dur=1.063");
    }
}
