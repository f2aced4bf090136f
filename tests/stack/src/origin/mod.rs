//! The one origin that a Supabase project has: `/rest/v1` is PostgREST, `/auth/v1` a small stand-in for Auth,
//! `/realtime/v1` one for Realtime, `/functions/v1` the components. An unmodified `createClient(origin, key)` works with it.

mod auth;
mod demo;
mod deploy;
mod gateway;
mod openapi;
mod proxy;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use axum::{
    Router,
    extract::State,
    middleware,
    routing::{any, get, post},
    serve::ListenerExt as _,
};
use tokio::{net::TcpListener, sync::OnceCell, task::JoinHandle};

pub use self::deploy::Deployments;
use crate::{
    faults::Faults,
    keys::Keys,
    login::Standing,
    realtime::{Realtime, websocket},
};

/// A running origin. Dropping it closes the port.
pub struct Origin {
    url: String,
    serving: JoinHandle<()>,
}

/// What the origin stands in front of.
pub struct Backends {
    /// The checkout that is served.
    pub root: PathBuf,
    /// Auth's keys.
    pub keys: Arc<Keys>,
    /// PostgREST's socket.
    pub rest: PathBuf,
    /// Auth's own connection.
    pub database: Standing,
    /// What goes wrong between us and them.
    pub faults: Faults,
    /// Realtime's stand-in.
    pub realtime: Arc<Realtime>,
    /// Known once the host runs, which needs the origin's address.
    pub functions: OnceCell<SocketAddr>,
    /// Known with it, where the host is our own.
    pub deployments: OnceCell<Deployments>,
}

/// A port that is taken, and its URL known, before anything listens behind it.
pub struct Reserved {
    listener: TcpListener,
    url: String,
}

impl Reserved {
    /// Port 0 is any free one.
    pub async fn port(port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.with_context(|| {
            format!("port {port} is taken: stop what listens there, or choose another with --port (0 is any free one)")
        })?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, url })
    }

    /// The origin's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Starts to answer.
    pub fn serve(self, backends: Arc<Backends>) -> Origin {
        let demand_apikey = || middleware::from_fn_with_state(backends.clone(), gateway::demand_apikey);
        let router = Router::new()
            .route("/rest/v1/", any(proxy::rest))
            .route("/rest/v1/{*path}", any(proxy::rest))
            .route_layer(demand_apikey())
            .merge(auth::router().route_layer(demand_apikey()).layer(auth::cors()))
            .route("/auth/v1/.well-known/jwks.json", get(auth::key_set))
            .route("/functions/v1/{*path}", any(proxy::functions))
            .route("/openapi.json", get(openapi::openapi))
            .route("/_stack/deploy", post(deploy::deploy))
            .merge(demo::router())
            .with_state(backends.clone())
            .merge(Router::new().route("/realtime/v1/websocket", any(websocket)).with_state(backends.realtime.clone()));
        let Self { listener, url } = self;
        let serving = tokio::spawn(async move {
            // Only an aborted task ends it: axum retries what can be retried.
            let _ended = axum::serve(listener.tap_io(nodelay), router).await;
        });
        Origin { url, serving }
    }
}

/// As every gateway does; the components' own sockets are another matter.
fn nodelay(stream: &mut tokio::net::TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        say::note!("TCP_NODELAY: {error}");
    }
}

impl Origin {
    /// Without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

type App = State<Arc<Backends>>;
