//! Runs a recorded request again: a fresh instance of a component, put into the state in which the recorded one was, on
//! the other side of whose boundary there is nothing but the recording.

mod body;
mod file;
mod script;

use std::{collections::HashMap, future::pending, path::Path, pin::pin, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use futures::channel::oneshot;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt as _;
use tokio::{sync::broadcast, time::timeout};
use wasmtime::{AsContextMut as _, Engine, Store, component::Accessor};
use wasmtime_wasi_http::{
    handler::{ErrorCode, Prepared, Proxy, ViewFn},
    p3::bindings::ServicePre,
};

pub use self::{
    file::Recording,
    script::{Observed, Script},
};
use super::{
    Sockets, deploy,
    log::Log,
    manifest::Settings,
    outbound::Client,
    record::format::{Answer, Contents, End, Entry, Text, header, headers},
    wasi::{WasiBody, WasiHttpView as _},
    worker::{self, State},
};

/// Nothing is waited for in a replay; what takes this long waits for something that the recording does not have.
const HANGING: Duration = Duration::from_secs(10);

/// The engine of all components, with what it has compiled kept below `target`.
pub struct Players {
    engine: Engine,
    client: Client,
    log: Log,
}

/// One component, ready to run again what it did.
pub struct Player {
    engine: Engine,
    client: Client,
    log: Log,
    service: ServicePre<State>,
    /// SHA-256 of its file.
    pub sha256: String,
}

impl Players {
    /// `root` is the project's folder.
    pub fn new(root: &Path) -> Result<Self> {
        // Of the components' lines, only what the script keeps is looked at.
        let (unheard, _) = broadcast::channel(1);
        Ok(Self { engine: worker::engine(root)?, client: Client::new(Sockets::NoDelay), log: Log::new(unheard, None) })
    }

    /// Compiles a component, or takes it from the cache.
    pub fn player(&self, component: &Path) -> Result<Player> {
        let service = worker::load(&self.engine, component, true)?;
        let (engine, client, log) = (self.engine.clone(), self.client.clone(), self.log.clone());
        Ok(Player { engine, client, log, service, sha256: deploy::digest(component)? })
    }
}

impl Player {
    /// Runs the requests that filled this one's caches, then the request itself, and says what it did.
    pub async fn play(&self, before: &[&Entry], entry: &Entry) -> Result<Observed> {
        let first = before.first().copied().unwrap_or(entry);
        let script = Script::new(first);
        let state = State::new(self.client.clone(), Settings::default(), &self.log, Some(Arc::new(script.clone())));
        let mut store = Store::new(&self.engine, state);
        let service = self.service.instantiate_async(&mut store).await.map_err(anyhow::Error::from)?;
        let proxy = Proxy::P3(service);
        let played = store
            .run_concurrent(async |accessor| {
                let mut observed = Observed::default();
                for (number, request) in before.iter().copied().chain([entry]).enumerate() {
                    if number > 0 {
                        script.begin(request);
                    }
                    let answer = answer(accessor, &proxy, &script, request).await?;
                    observed = Observed { answer: Some(answer), ..script.observed() };
                }
                Ok(observed)
            })
            .await;
        played.map_err(anyhow::Error::from)?
    }
}

/// What the component answers, or why it does not.
async fn answer(
    accessor: &Accessor<State>,
    proxy: &Proxy,
    script: &Script,
    entry: &Entry,
) -> Result<Result<Answer, String>> {
    let (sender, receiver) = oneshot::channel();
    let request = request(script, entry)?.map(|body| body.map_err(ErrorCode::from).boxed_unsync());
    let prepare = |mut store: wasmtime::component::Access<'_, State>| {
        Prepared::new(store.as_context_mut(), proxy, request, ViewFn::P3(State::http), sender)
    };
    let prepared = accessor.with(prepare).map_err(anyhow::Error::from)?;
    let work = async {
        let ran = prepared.run(accessor, pin!(pending())).await;
        if let Err(error) = ran {
            return Err(format!("{error:#}"));
        }
        let response = receiver.await.map_err(|_| "it gave no answer".to_owned())?;
        let (parts, body) = response.map_err(|error| format!("{error:#}"))?.into_parts();
        // As an HTTP server does: an answer to HEAD has no body, whatever length its head says (RFC 9110, 9.3.2).
        let body = match entry.request.method.as_str() {
            "HEAD" => Bytes::new(),
            _ => body.collect().await.map_err(|error| error.to_string())?.to_bytes(),
        };
        let body = Contents { data: Text(body.to_vec()), end: End::Complete };
        Ok(Answer { status: parts.status.as_u16(), headers: headers(&parts.headers), body })
    };
    let hangs = || Err("it waits for something that never came in the recording".to_owned());
    Ok(timeout(HANGING, work).await.unwrap_or_else(|_| hangs()))
}

fn request(script: &Script, entry: &Entry) -> Result<Request<WasiBody>> {
    let message = &entry.request;
    let mut request = Request::builder().method(message.method.as_str()).uri(message.uri.0.as_slice());
    for (name, value) in &message.headers {
        let (name, value) = (HeaderName::try_from(name), HeaderValue::from_bytes(&value.0));
        request = request.header(name?, value?);
    }
    request.body(script.body(message.body.clone())).context("the recorded request is none")
}

/// The earlier requests of the instance whose traces an instance can have kept: those that read variables, those that
/// fetched something for the instance itself, and those that brought the same credential.
pub fn caches<'r>(entry: &Entry, instances: &HashMap<u64, Vec<&'r Entry>>) -> Vec<&'r Entry> {
    let credential = |entry: &Entry| header(&entry.request.headers, "authorization").cloned();
    let own = credential(entry);
    let for_itself =
        |earlier: &Entry| earlier.calls.iter().any(|call| header(&call.request.headers, "authorization").is_none());
    let earlier =
        instances.get(&entry.instance).into_iter().flatten().take_while(|earlier| earlier.place < entry.place);
    earlier
        .filter(|earlier| {
            !earlier.variables.is_empty() || for_itself(earlier) || (own.is_some() && credential(earlier) == own)
        })
        .copied()
        .collect()
}
