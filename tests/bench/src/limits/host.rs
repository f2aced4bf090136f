//! The limits of the processes that serve functions, and of one instance.

use super::Limit;
use crate::result::{
    SLOW_MS,
    host::{First, FirstFigures, Micro, Soak},
};

/// A first request, over a warm one.
const FIRST_MS: f64 = 5.0;
/// What a call from inside a function costs over the same call without one: it crosses into the host and back.
const CROSSING_MS: f64 = 1.0;

/// After a pause.
pub fn first(first: &First) -> Vec<Limit> {
    let above = |keys: &str| {
        let of = |figures: &&FirstFigures| figures.keys.is_some_and(|its| its == keys);
        first.systems.iter().find(of).map(|figures| figures.first_ms - figures.warm_ms)
    };
    let (Some(inline), Some(fetched)) = (above("inline"), above("from their URL")) else { return Vec::new() };
    let round_trip = first.key_set_ms + CROSSING_MS;
    let later = "a first request with keys from their URL, over one with keys inline";
    let limits = [
        Limit::at_most("a first request over a warm one, keys inline", FIRST_MS, inline, "ms"),
        Limit::at_most(later, round_trip, fetched - inline, "ms"),
    ];
    // A pause also makes the other side acknowledge at once: then the first request is the fast one.
    let waiting = first.systems.iter().any(|figures| figures.warm_ms > SLOW_MS);
    limits.map(|limit| if waiting { limit.not_judged("warm requests wait by themselves") } else { limit }).into()
}

/// A shorter soak has not seen what grows slowly, and its slope is noise.
const LONG_ENOUGH_MINUTES: f64 = 5.0;
/// A minute. What rises less counts as flat: allocators give memory back when it suits them.
const MEMORY_MIB: f64 = 0.25;
/// A minute. Upstream connections come and go.
const DESCRIPTORS: f64 = 1.0;

/// Under full load.
pub fn soak(soak: &Soak) -> Vec<Limit> {
    let what = |of: &str| format!("{of} over the second half of {} minutes at full load", soak.minutes);
    let limits = [
        Limit::at_most(what("memory"), MEMORY_MIB, soak.memory_mib_per_minute, "MiB a minute"),
        Limit::at_most(what("descriptors"), DESCRIPTORS, soak.descriptors_per_minute, "a minute"),
    ];
    let short = soak.minutes < LONG_ENOUGH_MINUTES;
    limits.map(|limit| if short { limit.not_judged("too short") } else { limit }).into()
}

/// One instance, in the stack's host.
pub fn micro(micro: &Micro) -> Vec<Limit> {
    let mut limits = vec![
        Limit::at_most("a repeated ES256 token", 20.0, micro.repeated_es256_us, "µs"),
        Limit::at_most("a first ES256 token", 1000.0, micro.first_es256_us, "µs"),
    ];
    for figures in &micro.components {
        let name = &figures.component;
        let size = figures.size_bytes as f64 / 1000.0;
        let memory = figures.memory_bytes.max(figures.memory_at_16_bytes) as f64 / 1024.0 / 1024.0;
        limits.push(Limit::at_most(format!("{name}: instantiation"), 300.0, figures.instantiation_us, "µs"));
        limits.push(Limit::at_most(format!("{name}: size"), 600.0, size, "KB"));
        limits.push(Limit::at_most(format!("{name}: memory after 128 requests"), 4.0, memory, "MiB"));
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    fn verdicts(of: [(Option<&'static str>, f64, f64); 3]) -> Vec<Verdict> {
        let systems = of.map(|(keys, first_ms, warm_ms)| FirstFigures {
            system: if keys.is_some() { "lockstep" } else { "direct" },
            host: None,
            keys,
            first_ms,
            first_max_ms: first_ms,
            warm_ms,
        });
        let of = First { pause_seconds: 2.0, rounds: 1, key_set_ms: 0.5, systems: systems.into() };
        first(&of).iter().map(|limit| limit.verdict).collect()
    }

    #[test]
    fn a_first_request_may_take_five_milliseconds_more_and_its_keys_one_round_trip() {
        let (direct, inline, url) = ((None, 3.0, 2.0), Some("inline"), Some("from their URL"));

        assert_eq!(verdicts([direct, (inline, 7.0, 3.0), (url, 8.0, 3.0)]), [Verdict::Held; 2]);
        assert_eq!(verdicts([direct, (inline, 9.0, 3.0), (url, 11.0, 3.0)]), [Verdict::Missed; 2]);
    }

    #[test]
    fn a_first_request_is_not_compared_with_warm_ones_that_wait() {
        let (direct, inline, url) = ((None, 3.0, 2.0), Some("inline"), Some("from their URL"));

        assert_eq!(verdicts([direct, (inline, 7.0, 44.0), (url, 8.0, 44.0)]), [Verdict::NotJudged; 2]);
    }
}
