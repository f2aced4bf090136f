//! What a function sees of one request: authenticate, then ask the database.

use std::{cell::RefCell, rc::Rc, time::Duration};

use time::UtcDateTime;

use crate::{
    auth::{Caller, Intent},
    config::Config,
    instance::Instance,
    platform::{Inbound, Outbound, OutboundError, Platform},
    problem::Problem,
    request::Request,
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
        Self { platform, instance, intent, trace, started, telemetry: RefCell::new(telemetry) }
    }

    /// Who is asking, and is the function switched on for them? Everything else starts from the answer.
    pub async fn authenticate(&self, request: &Request) -> Result<Caller, Problem> {
        let started = self.elapsed();
        let verifier = self.instance.verifier();
        let Config { flag, flag_testers, telemetry_key, .. } = self.config();
        let mut outcome = verifier.authenticate(self, &request.headers).await;
        let mut on = true;
        if let Ok(caller) = &outcome {
            on = flag.is_on_for(caller.subject(), flag_testers);
            self.record(|telemetry| telemetry.flagged(on));
            // For whom it is off, Auth is not asked either.
            if on && let Err(problem) = verifier.still_signed_in(self, caller, self.intent).await {
                outcome = Err(problem);
            }
        }
        let took = self.elapsed().saturating_sub(started);
        self.record(|telemetry| telemetry.authenticated(outcome.as_ref().map(|_| ()), took));
        let caller = outcome?;
        self.record(|telemetry| telemetry_key.iter().for_each(|key| telemetry.user(caller.subject(), key)));
        if on { Ok(caller) } else { Err(Problem::FeatureDisabled) }
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
        self.started + self.config().request_timeout
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
            && let Err(OutboundError::Broken(_)) = answer
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
