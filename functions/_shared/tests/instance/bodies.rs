//! The time that a client takes to send its body is the client's. The clock is the test's.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use futures::executor::block_on;
use http::Method;
use shared::platform::{Body, BodyError, Local};

use crate::project::{Project, key, outcome};

/// The budget of a request.
const ALL: Duration = Duration::from_secs(8);

/// A body that takes its time.
struct Slow(Rc<Project>, Duration);

impl Body for Slow {
    fn read(self: Box<Self>, _: usize, within: Duration) -> Local<'static, Result<Bytes, BodyError>> {
        self.0.clock.set(self.0.clock.get() + self.1.min(within));
        Box::pin(std::future::ready(if self.1 > within { Err(BodyError::TimedOut) } else { Ok(Bytes::new()) }))
    }
}

/// What a request gets whose body takes this time.
fn answer_to_slow(project: &Rc<Project>, token: &str, time: Duration) -> (u16, String) {
    let body = Box::new(Slow(project.clone(), time)) as Box<dyn Body>;
    outcome(&block_on(project.respond(token, Method::POST, Some(body))))
}

#[test]
fn a_body_that_comes_too_late_is_the_clients_fault_and_fails_nothing_else() {
    let one = key("one");
    let project = Project::new(&[&one]);

    let late = answer_to_slow(&project, &project.token(&one), Duration::from_secs(60));

    assert_eq!(late, (400, "malformed_request".into()));
    assert_eq!(project.clock.get(), ALL);
    assert_eq!(project.record()["body_ms"], 8_000.0);
    assert_eq!(block_on(project.status(&one)), 200);
}

#[test]
fn a_slow_body_takes_nothing_of_the_time_that_the_function_has() {
    let one = key("one");
    let project = Project::new(&[&one]);

    let slow = answer_to_slow(&project, &project.token(&one), ALL);

    assert_eq!(slow.0, 200);
    let record = project.record();
    assert_eq!((&record["body_ms"], &record["duration_ms"]), (&8_000.0.into(), &8_000.0.into()));
}

/// Nor is a body waited for that is not going to be looked at.
#[test]
fn who_is_refused_is_refused_before_the_body() {
    let (one, other) = (key("one"), key("one"));
    let project = Project::new(&[&one]);

    let forged = answer_to_slow(&project, &project.token(&other), ALL);

    assert_eq!(forged, (401, "invalid_token".into()));
    assert_eq!(project.clock.get(), Duration::ZERO);
    assert_eq!(project.record()["body_ms"], serde_json::Value::Null);
}
