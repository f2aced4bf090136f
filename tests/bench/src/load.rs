//! The generator of load: so many connections, each of which asks again as soon as it has its answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::Barrier, task::JoinSet};

use crate::work::{Check, Work};

/// An answer that takes longer than this is none.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one round of load gave.
pub struct Round {
    /// In nanoseconds.
    pub latency: Histogram<u64>,
    /// From the first request to the last answer.
    pub took: Duration,
}

/// How long a round is.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// In which nothing is measured.
    pub warm_up: Duration,
    /// In which everything is.
    pub measured: Duration,
}

/// What happens at the two ends of the measured time: CPU clocks are read.
pub trait Ends {
    /// The measured time begins.
    fn begin(&mut self) -> Result<()>;
    /// It is over.
    fn end(&mut self) -> Result<()>;
}

/// Asks `work` of `address` over so many connections at once. Any answer that is not as it should be ends it.
pub async fn round(
    address: &str,
    work: &Arc<Work>,
    connections: usize,
    length: Length,
    ends: &mut impl Ends,
) -> Result<Round> {
    let barrier = Arc::new(Barrier::new(connections + 1));
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        let connection = Connection::open(address, number, work.clone()).await?;
        tasks.spawn(connection.run(length, barrier.clone()));
    }
    barrier.wait().await;
    // All connections are warm, and wait.
    ends.begin()?;
    barrier.wait().await;
    let began = Instant::now();
    let mut latency = histogram();
    while let Some(done) = tasks.join_next().await {
        latency.add(done??)?;
    }
    let took = began.elapsed();
    ends.end()?;
    Ok(Round { latency, took })
}

/// From a microsecond to a minute, three digits.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3).expect("constant bounds")
}

/// One connection, which is one user.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    number: usize,
    work: Arc<Work>,
    check: Check,
}

impl Connection {
    /// With `TCP_NODELAY`, as every client library has it, and kept alive.
    pub async fn open(address: &str, number: usize, work: Arc<Work>) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // The request sees its failure.
            let _ended = connection.await;
        });
        Ok(Self { sender, number, work, check: Check::default() })
    }

    async fn run(mut self, length: Length, barrier: Arc<Barrier>) -> Result<Histogram<u64>> {
        let warmed = self.until(Instant::now() + length.warm_up).await;
        // Whoever fails must not keep the others waiting.
        barrier.wait().await;
        barrier.wait().await;
        warmed?;
        self.until(Instant::now() + length.measured).await
    }

    async fn until(&mut self, end: Instant) -> Result<Histogram<u64>> {
        let mut latency = histogram();
        // At least one, however slow it is.
        loop {
            latency.saturating_record(u64::try_from(self.ask().await?.as_nanos()).unwrap_or(u64::MAX));
            if Instant::now() >= end {
                return Ok(latency);
            }
        }
    }

    /// From now on.
    pub fn asks(&mut self, work: Arc<Work>) {
        self.work = work;
    }

    /// One request, and how long its answer took to arrive as a whole.
    pub async fn ask(&mut self) -> Result<Duration> {
        let request: Request<Full<Bytes>> = self.work.request(self.number)?;
        let began = Instant::now();
        let exchange = async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            let status = response.status();
            anyhow::Ok((status, response.into_body().collect().await?.to_bytes()))
        };
        let answered = tokio::time::timeout(PATIENCE, exchange).await;
        let took = began.elapsed();
        let (status, body) = answered
            .with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))
            .and_then(|answer| answer)
            .with_context(|| format!("{}", self.work))?;
        let right = self.check.is_right(&self.work, status.as_u16(), &body);
        ensure!(right, "{}: not the answer that was expected: {status} {}", self.work, shown(&body));
        Ok(took)
    }
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned()
}
