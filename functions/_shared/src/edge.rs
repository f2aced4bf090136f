//! What a function sees of one request: everything that is not in the request itself.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use http::HeaderMap;
use time::UtcDateTime;

use crate::{
    auth::{Caller, Intent, session},
    config::{Config, SessionCheck},
    instance::Instance,
    platform::{Inbound, Outbound, OutboundError, Platform},
    problem::Problem,
    rpc::Database,
    telemetry::Telemetry,
    trace::Trace,
};

/// One request's view of the world.
pub struct Edge {
    platform: Rc<dyn Platform>,
    instance: Rc<Instance>,
    intent: Intent,
    trace: Trace,
    started: Duration,
    /// How long the caller's body took. It is not taken from the function's own time.
    body: Cell<Duration>,
    telemetry: RefCell<Telemetry>,
}

impl Edge {
    pub(crate) fn new(
        platform: Rc<dyn Platform>,
        instance: Rc<Instance>,
        intent: Intent,
        trace: Trace,
        started: Duration,
        telemetry: Telemetry,
    ) -> Self {
        Self { platform, instance, intent, trace, started, body: Cell::default(), telemetry: RefCell::new(telemetry) }
    }

    /// Who is asking, and is the function switched on for them? The token alone says it. It is what comes first.
    pub(crate) async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let started = self.elapsed();
        let outcome = self.instance.verifier().authenticate(self, headers).await;
        self.authenticated(outcome.as_ref().map(|_| ()), started);
        let caller = outcome?;
        let Config { flag, flag_testers, telemetry_key, .. } = self.config();
        let on = flag.is_on_for(caller.subject(), flag_testers);
        self.record(|telemetry| telemetry.flagged(on));
        self.record(|telemetry| telemetry_key.iter().for_each(|key| telemetry.user(caller.subject(), key)));
        if on { Ok(caller) } else { Err(Problem::FeatureDisabled) }
    }

    /// Asks Auth whether the caller's session goes on, where that is to be asked. It is what comes last before the database.
    pub(crate) async fn confirm(&self, caller: &Caller) -> Result<(), Problem> {
        let asked = match self.config().session_check {
            SessionCheck::Off => false,
            SessionCheck::Writes => self.intent == Intent::Write,
            SessionCheck::All => true,
        };
        if !asked {
            return Ok(());
        }
        let started = self.elapsed();
        let outcome = session::check(self, caller).await;
        self.authenticated(outcome.as_ref().map(|_| ()), started);
        outcome
    }

    /// Somebody else who verifies tokens does not accept one that our keys have verified.
    pub(crate) fn doubt_keys(&self) {
        self.instance.verifier().doubt_keys();
    }

    fn authenticated(&self, outcome: Result<(), &Problem>, started: Duration) {
        let took = self.elapsed().saturating_sub(started);
        self.record(|telemetry| telemetry.authenticated(outcome, took));
    }

    /// The database, as this caller.
    pub fn rpc<'e>(&'e self, caller: &'e Caller) -> Database<'e> {
        Database { edge: self, caller }
    }

    pub(crate) fn config(&self) -> &Config {
        self.instance.config()
    }

    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    pub(crate) fn now(&self) -> UtcDateTime {
        self.platform.now()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.platform.elapsed()
    }

    /// When the request's time is used up, on the clock of [`Self::elapsed`].
    pub(crate) fn deadline(&self) -> Duration {
        self.started + self.body.get() + self.config().request_timeout
    }

    /// A client that sends slowly takes nothing of the time that Auth and the database have.
    pub(crate) fn waited_for_body(&self, took: Duration) {
        self.body.set(took);
    }

    /// What is left of the request's time.
    pub(crate) fn remaining(&self) -> Result<Duration, Problem> {
        let left = self.deadline().saturating_sub(self.elapsed());
        if left.is_zero() { Err(Problem::DeadlineExceeded) } else { Ok(left) }
    }

    /// What can be repeated is repeated once when a pooled connection turns out to be dead. With the number of repeats.
    pub(crate) async fn send(&self, call: Outbound, repeatable: bool) -> (Result<Inbound, OutboundError>, u32) {
        let answer = self.platform.send(call.clone()).await;
        if repeatable
            && let Err(OutboundError::Broken(_) | OutboundError::Unreachable(_)) = answer
            && let Ok(within) = self.remaining()
        {
            return (self.platform.send(Outbound { within, ..call }).await, 1);
        }
        (answer, 0)
    }

    pub(crate) fn platform(&self) -> &dyn Platform {
        self.platform.as_ref()
    }

    pub(crate) fn record(&self, note: impl FnOnce(&mut Telemetry)) {
        note(&mut self.telemetry.borrow_mut());
    }

    pub(crate) fn into_telemetry(self) -> Telemetry {
        self.telemetry.into_inner()
    }
}
