//! The one call: as the caller, with the version that this build expects, under what is left of the time budget.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;

use crate::{
    auth::Caller,
    contract::Rpc,
    edge::Edge,
    platform::{Inbound, Outbound, OutboundError},
    problem::Problem,
    reply::{REQUEST_ID, RPC_VERSION, Reply},
    upstream::{self, Refusal},
};

/// 200 messages of 4,000 characters, each of which JSON may write in six bytes, and room for the rest.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

const APIKEY: HeaderName = HeaderName::from_static("apikey");
const EXPECT: HeaderName = HeaderName::from_static("x-rpc-expect");
const ACCEPT_PROFILE: HeaderName = HeaderName::from_static("accept-profile");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The database, as one caller sees it.
pub struct Database<'e> {
    pub(crate) edge: &'e Edge,
    pub(crate) caller: &'e Caller,
}

impl Database<'_> {
    /// Runs a STABLE function with `GET`, so that read replicas can serve it and no body waits for an ACK. The rows
    /// are handed on as they are.
    pub async fn read(&self, rpc: &Rpc, arguments: &impl Serialize) -> Result<Reply, Problem> {
        let query = serde_urlencoded::to_string(arguments).expect("arguments are flat");
        let uri = format!("{}/rest/v1/rpc/{}?{query}", self.edge.config().supabase_url, rpc.name);
        let answer = self.call(rpc, Method::GET, uri).await?;
        let version = self.judge(rpc, &answer)?;
        let rows = upstream::rows(&answer)?;
        self.edge.record(|record| record.rows(rows));
        Ok(Reply { status: StatusCode::OK, body: answer.body, rpc_version: Some(version) })
    }

    /// A read is repeated once when a pooled connection turns out to be dead.
    async fn call(&self, rpc: &Rpc, method: Method, uri: String) -> Result<Inbound, Problem> {
        self.edge.record(|record| record.calling(rpc));
        let headers = self.headers(rpc)?;
        let started = self.edge.elapsed();
        let mut retries = 0;
        let answer = loop {
            let within = self.edge.remaining()?;
            let (method, uri, headers) = (method.clone(), uri.clone(), headers.clone());
            let call = Outbound { method, uri, headers, body: None, within, limit: MAX_ANSWER };
            match self.edge.send(call).await {
                Err(OutboundError::Broken(_)) if retries == 0 => retries += 1,
                answer => break answer,
            }
        };
        let took = self.edge.elapsed().saturating_sub(started);
        self.edge.record(|record| record.called(took, retries));
        answer.map_err(upstream::silence)
    }

    fn headers(&self, rpc: &Rpc) -> Result<HeaderMap, Problem> {
        let config = self.edge.config();
        let trace = self.edge.trace();
        let value = |text: String| {
            HeaderValue::try_from(text).map_err(|_| Problem::InvalidToken("it is not a well-formed JWT"))
        };
        let mut bearer = value(format!("Bearer {}", self.caller.token()))?;
        bearer.set_sensitive(true);
        Ok(HeaderMap::from_iter([
            (header::AUTHORIZATION, bearer),
            (APIKEY, value(config.publishable_key.clone())?),
            (header::ACCEPT, HeaderValue::from_static("application/json")),
            (ACCEPT_PROFILE, HeaderValue::from_static("public")),
            (EXPECT, value(rpc.tag())?),
            (REQUEST_ID, value(trace.request_id.clone())?),
            (TRACEPARENT, value(trace.traceparent())?),
        ]))
    }

    /// An answer counts only when the RPC said its name and a version that can stand in for the expected one.
    fn judge(&self, rpc: &Rpc, answer: &Inbound) -> Result<HeaderValue, Problem> {
        let header = answer.headers.get(RPC_VERSION);
        let matched = header.and_then(|value| value.to_str().ok()).and_then(|list| rpc.matched(list));
        let status = answer.status.as_u16();
        if !answer.status.is_success() {
            let refusal = Refusal::read(answer).unwrap_or_default();
            self.edge.record(|record| record.answered(status, matched, refusal.code.as_deref()));
            return Err(refusal.problem(status));
        }
        self.edge.record(|record| record.answered(status, matched, None));
        match (header, matched) {
            (Some(header), Some(version)) if rpc.accepts(version) => Ok(header.clone()),
            (_, Some(version)) => {
                Err(Problem::ContractMismatch(format!("{} is needed, {version} answered", rpc.tag())))
            }
            (_, None) => Err(Problem::ContractMismatch(format!("{} is needed, no version answered", rpc.tag()))),
        }
    }
}
