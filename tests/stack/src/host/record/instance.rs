//! An instance that is recorded: the real clocks, randomness and network, with a note of everything they gave.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant as Moment, SystemTime},
};

use http::{Request, Response};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{
    Subject, Tape,
    capture::Place,
    format::{Call, Fault, Outcome, Text, Timer, Variable},
    tape,
};
use crate::host::{
    boundary::{Boundary, Network, Sent},
    order::{self, Entries},
    outbound::Answer,
    wasi::{RequestOptions, WasiBody},
};

/// Notes for whichever request it is answering.
pub struct Instance {
    id: u64,
    seed: u128,
    began: Moment,
    current: Mutex<Current>,
    /// How often it was entered.
    entries: Entries,
}

struct Current {
    tape: Arc<Tape>,
    place: u64,
}

impl Instance {
    /// With a seed of its own, and nothing read yet.
    pub fn new(subject: &Arc<Subject>, id: u64) -> Arc<Self> {
        let mut seed = [0; 16];
        draw(&mut seed);
        // What it reads before its first request is noted on a tape of nobody's.
        let current = Mutex::new(Current { tape: subject.tape(), place: 0 });
        Arc::new(Self {
            id,
            seed: u128::from_le_bytes(seed),
            began: Moment::now(),
            current,
            entries: Entries::default(),
        })
    }

    /// What it reads from now on belongs to this request.
    pub fn begin(&self, tape: Arc<Tape>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let before = if current.place == 0 { current.tape.so_far() } else { Default::default() };
        tape.taken(self.id, current.place, self.seed, before);
        tape.follow(&self.entries);
        *current = Current { tape, place: current.place + 1 };
    }

    /// The component runs, from its beginning or from where it waited.
    pub fn entered(&self) {
        self.entries.count();
    }

    fn tape(&self) -> Arc<Tape> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).tape.clone()
    }
}

fn draw(bytes: &mut [u8]) {
    SystemRandom::new().fill(bytes).expect("the system has randomness");
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Boundary for Instance {
    fn wall(&self) -> Duration {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.tape().note(|entry| entry.wall_ns.push(nanoseconds(now)));
        now
    }

    fn monotonic(&self) -> u64 {
        let now = nanoseconds(self.began.elapsed());
        self.tape().note(|entry| entry.monotonic_ns.push(now));
        now
    }

    fn random(&self, bytes: &mut [u8]) {
        draw(bytes);
        self.tape().note(|entry| bytes.iter().for_each(|byte| entry.random += &format!("{byte:02x}")));
    }

    fn seed(&self) -> u128 {
        self.seed
    }

    fn wait(&self, ns: u64) -> Sent<()> {
        let tape = self.tape();
        let index = tape.note(|entry| {
            entry.timers.push(Timer { ns, fired_after: None });
            entry.timers.len() - 1
        });
        Box::pin(async move {
            tokio::time::sleep(Duration::from_nanos(ns)).await;
            let completed = tape.completions();
            tape.note(|entry| entry.timers.get_mut(index).map(|timer| timer.fired_after = Some(completed)));
        })
    }

    fn variable(&self, name: &str, set: Option<&String>) -> Option<String> {
        let value = set.map(|value| Text::from(value.as_str()));
        let tape = self.tape();
        tape.note(|entry| entry.variables.push(Variable { name: name.to_owned(), value }));
        tape.completed();
        set.cloned()
    }

    fn send(&self, request: Request<WasiBody>, options: &RequestOptions, network: Network) -> Sent<Answer> {
        let tape = self.tape();
        let call = Call {
            request: tape::message(&request),
            within_ns: options.first_byte_timeout.map(nanoseconds),
            outcome: None,
        };
        let index = tape.note(|entry| {
            entry.calls.push(call);
            entry.calls.len() - 1
        });
        let (parts, body) = request.into_parts();
        let body = tape.capture(Place::Sent(index), &parts.headers, body);
        let entries = self.entries.clone();
        Box::pin(async move {
            let body = order::body(&parts.headers, body, entries, &tape).await;
            let answer = network(Request::from_parts(parts, body)).await;
            let outcome = match &answer {
                Ok((response, _)) => Outcome::Answer(tape::answer(response)),
                Err(error) => Outcome::Fault(Fault::of(error)),
            };
            tape.note(|entry| entry.calls.get_mut(index).map(|call| call.outcome = Some(outcome)));
            tape.completed();
            let (response, transmitted) = answer?;
            let (parts, body) = response.into_parts();
            let body = tape.capture(Place::Answered(index), &parts.headers, body);
            Ok((Response::from_parts(parts, body), transmitted))
        })
    }

    fn line(&self, line: &[u8]) {
        self.tape().note(|entry| entry.telemetry.push(Text(line.to_vec())));
    }
}
