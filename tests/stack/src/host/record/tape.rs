//! One request, from its arrival to its end: what belongs to it is noted here, whoever notes it.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header::CONTENT_LENGTH};
use http_body_util::BodyExt as _;

use super::{
    Subject,
    capture::{Captured, Place},
    format::{self, Answer, Contents, Entry, Message, Text},
};
use crate::host::{order::Entries, wasi::WasiBody};

/// What is noted of a request. Written once: when its answer has been handed over, or when nobody has it any more.
pub struct Tape {
    subject: Arc<Subject>,
    draft: Mutex<Draft>,
    /// Those of the instance that has taken it.
    entries: OnceLock<Entries>,
}

#[derive(Default)]
struct Draft {
    entry: Entry,
    /// How much of what the component waited for has come: see `Timer::fired_after`.
    completed: u64,
    taken: bool,
    written: bool,
}

impl Tape {
    /// Of a request that nobody has taken yet.
    pub fn new(subject: Arc<Subject>) -> Arc<Self> {
        let entry = Entry { component: subject.component.clone(), sha256: subject.sha256.clone(), ..Entry::default() };
        Arc::new(Self { subject, draft: Mutex::new(Draft { entry, ..Draft::default() }), entries: OnceLock::new() })
    }

    /// The request as the component will get it, whose body is noted as it is read.
    pub fn request(self: &Arc<Self>, request: Request<WasiBody>) -> Request<WasiBody> {
        let message = message(&request);
        self.note(|entry| entry.request = message);
        let (parts, body) = request.into_parts();
        let body = self.capture(Place::Request, &parts.headers, body);
        Request::from_parts(parts, body)
    }

    /// The component's answer, with whose body the request ends.
    pub fn response(self: &Arc<Self>, response: Response<WasiBody>) -> Response<WasiBody> {
        let answer = answer(&response);
        self.note(|entry| entry.response = Some(answer));
        let (parts, body) = response.into_parts();
        let body = self.capture(Place::Response, &parts.headers, body);
        Response::from_parts(parts, body)
    }

    /// There is none.
    pub fn failed(&self, why: &str) {
        self.note(|entry| entry.failure = Some(why.to_owned()));
        self.finish();
    }

    /// Taken by an instance, which has read this much before it took its first request.
    pub fn taken(&self, instance: u64, place: u64, seed: u128, before: Entry) {
        let mut draft = self.draft();
        draft.taken = true;
        let Entry { wall_ns, monotonic_ns, random, telemetry, .. } = before;
        let request = mem::take(&mut draft.entry.request);
        let Entry { component, sha256, .. } = mem::take(&mut draft.entry);
        draft.entry = Entry {
            component,
            sha256,
            instance,
            place,
            seed: format!("{seed:032x}"),
            request,
            wall_ns,
            monotonic_ns,
            random,
            telemetry,
            ..Entry::default()
        };
    }

    /// The instance that has taken it is entered so often.
    pub fn follow(&self, entries: &Entries) {
        let _taken_once = self.entries.set(entries.clone());
    }

    /// How often the instance that has taken it was entered.
    pub fn entries(&self) -> Entries {
        self.entries.get().cloned().unwrap_or_default()
    }

    /// A head left before its body was there.
    pub fn head_alone(&self, whose: &str) {
        let entry = self.so_far();
        let Message { method, uri, .. } = &entry.request;
        self.subject.recorder.head_alone(format!("{whose} of {}: {method} {}", entry.component, uri.lossy()));
    }

    /// Notes something.
    pub fn note<T>(&self, note: impl FnOnce(&mut Entry) -> T) -> T {
        note(&mut self.draft().entry)
    }

    /// Something has come that the component may have waited for.
    pub fn completed(&self) {
        self.draft().completed += 1;
    }

    /// How much of that has come.
    pub fn completions(&self) -> u64 {
        self.draft().completed
    }

    /// What was noted so far.
    pub fn so_far(&self) -> Entry {
        self.draft().entry.clone()
    }

    /// A call's answer is whole: perhaps it is a key set.
    pub fn learn(&self, answer: Bytes) {
        self.subject.recorder.learn(Text(answer.to_vec()));
    }

    /// A body that is noted as it is read.
    pub fn capture(self: &Arc<Self>, place: Place, headers: &HeaderMap, body: WasiBody) -> WasiBody {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        Captured::new(self.clone(), place, announced, body).boxed_unsync()
    }

    /// Everything has been noted. What comes later belongs to nobody.
    pub fn finish(&self) {
        let mut draft = self.draft();
        if mem::replace(&mut draft.written, true) || !draft.taken {
            return;
        }
        let mut entry = mem::take(&mut draft.entry);
        drop(draft);
        entry.id = id(&entry);
        self.subject.recorder.write(entry, self.subject.clone());
    }

    fn draft(&self) -> MutexGuard<'_, Draft> {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Head of a request.
pub fn message(request: &Request<WasiBody>) -> Message {
    Message {
        method: request.method().to_string(),
        uri: Text::from(request.uri().to_string().as_str()),
        headers: format::headers(request.headers()),
        body: Contents::default(),
    }
}

/// Head of an answer.
pub fn answer(response: &Response<WasiBody>) -> Answer {
    let headers = format::headers(response.headers());
    Answer { status: response.status().as_u16(), headers, body: Contents::default() }
}

fn id(entry: &Entry) -> String {
    let answered = entry.response.as_ref().and_then(|response| format::header(&response.headers, "x-request-id"));
    let recorded = || {
        let record: serde_json::Value = serde_json::from_slice(&entry.telemetry.first()?.0).ok()?;
        Some(record["app.request_id"].as_str()?.to_owned())
    };
    answered.map(|id| id.lossy().into_owned()).or_else(recorded).unwrap_or_default()
}
