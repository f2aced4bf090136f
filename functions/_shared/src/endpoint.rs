//! The outermost handler. It answers whatever happens: an error given to the host would become a bare 500 without
//! body, CORS and record.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response,
    header::{CONTENT_LENGTH, ORIGIN, X_CONTENT_TYPE_OPTIONS},
};

use crate::{
    auth::{Caller, Intent},
    context::Context,
    cors,
    edge::Edge,
    flag::Flag,
    instance::Shared,
    platform::{Body, BodyError, Incoming, Platform},
    problem::Problem,
    reply::{self, REQUEST_ID, Reply},
    request::{self, Request},
    telemetry::Telemetry,
    trace::Trace,
};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const REGION: HeaderName = HeaderName::from_static("x-region");

/// One function: its name, its methods, and how much it reads.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    name: &'static str,
    methods: &'static [Method],
    allow: &'static str,
    intent: Intent,
    limit: usize,
}

/// A body's size, unless a function says otherwise. In bytes.
const LIMIT: usize = 64 * 1024;

impl Endpoint {
    /// A function that reads. `functions.invoke` posts by default, so it takes its fields from a body too.
    pub const fn get(name: &'static str) -> Self {
        let methods = &[Method::GET, Method::HEAD, Method::POST];
        Self { name, methods, allow: "GET, HEAD, POST, OPTIONS", intent: Intent::Read, limit: LIMIT }
    }

    /// A function that stores something.
    pub const fn post(name: &'static str) -> Self {
        Self { name, methods: &[Method::POST], allow: "POST, OPTIONS", intent: Intent::Write, limit: LIMIT }
    }

    /// With a larger or smaller body, in bytes.
    pub const fn up_to(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Runs `handle` between everything that all functions have in common, and writes the record.
    pub async fn respond<H>(
        &self,
        platform: Rc<dyn Platform>,
        shared: &Shared,
        incoming: Incoming,
        handle: H,
    ) -> Response<Bytes>
    where
        H: AsyncFn(&Edge, Caller, Request) -> Result<Reply, Problem>,
    {
        let started = platform.elapsed();
        let Incoming { method, uri, headers, body } = incoming;
        let request = Request { method, uri, headers, body: Bytes::new() };
        let trace = Trace::of(&request.headers, platform.random());
        let mut telemetry = Telemetry::begin(self.name, &request, &trace, platform.now());
        let origin = request.headers.get(ORIGIN).cloned();
        let (preflight, head) = (request.method == Method::OPTIONS, request.method == Method::HEAD);

        let instance = shared.instance(platform.as_ref()).await;
        let known = instance.as_ref().ok().cloned();
        let config = known.as_ref().map(|instance| instance.config());
        let region = config.and_then(|config| config.region.as_deref());
        telemetry.region(region);
        telemetry.warned(known.as_ref().and_then(|instance| instance.verifier().passed_over()));

        let (telemetry, result) = match instance {
            Err(problem) => (telemetry, Some(Err(problem))),
            Ok(_) if preflight => (telemetry, None),
            Ok(instance) => {
                let config = instance.config().clone();
                let context = Context::new(platform.clone(), config, trace.clone(), started, telemetry);
                let edge = Edge::new(context, instance, self.intent);
                let result = self.check_and_handle(&edge, request, body, handle).await;
                (edge.into_context().into_telemetry(), Some(result))
            }
        };

        let mut response = match (&result, config) {
            (None, config) => cors::preflight(self.allow, config.and_then(|config| config.allowed_headers.as_deref())),
            (Some(result), _) => reply::response(result, &trace),
        };
        // Its length stays: it is that of the answer to `GET` (RFC 9110, section 9.3.2).
        if head {
            *response.body_mut() = Bytes::new();
        }
        cors::apply(response.headers_mut(), origin, config.map(|config| config.allowed_origins.as_slice()));
        let took = platform.elapsed().saturating_sub(started);
        common(response.headers_mut(), &trace, &telemetry, region, took);

        let problem = result.as_ref().and_then(|result| result.as_ref().err());
        platform.log(&telemetry.finish(response.status().as_u16(), response.body().len(), problem, took));
        response
    }

    async fn check_and_handle<H>(
        &self,
        edge: &Edge,
        request: Request,
        body: Option<Box<dyn Body>>,
        handle: H,
    ) -> Result<Reply, Problem>
    where
        H: AsyncFn(&Edge, Caller, Request) -> Result<Reply, Problem>,
    {
        if !request.names(self.name) {
            return Err(Problem::NotFound);
        }
        if !self.methods.contains(&request.method) {
            return Err(Problem::MethodNotAllowed { allow: self.allow });
        }
        // Check the flag first: a function that is off calls nothing.
        let context = edge.context();
        let flag = context.config().flag;
        context.record(|telemetry| telemetry.flag(&format!("flag_{}", self.name.replace('-', "_")), &flag.to_string()));
        if flag == Flag::Off {
            context.record(|telemetry| telemetry.flagged(false));
            return Err(Problem::FeatureDisabled);
        }
        // A client that is refused anyway need not send its body. Auth is asked when the body is there: see `Database::call`.
        let caller = edge.authenticate(&request.headers).await?;
        let body = match body {
            Some(body) if ![Method::GET, Method::HEAD].contains(&request.method) => {
                self.read_body(context, &request.headers, body).await?
            }
            _ => Bytes::new(),
        };
        handle(edge, caller, Request { body, ..request }).await
    }

    /// Reads the body, up to the limit. The client has as much time for it as the function has for everything else. A body
    /// that is announced as too long, or as something else than JSON, is not read at all.
    async fn read_body(&self, context: &Context, headers: &HeaderMap, body: Box<dyn Body>) -> Result<Bytes, Problem> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > self.limit) {
            return Err(Problem::PayloadTooLarge { limit: self.limit });
        }
        request::acceptable(headers, announced)?;
        let started = context.elapsed();
        let read = body.read(self.limit, context.config().request_timeout).await;
        let took = context.elapsed().saturating_sub(started);
        context.waited_for_body(took);
        context.record(|telemetry| telemetry.body_read(read.as_ref().map_or(0, Bytes::len), took));
        read.map_err(|error| match error {
            BodyError::TooLarge => Problem::PayloadTooLarge { limit: self.limit },
            BodyError::TimedOut => Problem::MalformedRequest("its body did not arrive in time"),
            BodyError::Broken => Problem::MalformedRequest("its body broke off"),
        })
    }
}

/// What every response has, whatever its status.
fn common(headers: &mut HeaderMap, trace: &Trace, telemetry: &Telemetry, region: Option<&str>, took: Duration) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let mut add = |name, text: String| {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    };
    add(REQUEST_ID, trace.request_id.clone());
    add(SERVER_TIMING, telemetry.server_timing(took));
    if let Some(region) = region {
        add(REGION, region.to_owned());
    }
}
