//! Minutes on end at full load: whether the host of our functions keeps its memory and its descriptors. Half of the
//! connections list, half of them send.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::{
    load::Connection,
    people::Algorithm,
    result::host::{Sample, Soak},
    site::Site,
    usage::Family,
    work::{Operation, Spelling, Token, Work},
};

/// As many as Spin has an instance serve at once.
const CONNECTIONS: usize = 16;
/// Between two looks at the host.
const EVERY: Duration = Duration::from_secs(2);

/// For so many minutes.
pub async fn measure(site: &Site<'_>, minutes: f64) -> Result<Soak> {
    site.bench.people.forget(&site.bench.database).await?;
    let ours = site.progress.step("the functions, for the soak", site.ours("off")).await?;
    let work = |operation| {
        Arc::new(Work {
            operation,
            spelling: Spelling::Function,
            algorithm: Algorithm::Es256,
            token: Token::Usual,
            people: site.bench.people.clone(),
            system: "lockstep",
        })
    };
    let (list, send) = (work(Operation::List { rows: 50 }), work(Operation::Send));
    let end = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let requests = Arc::<AtomicU64>::default();
    let load = async {
        let mut asking = JoinSet::new();
        for number in 0..CONNECTIONS {
            let work = if number % 2 == 0 { &list } else { &send };
            let connection = Connection::open(&ours.address, number, work.clone()).await?;
            asking.spawn(ask(connection, end, requests.clone()));
        }
        let samples = watch(ours.family, end, &mut asking).await?;
        while let Some(done) = asking.join_next().await {
            done??;
        }
        Ok(samples)
    };
    let samples = site.progress.step(&format!("{minutes} minutes at full load"), load).await?;
    let slope = |of: fn(&Sample) -> f64| per_minute(&samples, of).context("the soak is too short for a slope");
    Ok(Soak {
        host: site.hosting.mark(),
        minutes,
        connections: CONNECTIONS,
        requests: requests.load(Ordering::Relaxed),
        memory_mib_per_minute: slope(|sample| sample.memory_bytes as f64 / 1_048_576.0)?,
        descriptors_per_minute: slope(|sample| sample.descriptors as f64)?,
        samples,
    })
}

async fn ask(mut connection: Connection, end: Instant, requests: Arc<AtomicU64>) -> Result<()> {
    while Instant::now() < end {
        connection.ask().await?;
        requests.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Looks at the host until the end, or until a request has failed.
async fn watch(family: Family, end: Instant, asking: &mut JoinSet<Result<()>>) -> Result<Vec<Sample>> {
    let began = Instant::now();
    let mut looks = tokio::time::interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut samples = Vec::new();
    while Instant::now() + EVERY < end {
        tokio::select! {
            _ = looks.tick() => {}
            Some(done) = asking.join_next() => done??,
        }
        let (memory_bytes, descriptors) = family.resident()?;
        samples.push(Sample { seconds: began.elapsed().as_secs_f64(), memory_bytes, descriptors });
    }
    Ok(samples)
}

/// How much more there is with each minute of the second half: the slope of the line that fits the samples best. The
/// first half is for what a host must have once. `None` of fewer than two samples.
fn per_minute(samples: &[Sample], of: fn(&Sample) -> f64) -> Option<f64> {
    let half = &samples[samples.len() / 2..];
    let count = half.len() as f64;
    let mean = |of: &dyn Fn(&Sample) -> f64| half.iter().map(of).sum::<f64>() / count;
    let minutes = |sample: &Sample| sample.seconds / 60.0;
    let (middle, level) = (mean(&minutes), mean(&of));
    let spread: f64 = half.iter().map(|sample| (minutes(sample) - middle).powi(2)).sum();
    let rise: f64 = half.iter().map(|sample| (minutes(sample) - middle) * (of(sample) - level)).sum();
    (spread > 0.0).then(|| rise / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(descriptors: &[usize]) -> Vec<Sample> {
        let sample = |(minute, descriptors): (usize, &usize)| Sample {
            seconds: minute as f64 * 60.0,
            memory_bytes: 0,
            descriptors: *descriptors,
        };
        descriptors.iter().enumerate().map(sample).collect()
    }

    #[test]
    fn what_a_host_needs_once_is_no_growth() {
        let slope = |descriptors: &[usize]| per_minute(&samples(descriptors), |sample| sample.descriptors as f64);

        assert_eq!(slope(&[1, 20, 40, 50, 50, 50, 50, 50]), Some(0.0));
        assert_eq!(slope(&[1, 20, 40, 50, 60, 62, 64, 66]), Some(2.0));
        assert_eq!(slope(&[1]), None);
    }
}
