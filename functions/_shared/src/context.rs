//! What a request carries wherever it goes: the host, the variables, its trace, its time, and the record that is being
//! written of it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use time::UtcDateTime;

use crate::{
    config::Config,
    platform::{Inbound, Outbound, OutboundError, Platform},
    problem::Problem,
    telemetry::Telemetry,
    trace::Trace,
};

/// One request's.
pub struct Context {
    platform: Rc<dyn Platform>,
    config: Rc<Config>,
    trace: Trace,
    started: Duration,
    /// How long the caller's body took. It is not taken from the function's own time.
    body: Cell<Duration>,
    telemetry: RefCell<Telemetry>,
}

impl Context {
    /// Of a request that arrived at `started`, on the platform's clock.
    pub fn new(
        platform: Rc<dyn Platform>,
        config: Rc<Config>,
        trace: Trace,
        started: Duration,
        telemetry: Telemetry,
    ) -> Self {
        Self { platform, config, trace, started, body: Cell::default(), telemetry: RefCell::new(telemetry) }
    }

    /// The variables.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its ids.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The host.
    pub fn platform(&self) -> &dyn Platform {
        self.platform.as_ref()
    }

    /// The host's wall clock.
    pub fn now(&self) -> UtcDateTime {
        self.platform.now()
    }

    /// The host's clock that never goes back.
    pub fn elapsed(&self) -> Duration {
        self.platform.elapsed()
    }

    /// When the request's time is used up, on the clock of [`Self::elapsed`].
    pub fn deadline(&self) -> Duration {
        self.started + self.body.get() + self.config.request_timeout
    }

    /// What is left of the request's time.
    pub fn remaining(&self) -> Result<Duration, Problem> {
        let left = self.deadline().saturating_sub(self.elapsed());
        if left.is_zero() { Err(Problem::DeadlineExceeded) } else { Ok(left) }
    }

    /// A client that sends slowly takes nothing of the time that Auth and the database have.
    pub fn waited_for_body(&self, took: Duration) {
        self.body.set(took);
    }

    /// What can be repeated is repeated once when a pooled connection turns out to be dead. With the number of repeats.
    pub async fn send(&self, call: Outbound, repeatable: bool) -> (Result<Inbound, OutboundError>, u32) {
        let answer = self.platform.send(call.clone()).await;
        if repeatable
            && let Err(OutboundError::Broken(_) | OutboundError::Unreachable(_)) = answer
            && let Ok(within) = self.remaining()
        {
            return (self.platform.send(Outbound { within, ..call }).await, 1);
        }
        (answer, 0)
    }

    /// Adds to the record.
    pub fn record(&self, note: impl FnOnce(&mut Telemetry)) {
        note(&mut self.telemetry.borrow_mut());
    }

    /// The record, to be ended.
    pub fn into_telemetry(self) -> Telemetry {
        self.telemetry.into_inner()
    }
}
