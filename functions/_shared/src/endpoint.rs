//! The outermost handler. It answers whatever happens: an error given to the host would become a bare 500 without
//! body, CORS and record.

use std::{cell::RefCell, rc::Rc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};

use crate::{
    cors,
    edge::{Edge, Instance},
    platform::Platform,
    problem::Problem,
    reply::{self, REQUEST_ID, Reply},
    request::Request,
    telemetry::Record,
    trace::Trace,
};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const REGION: HeaderName = HeaderName::from_static("x-region");

/// One function: its name and its methods.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    name: &'static str,
    methods: &'static [Method],
    allow: &'static str,
}

/// What outlives a request, filled by the first one.
pub type Shared = RefCell<Option<Rc<Instance>>>;

impl Endpoint {
    /// A function that reads.
    pub const fn get(name: &'static str) -> Self {
        Self { name, methods: &[Method::GET], allow: "GET, OPTIONS" }
    }

    /// Runs `handle` between everything that all functions have in common, and writes the record.
    pub async fn answer<H>(
        &self,
        platform: Rc<dyn Platform>,
        shared: &Shared,
        request: Request,
        handle: H,
    ) -> Response<Bytes>
    where
        H: AsyncFn(&Edge, Request) -> Result<Reply, Problem>,
    {
        let started = platform.elapsed();
        let trace = Trace::of(&request.headers, platform.random());
        let mut record = Record::begin(self.name, &request, &trace, platform.now());
        let asked = request.headers.clone();
        let preflight = request.method == Method::OPTIONS;

        let instance = instance(platform.as_ref(), shared).await;
        let (origins, region) = match &instance {
            Ok(instance) => (instance.config().allowed_origins.clone(), instance.config().region.clone()),
            Err(_) => Default::default(),
        };
        record.region(region.clone());

        let (record, result) = match instance {
            _ if preflight => (record, None),
            Err(problem) => (record, Some(Err(problem))),
            Ok(instance) => {
                let edge = Edge::new(platform.clone(), instance, trace.clone(), started, record);
                let result = self.run(&edge, request, handle).await;
                (edge.into_record(), Some(result))
            }
        };

        let mut response = match &result {
            None => cors::preflight(self.allow),
            Some(result) => reply::response(result, &trace),
        };
        cors::apply(response.headers_mut(), &asked, &origins);
        let took = platform.elapsed().saturating_sub(started);
        common(response.headers_mut(), &trace, &record, region, took);

        let problem = result.as_ref().and_then(|result| result.as_ref().err());
        platform.log(&record.finish(response.status().as_u16(), response.body().len(), problem, took));
        response
    }

    async fn run<H>(&self, edge: &Edge, request: Request, handle: H) -> Result<Reply, Problem>
    where
        H: AsyncFn(&Edge, Request) -> Result<Reply, Problem>,
    {
        if !self.methods.contains(&request.method) {
            return Err(Problem::MethodNotAllowed { allow: self.allow });
        }
        handle(edge, request).await
    }
}

/// What the first request has read, or a new attempt.
async fn instance(platform: &dyn Platform, shared: &Shared) -> Result<Rc<Instance>, Problem> {
    if let Some(instance) = shared.borrow().as_ref() {
        return Ok(instance.clone());
    }
    let loaded = Rc::new(Instance::load(platform).await?);
    *shared.borrow_mut() = Some(loaded.clone());
    Ok(loaded)
}

/// What every response has, whatever its status.
fn common(headers: &mut HeaderMap, trace: &Trace, record: &Record, region: Option<String>, took: Duration) {
    let mut add = |name, text: String| {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    };
    add(REQUEST_ID, trace.request_id.clone());
    add(SERVER_TIMING, record.server_timing(took));
    if let Some(region) = region {
        add(REGION, region);
    }
}
