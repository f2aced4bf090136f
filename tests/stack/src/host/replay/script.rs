//! The other side of the boundary in a replay: every reading is the recorded one, every call gets the recorded answer,
//! a timer goes off when it went off, and nothing waits for the machine.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use tokio::sync::watch;

use super::body::Recorded;
use crate::host::{
    boundary::{Boundary, Network, Sent},
    outbound,
    record::{
        format::{Answer, Call, Contents, End, Entry, Outcome, Text},
        message,
    },
    wasi::{Error, RequestOptions, WasiBody},
};

/// What a component did in a replay.
#[derive(Debug, Default, Clone)]
pub struct Observed {
    /// The calls, in their order; what came of them is the recording's.
    pub calls: Vec<Call>,
    /// The answer, or why there is none.
    pub answer: Option<Result<Answer, String>>,
    /// The lines that were written.
    pub telemetry: Vec<Text>,
    /// How often the wall clock was read.
    pub wall: usize,
    /// How often the monotonic clock was read.
    pub monotonic: usize,
    /// How many random bytes were drawn.
    pub random: usize,
    /// The variables that were read.
    pub variables: Vec<String>,
}

/// A recorded request that is being played, and what the component has done so far.
#[derive(Clone)]
pub struct Script {
    part: Arc<Mutex<Part>>,
    /// How much has come of what the component may wait for.
    completed: watch::Sender<u64>,
}

struct Part {
    entry: Entry,
    random: Vec<u8>,
    timers: usize,
    observed: Observed,
}

impl Part {
    fn of(entry: &Entry) -> Self {
        let random = base16ct::mixed::decode_vec(&entry.random).unwrap_or_default();
        Self { entry: entry.clone(), random, timers: 0, observed: Observed::default() }
    }
}

impl Script {
    /// From the first request on, whose readings begin before it.
    pub fn new(entry: &Entry) -> Self {
        Self { part: Arc::new(Mutex::new(Part::of(entry))), completed: watch::Sender::new(0) }
    }

    /// The next request.
    pub fn begin(&self, entry: &Entry) {
        *self.part() = Part::of(entry);
        self.completed.send_replace(0);
    }

    /// What the component has done since.
    pub fn observed(&self) -> Observed {
        self.part().observed.clone()
    }

    /// A recorded body.
    pub fn body(&self, contents: Contents) -> WasiBody {
        Recorded::new(self.clone(), contents).boxed_unsync()
    }

    /// Takes as much of a call's body as was taken in the recording.
    async fn take(&self, index: usize, mut body: WasiBody, recorded: &Contents) {
        loop {
            let whole = {
                let mut part = self.part();
                let Some(call) = part.observed.calls.get_mut(index) else { return };
                recorded.end != End::Complete && call.request.body.data.0.len() >= recorded.data.0.len()
            };
            if whole {
                return;
            }
            let frame = body.frame().await;
            let mut part = self.part();
            let Some(call) = part.observed.calls.get_mut(index) else { return };
            match frame {
                Some(Ok(frame)) => call.request.body.data.0.extend(frame.into_data().unwrap_or_default()),
                Some(Err(_)) => return,
                None => {
                    call.request.body.end = End::Complete;
                    let counts = recorded.end == End::Complete && !call.request.body.data.0.is_empty();
                    drop(part);
                    if counts {
                        self.complete();
                    }
                    return;
                }
            }
        }
    }

    fn response(&self, answer: Answer) -> outbound::Answer {
        let unusable = |error: http::Error| Error::InternalError(Some(format!("the recorded answer is none: {error}")));
        let mut response = Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            let (name, value) = (HeaderName::try_from(name), HeaderValue::from_bytes(&value.0));
            let (name, value) = (name.map_err(|e| unusable(e.into()))?, value.map_err(|e| unusable(e.into()))?);
            response = response.header(name, value);
        }
        let response = response.body(self.body(answer.body)).map_err(unusable)?;
        Ok((response, Box::new(async { Ok(()) })))
    }

    fn part(&self) -> MutexGuard<'_, Part> {
        self.part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has come that the component may have waited for.
    pub(super) fn complete(&self) {
        self.completed.send_modify(|completed| *completed += 1);
    }
}

/// The recorded reading; the last one again where there are no more, which the comparison will say.
fn reading(readings: &[u64], count: &mut usize) -> u64 {
    let index = *count;
    *count += 1;
    readings.get(index).or(readings.last()).copied().unwrap_or_default()
}

impl Boundary for Script {
    fn wall(&self) -> Duration {
        let Part { entry, observed, .. } = &mut *self.part();
        Duration::from_nanos(reading(&entry.wall_ns, &mut observed.wall))
    }

    fn monotonic(&self) -> u64 {
        let Part { entry, observed, .. } = &mut *self.part();
        reading(&entry.monotonic_ns, &mut observed.monotonic)
    }

    fn random(&self, bytes: &mut [u8]) {
        let Part { random, observed, .. } = &mut *self.part();
        for byte in bytes {
            *byte = random.get(observed.random).copied().unwrap_or_default();
            observed.random += 1;
        }
    }

    fn seed(&self) -> u128 {
        u128::from_str_radix(&self.part().entry.seed, 16).unwrap_or_default()
    }

    fn wait(&self, _: u64) -> Sent<()> {
        let mut part = self.part();
        let fired = part.entry.timers.get(part.timers).and_then(|timer| timer.fired_after);
        part.timers += 1;
        let mut completed = self.completed.subscribe();
        Box::pin(async move {
            let Some(fired) = fired else { return std::future::pending().await };
            if completed.wait_for(|completed| *completed >= fired).await.is_err() {
                std::future::pending().await
            }
        })
    }

    fn variable(&self, name: &str, _: Option<&String>) -> Option<String> {
        let mut part = self.part();
        part.observed.variables.push(name.to_owned());
        let value = part.entry.variables.iter().find(|variable| variable.name == name);
        let value = value.and_then(|variable| Some(variable.value.as_ref()?.lossy().into_owned()));
        drop(part);
        self.complete();
        value
    }

    fn send(&self, request: Request<WasiBody>, options: &RequestOptions, _: Network) -> Sent<outbound::Answer> {
        let mut part = self.part();
        let index = part.observed.calls.len();
        let recorded = part.entry.calls.get(index).cloned();
        let within_ns = options.first_byte_timeout.and_then(|time| u64::try_from(time.as_nanos()).ok());
        part.observed.calls.push(Call { request: message(&request), within_ns, outcome: None });
        drop(part);
        let script = self.clone();
        Box::pin(async move {
            // One that the recording has not is never answered: the comparison says so.
            let Some(recorded) = recorded else { return Err(Error::ConnectionRefused) };
            script.take(index, request.into_body(), &recorded.request.body).await;
            match recorded.outcome {
                None => std::future::pending().await,
                Some(Outcome::Fault(fault)) => {
                    script.complete();
                    Err(fault.error())
                }
                Some(Outcome::Answer(answer)) => {
                    script.complete();
                    script.response(answer)
                }
            }
        })
    }

    fn line(&self, line: &[u8]) {
        self.part().observed.telemetry.push(Text(line.to_vec()));
    }
}
