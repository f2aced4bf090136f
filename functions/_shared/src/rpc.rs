//! The one call: as the caller, with the version that this build expects, under what is left of the time budget.

use anyhow::anyhow;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;

use crate::{
    auth::{Caller, Intent, Verifier},
    context::Context,
    contract::Rpc,
    platform::{Inbound, Outbound},
    problem::Problem,
    reply::{REPLAY, REQUEST_ID, RPC_VERSION, Reply},
    upstream::{self, Asked, Refusal},
};

/// 200 messages of 4,000 characters, each of which JSON may write in six bytes, and room for the rest.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

const EXPECT: HeaderName = HeaderName::from_static("x-rpc-expect");
const CONTENT_PROFILE: HeaderName = HeaderName::from_static("content-profile");
const ACCEPT_PROFILE: HeaderName = HeaderName::from_static("accept-profile");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The database, as one caller sees it.
pub struct Database<'e> {
    pub(crate) context: &'e Context,
    pub(crate) verifier: &'e Verifier,
    pub(crate) intent: Intent,
    pub(crate) caller: &'e Caller,
}

impl Database<'_> {
    /// Runs a STABLE function with `GET`, so that read replicas can serve it and no body waits for an ACK. The rows
    /// are handed on as they are.
    pub async fn read(&self, rpc: &Rpc, arguments: &impl Serialize) -> Result<Reply, Problem> {
        let query = serde_urlencoded::to_string(arguments).expect("arguments are flat");
        let answer = self.call(rpc, Method::GET, &format!("?{query}"), None, true).await?;
        let version = self.answering_version(rpc, &answer, true)?;
        let rows = upstream::rows(&answer)?;
        self.context.record(|telemetry| telemetry.rows(rows));
        Ok(Reply { status: StatusCode::OK, body: answer.body, rpc_version: Some(version), replay: None })
    }

    /// Runs a VOLATILE function with `POST`, and hands on the one object that it returns, with its status. `repeatable`
    /// says that a second attempt cannot store a second time.
    pub async fn write(&self, rpc: &Rpc, arguments: &impl Serialize, repeatable: bool) -> Result<Reply, Problem> {
        let body = serde_json::to_vec(arguments).expect("arguments are JSON");
        let answer = self.call(rpc, Method::POST, "", Some(body.into()), repeatable).await?;
        let version = self.answering_version(rpc, &answer, repeatable)?;
        upstream::object(&answer, repeatable)?;
        self.context.record(|telemetry| telemetry.rows(1));
        let replay = answer.headers.get(REPLAY).cloned();
        Ok(Reply { status: answer.status, body: answer.body, rpc_version: Some(version), replay })
    }

    async fn call(
        &self,
        rpc: &Rpc,
        method: Method,
        query: &str,
        body: Option<Bytes>,
        repeatable: bool,
    ) -> Result<Inbound, Problem> {
        self.verifier.confirm(self.context, self.intent, self.caller).await?;
        self.context.record(|telemetry| telemetry.calling(rpc));
        let uri = format!("{}/rest/v1/rpc/{}{query}", self.context.config().supabase_url, rpc.name);
        let headers = self.headers(rpc, body.is_some())?;
        let started = self.context.elapsed();
        let within = self.context.remaining()?;
        let call = Outbound { method, uri, headers, body, within, limit: MAX_ANSWER };
        let (answer, retries) = self.context.send(call, repeatable).await;
        let took = self.context.elapsed().saturating_sub(started);
        self.context.record(|telemetry| telemetry.called(took, retries));
        answer.map_err(|error| upstream::no_answer(error, repeatable))
    }

    fn headers(&self, rpc: &Rpc, has_body: bool) -> Result<HeaderMap, Problem> {
        let trace = self.context.trace();
        let value = |text: String| HeaderValue::try_from(text).expect("a tag, or an id of well-formed letters");
        let expected: Vec<&str> = rpc.all().map(Rpc::tag).collect();
        let mut headers = self.caller.credentials(self.context.config())?;
        headers.extend([
            (header::ACCEPT, JSON),
            (EXPECT, value(expected.join(", "))),
            (REQUEST_ID, value(trace.request_id.clone())),
            (TRACEPARENT, value(trace.traceparent())),
        ]);
        let schema = HeaderValue::from_static("public");
        if has_body {
            headers.extend([(header::CONTENT_TYPE, JSON), (CONTENT_PROFILE, schema)]);
        } else {
            headers.insert(ACCEPT_PROFILE, schema);
        }
        Ok(headers)
    }

    /// The versions that answered. An answer counts only when each RPC said its name, and a version that can stand in for the
    /// expected one.
    fn answering_version(&self, rpc: &Rpc, answer: &Inbound, repeatable: bool) -> Result<HeaderValue, Problem> {
        let header = answer.headers.get(RPC_VERSION);
        let said = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let status = answer.status.as_u16();
        let refusal = (!answer.status.is_success()).then(|| Refusal::parse(answer, self.context.now()));
        let code = refusal.as_ref().and_then(Refusal::code);
        self.context.record(|telemetry| {
            telemetry.answered(status, (!said.is_empty()).then_some(said), rpc.matched(said), code)
        });
        if let Some(refusal) = refusal {
            let asked = Asked { repeatable, expired: self.caller.has_expired(self.context.now()) };
            if refusal.is_of_the_token() && !asked.expired {
                self.verifier.doubt_keys();
            }
            return Err(refusal.problem(asked));
        }
        for needed in rpc.all() {
            match needed.matched(said) {
                Some(version) if needed.accepts(version) => {}
                Some(version) => return Err(mismatch(needed, version)),
                None => return Err(mismatch(needed, "no version")),
            }
        }
        header.cloned().ok_or_else(|| mismatch(rpc, "no version"))
    }
}

fn mismatch(needed: &Rpc, answered: &str) -> Problem {
    Problem::ContractMismatch(anyhow!("{} is needed, {answered} answered", needed.tag()).into())
}
