//! A stand-in for Supabase Realtime, as much of it as broadcasts from the database need: the Phoenix protocol that
//! `@supabase/realtime-js` speaks, private channels authorised at join by the policies of `realtime.messages`, and what
//! is written there handed to whoever has joined. For tests and the local demo only.

mod authority;
mod feed;
mod frame;
mod socket;

use std::sync::Arc;

use anyhow::Result;
use axum::{
    extract::{Query, State, WebSocketUpgrade},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    sync::{Mutex, broadcast, watch},
    task::JoinHandle,
};

use self::{authority::Authority, frame::Version};
use crate::{cluster::Cluster, keys::Keys};

/// More than one test ever has on the way at once.
const WAITING: usize = 16 * 1024;

/// What goes to everybody who has joined a topic.
#[derive(Debug, Clone)]
pub(crate) struct Broadcast {
    /// Without `realtime:`.
    topic: String,
    /// Private and public channels of one name are different channels.
    private: bool,
    event: String,
    payload: Value,
    /// The socket that sent it, which hears nothing of it.
    from: Option<u64>,
}

/// The running stand-in. Dropping it closes every socket.
pub struct Realtime {
    keys: Arc<Keys>,
    authority: Mutex<Authority>,
    broadcasts: broadcast::Sender<Arc<Broadcast>>,
    reachable: watch::Sender<bool>,
    following: JoinHandle<()>,
}

impl Realtime {
    /// Listens to the database.
    pub(crate) async fn start(cluster: &Cluster, keys: Arc<Keys>) -> Result<Arc<Self>> {
        let authority = Mutex::new(Authority::new(cluster.login("supabase_admin")));
        let (broadcasts, _) = broadcast::channel(WAITING);
        let following = feed::follow(cluster.login("supabase_admin"), broadcasts.clone()).await?;
        let (reachable, _) = watch::channel(true);
        Ok(Arc::new(Self { keys, authority, broadcasts, reachable, following }))
    }

    /// Closes every socket, and lets nobody in: as when the server is gone.
    pub fn cut(&self) {
        self.reachable.send_replace(false);
    }

    /// Lets everybody in again. What was written in the meantime is not sent any more, as by the real one.
    pub fn restore(&self) {
        self.reachable.send_replace(true);
    }
}

impl Drop for Realtime {
    fn drop(&mut self) {
        self.following.abort();
    }
}

/// What a client says in the URL.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    apikey: Option<String>,
    vsn: Option<String>,
}

/// `GET /realtime/v1/websocket?apikey=…&vsn=2.0.0`
pub(crate) async fn websocket(
    State(realtime): State<Arc<Realtime>>,
    Query(asked): Query<Asked>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let known = |key: &String| *key == realtime.keys.publishable || realtime.keys.verify(key).is_ok();
    if !asked.apikey.as_ref().is_some_and(known) {
        return (StatusCode::FORBIDDEN, "no apikey of this project").into_response();
    }
    let Some(version) = Version::of(asked.vsn.as_deref()) else {
        return (StatusCode::BAD_REQUEST, "this stand-in speaks vsn 1.0.0 and 2.0.0").into_response();
    };
    if !*realtime.reachable.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "cut off").into_response();
    }
    upgrade.on_upgrade(move |socket| socket::serve(realtime, version, socket))
}
