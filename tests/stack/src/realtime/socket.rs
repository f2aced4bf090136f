//! One client: what it has joined, what it says, and what it is told.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::extract::ws::{Message as Frame, WebSocket};
use serde_json::{Value, json};

use super::{
    Broadcast, Realtime,
    authority::Rights,
    frame::{self, Message, Version},
};

/// What realtime-js puts in front of the name of a channel.
const PREFIX: &str = "realtime:";

struct Joined {
    private: bool,
    rights: Rights,
}

struct Session {
    realtime: Arc<Realtime>,
    version: Version,
    id: u64,
    channels: HashMap<String, Joined>,
}

/// Until one of the two ends it.
pub async fn serve(realtime: Arc<Realtime>, version: Version, mut socket: WebSocket) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut broadcasts = realtime.broadcasts.subscribe();
    let mut reachable = realtime.reachable.subscribe();
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut session = Session { realtime, version, id, channels: HashMap::new() };
    loop {
        let answers = tokio::select! {
            frame = socket.recv() => match frame {
                Some(Ok(Frame::Text(text))) => session.hear(frame::text(version, &text)).await,
                Some(Ok(Frame::Binary(bytes))) => session.hear(frame::bytes(&bytes)).await,
                Some(Ok(_)) => Vec::new(),
                None | Some(Err(_)) => return,
            },
            broadcast = broadcasts.recv() => match broadcast {
                Ok(broadcast) => session.tell(&broadcast).into_iter().collect(),
                // Slower than what is written: what it missed is lost, as with the real one.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => Vec::new(),
                Err(_) => return,
            },
            // Dropping a socket closes it without a word.
            () = async { drop(reachable.wait_for(|reachable| !reachable).await) } => return,
        };
        for answer in answers {
            if socket.send(Frame::Text(answer.into())).await.is_err() {
                return;
            }
        }
    }
}

impl Session {
    async fn hear(&mut self, message: Option<Message>) -> Vec<String> {
        let Some(message) = message else { return Vec::new() };
        let version = self.version;
        let ok = |response| vec![frame::reply(version, &message, "ok", response)];
        match message.event.as_str() {
            "heartbeat" if message.topic == "phoenix" => ok(json!({})),
            "phx_join" => match self.join(&message).await {
                Ok(()) => ok(json!({ "postgres_changes": [] })),
                Err(reason) => vec![frame::reply(version, &message, "error", json!({ "reason": reason }))],
            },
            "phx_leave" => {
                self.channels.remove(&message.topic);
                ok(json!({}))
            }
            "access_token" => self.renew(&message).await,
            "broadcast" => {
                self.broadcast(&message);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    async fn join(&mut self, message: &Message) -> Result<(), String> {
        let topic = message.topic.strip_prefix(PREFIX).ok_or("the topic does not begin with realtime:")?;
        let private = message.payload["config"]["private"] == true;
        let rights = match private {
            true => self.rights(&message.payload["access_token"], topic).await?,
            false => Rights { read: true, write: true },
        };
        if !rights.read {
            return Err(format!("Unauthorized: You do not have permissions to read from this Channel topic: {topic}"));
        }
        self.channels.insert(message.topic.clone(), Joined { private, rights });
        Ok(())
    }

    /// Of the bearer of a token.
    async fn rights(&self, token: &Value, topic: &str) -> Result<Rights, String> {
        let token = token.as_str().ok_or("Unauthorized: a private channel needs an access token")?;
        let claims = match self.realtime.keys.verify(token) {
            Ok(claims) => serde_json::to_value(claims).map_err(|error| error.to_string())?,
            // Nobody signed in, with the key of the project.
            Err(_) if token == self.realtime.keys.publishable => json!({ "role": "anon" }),
            Err(error) => return Err(format!("InvalidJWTToken: {error}")),
        };
        let mut authority = self.realtime.authority.lock().await;
        authority.rights(&claims, topic).await.map_err(|error| format!("UnableToSetPolicies: {error}"))
    }

    /// A new token for a joined channel; who may no longer read is put out.
    async fn renew(&mut self, message: &Message) -> Vec<String> {
        let Some(joined) = self.channels.get(&message.topic).filter(|joined| joined.private) else { return Vec::new() };
        let before = joined.rights;
        let topic = message.topic.trim_start_matches(PREFIX).to_owned();
        let refusal = match self.rights(&message.payload["access_token"], &topic).await {
            Ok(rights) if rights.read => {
                if rights != before {
                    self.channels.insert(message.topic.clone(), Joined { private: true, rights });
                }
                return Vec::new();
            }
            Ok(_) => "Unauthorized".to_owned(),
            Err(reason) => reason,
        };
        self.channels.remove(&message.topic);
        let system = json!({ "extension": "system", "status": "error", "message": refusal, "channel": topic });
        vec![
            frame::push(self.version, &message.topic, "system", system),
            frame::push(self.version, &message.topic, "phx_close", json!({})),
        ]
    }

    /// What a client sends to the others; silently dropped where it may not.
    fn broadcast(&self, message: &Message) {
        let Some(joined) = self.channels.get(&message.topic).filter(|joined| joined.rights.write) else { return };
        let _unheard = self.realtime.broadcasts.send(Arc::new(Broadcast {
            topic: message.topic.trim_start_matches(PREFIX).to_owned(),
            private: joined.private,
            event: message.payload["event"].as_str().unwrap_or_default().to_owned(),
            payload: message.payload["payload"].clone(),
            from: Some(self.id),
        }));
    }

    fn tell(&self, broadcast: &Broadcast) -> Option<String> {
        let topic = format!("{PREFIX}{}", broadcast.topic);
        let joined = self.channels.get(&topic)?;
        if joined.private != broadcast.private || broadcast.from == Some(self.id) {
            return None;
        }
        let payload = json!({ "type": "broadcast", "event": broadcast.event, "payload": broadcast.payload });
        Some(frame::push(self.version, &topic, "broadcast", payload))
    }
}
