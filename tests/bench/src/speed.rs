//! Under load: each cell with all systems, which take turns in every round, so that whatever the machine does besides
//! falls on all of them.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use tokio_postgres::Client;

use crate::{
    cells::Plan,
    figures::{median, ratio},
    load::{self, Connection, Ends, Length, Round},
    people::{Algorithm, People},
    result::{Cell, Figures, Method, SLOW_MS},
    usage::Family,
    work::{Operation, Spelling, Token, Work},
};

/// Who is asked.
#[derive(Debug, Clone)]
pub struct System {
    /// `direct`, `lockstep`, [`FORWARDER`], `deno`, `node`.
    pub name: &'static str,
    /// How.
    pub spelling: Spelling,
    /// Where.
    pub address: String,
    /// Of ours: what it runs in.
    pub host: Option<String>,
    /// All processes that take part.
    pub families: Vec<Family>,
}

impl System {
    /// What ours is compared with, the direct call apart.
    pub fn is_peer(&self) -> bool {
        !["direct", "lockstep"].contains(&self.name)
    }
}

/// Not what ours competes with: a component that only hands requests on. No limit depends on it.
pub const FORWARDER: &str = "forwarder";

/// With what.
pub struct Bench {
    pub people: Arc<People>,
    /// As `postgres`.
    pub database: Client,
    pub method: Method,
}

impl Bench {
    /// One cell.
    pub async fn cell(&self, plan: Plan, systems: &[System]) -> Result<Cell> {
        let length = Length {
            warm_up: Duration::from_secs_f64(self.method.warm_up_seconds),
            measured: Duration::from_secs_f64(self.method.measured_seconds),
        };
        let mut taken: Vec<Vec<(Round, f64)>> = systems.iter().map(|_| Vec::new()).collect();
        for number in 0..self.method.rounds {
            for place in 0..systems.len() {
                // Nobody is always the one after the slowest.
                let place = (place + number) % systems.len();
                let round = self.round(plan, &systems[place], length).await;
                taken[place].push(round.with_context(|| plan.title())?);
            }
        }
        let mut figures: Vec<Figures> = Vec::new();
        for (system, rounds) in systems.iter().zip(&taken) {
            figures.push(summed_up(system, rounds, figures.first()).context("a cell has rounds")?);
        }
        let rows = plan.rows();
        let Plan { algorithm, connections, session_check, operation } = plan;
        let name = operation.name().to_owned();
        Ok(Cell { name, rows, connections, algorithm, session_check, systems: figures })
    }

    /// One list, over a connection of its own.
    pub async fn first_list(&self, address: &str, algorithm: Algorithm) -> Result<()> {
        let (operation, people) = (Operation::List { rows: 50 }, self.people.clone());
        let work = Work {
            operation,
            spelling: Spelling::Function,
            algorithm,
            token: Token::Usual,
            people,
            system: "a new process",
        };
        Connection::open(address, 0, Arc::new(work)).await?.ask().await?;
        Ok(())
    }

    async fn round(&self, plan: Plan, system: &System, length: Length) -> Result<(Round, f64)> {
        if plan.operation == Operation::Send {
            self.people.forget(&self.database).await?;
        }
        let operation = match (plan.operation, system.spelling) {
            // Nothing refuses on the direct way: a list is what a stall is told from.
            (Operation::Unauthorised | Operation::Invalid, Spelling::Direct) => Operation::List { rows: 50 },
            (operation, _) => operation,
        };
        let work = Arc::new(Work {
            operation,
            spelling: system.spelling,
            algorithm: plan.algorithm,
            token: Token::Usual,
            people: self.people.clone(),
            system: system.name,
        });
        let mut clock = Clock { families: &system.families, used: 0.0 };
        let round = load::round(&system.address, &work, plan.connections, length, &mut clock).await?;
        Ok((round, clock.used))
    }
}

/// CPU seconds within the measured time.
struct Clock<'f> {
    families: &'f [Family],
    used: f64,
}

impl Clock<'_> {
    fn cpu_seconds(&self) -> Result<f64> {
        self.families.iter().map(|family| family.cpu_seconds()).sum()
    }
}

impl Ends for Clock<'_> {
    fn begin(&mut self) -> Result<()> {
        self.used = -self.cpu_seconds()?;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.used += self.cpu_seconds()?;
        Ok(())
    }
}

/// Medians over the rounds; CPU over all of them together, since its clock is coarse. `None` of no rounds.
fn summed_up(system: &System, rounds: &[(Round, f64)], direct: Option<&Figures>) -> Option<Figures> {
    let of =
        |quantile: f64| median(rounds.iter().map(|(round, _)| round.latency.value_at_quantile(quantile) as f64 / 1e6));
    let requests: u64 = rounds.iter().map(|(round, _)| round.latency.len()).sum();
    let rate = median(rounds.iter().map(|(round, _)| round.latency.len() as f64 / round.took.as_secs_f64()))?;
    let cpu = rounds.iter().map(|(_, cpu)| cpu).sum::<f64>() / requests as f64 * 1000.0;
    let p50_ms = of(0.5)?;
    let slow = (SLOW_MS * 1e6) as u64;
    let slow_requests = rounds.iter().map(|(round, _)| round.latency.count_between(slow, u64::MAX)).sum();
    let max_ms = rounds.iter().map(|(round, _)| round.latency.max() as f64 / 1e6).fold(0.0, f64::max);
    Some(Figures {
        system: system.name,
        host: system.host.clone(),
        requests,
        p50_ms,
        p95_ms: of(0.95)?,
        p99_ms: of(0.99)?,
        max_ms,
        slow_requests,
        added_p50_ms: direct.map_or(0.0, |direct| p50_ms - direct.p50_ms),
        requests_per_second: rate,
        throughput_ratio: direct.map_or(Some(1.0), |direct| ratio(rate, direct.requests_per_second))?,
        cpu_seconds_per_1000: cpu,
        added_cpu_seconds_per_1000: direct.map_or(0.0, |direct| cpu - direct.cpu_seconds_per_1000),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(latency_ms: &[u64], seconds: u64, cpu: f64) -> (Round, f64) {
        let mut latency = load::histogram();
        latency_ms.iter().for_each(|ms| latency.record(ms * 1_000_000).unwrap());
        (Round { latency, took: Duration::from_secs(seconds) }, cpu)
    }

    fn system(name: &'static str) -> System {
        System { name, spelling: Spelling::Function, address: String::new(), host: None, families: Vec::new() }
    }

    #[test]
    fn one_round_that_was_disturbed_changes_no_figure_but_the_cpu() {
        let direct = summed_up(&system("direct"), &[round(&[1, 1, 1], 1, 0.0)], None).unwrap();
        let rounds = [round(&[2, 2], 1, 0.1), round(&[2, 2], 1, 0.1), round(&[90], 2, 0.3)];

        let figures = summed_up(&system("lockstep"), &rounds, Some(&direct)).unwrap();

        assert!((figures.p50_ms - 2.0).abs() < 0.01, "{}", figures.p50_ms);
        assert!((figures.added_p50_ms - 1.0).abs() < 0.01);
        assert_eq!((figures.requests, figures.requests_per_second), (5, 2.0));
        assert_eq!(figures.slow_requests, 1, "the one of 90 ms");
        assert!((figures.max_ms - 90.0).abs() < 0.1, "{}", figures.max_ms);
        assert!((figures.throughput_ratio - 2.0 / 3.0).abs() < 1e-9);
        assert!((figures.cpu_seconds_per_1000 - 100.0).abs() < 1e-9);
    }
}
