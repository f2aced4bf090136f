//! What is asked: each operation as a request to one of the systems, and what its answer must be. A fast error is not a
//! fast answer.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::Full;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};
use shared::contract::{
    FETCH_SOCIAL_MESSAGES, FETCH_SOCIAL_MESSAGES_PAGE, INSERT_SOCIAL_MESSAGE, Rpc, SYNC_RANK_MATCH_ROSTER,
};
use uuid::Uuid;

use crate::people::{Algorithm, People};

/// Which of the three functions, or which of their refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The newest so many messages.
    List { rows: usize },
    /// Fifty messages before the middle of the channel.
    Page,
    /// One message, to a channel of everybody.
    Send,
    /// A newer template and another match, in a room of one's own.
    Stage,
    /// A list without a token: 401.
    Unauthorised,
    /// A list of no channel, with a token: 422.
    Invalid,
}

impl Operation {
    /// What each function is for.
    pub const USUAL: [Self; 3] = [Self::List { rows: 50 }, Self::Send, Self::Stage];

    /// The function's, or what is wrong with the request.
    pub fn name(self) -> &'static str {
        match self {
            Self::List { .. } => "messages-list",
            Self::Page => "messages-list, a page in the middle",
            Self::Send => "messages-send",
            Self::Stage => "stage-room-match",
            Self::Unauthorised => "messages-list without a token (401)",
            Self::Invalid => "messages-list of no channel (422)",
        }
    }
}

/// How a system is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As PostgREST wants it: what a function sends.
    Direct,
    /// As our functions want it; the peers are written for the same.
    Function,
}

/// Whose token is sent.
#[derive(Debug, Clone)]
pub enum Token {
    /// That of the connection's user, the same each time.
    Usual,
    /// This one.
    Given(HeaderValue),
}

/// An operation, asked of one system by these people.
pub struct Work {
    pub operation: Operation,
    pub spelling: Spelling,
    pub algorithm: Algorithm,
    pub token: Token,
    pub people: Arc<People>,
    pub system: &'static str,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} with {}", self.operation, self.system, self.algorithm)
    }
}

/// Versions of templates: each is newer than the last, whoever asks.
static VERSION: AtomicI64 = AtomicI64::new(1);

impl Work {
    /// The next request of this connection.
    pub fn request(&self, connection: usize) -> Result<Request<Full<Bytes>>> {
        let people = &self.people;
        let person = people.person(connection);
        let list = |rows: usize, channel: &str| match self.spelling {
            Spelling::Direct => {
                format!("/rest/v1/rpc/fetch_social_messages?p_channel_id={channel}&p_limit={rows}")
            }
            Spelling::Function => format!("/functions/v1/messages-list?channel_id={channel}&limit={rows}"),
        };
        let (uri, rpc, body) = match self.operation {
            Operation::List { rows } => (list(rows, &people.reading), FETCH_SOCIAL_MESSAGES, None),
            Operation::Page => (self.page(), FETCH_SOCIAL_MESSAGES_PAGE, None),
            Operation::Unauthorised => (list(50, &people.reading), FETCH_SOCIAL_MESSAGES, None),
            Operation::Invalid => (list(50, "none"), FETCH_SOCIAL_MESSAGES, None),
            Operation::Send => {
                let fields =
                    json!({ "channel_id": people.writing, "body": SENTENCE, "client_message_id": Uuid::new_v4() });
                (self.posted("messages-send", INSERT_SOCIAL_MESSAGE), INSERT_SOCIAL_MESSAGE, Some(fields))
            }
            Operation::Stage => {
                let fields = person.staging(VERSION.fetch_add(1, Ordering::Relaxed));
                (self.posted("stage-room-match", SYNC_RANK_MATCH_ROSTER), SYNC_RANK_MATCH_ROSTER, Some(fields))
            }
        };
        let mut request = Request::builder()
            .uri(uri)
            .header(header::HOST, "bench")
            .header(header::ACCEPT, "application/json")
            .header("apikey", &people.publishable);
        if self.operation != Operation::Unauthorised {
            let bearer = match &self.token {
                Token::Usual => person.bearer(self.algorithm),
                Token::Given(bearer) => bearer.clone(),
            };
            request = request.header(header::AUTHORIZATION, bearer);
        }
        if self.spelling == Spelling::Direct {
            let profile = if body.is_some() { "content-profile" } else { "accept-profile" };
            request = request.header("x-rpc-expect", expected(rpc)).header(profile, "public");
        }
        let body = match body {
            Some(fields) => {
                request = request.method(Method::POST).header(header::CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(&self.spelt(fields))?)
            }
            None => Bytes::new(),
        };
        request.body(Full::new(body)).context("a request of constant parts")
    }

    fn page(&self) -> String {
        let People { reading, middle: (time, id), .. } = &*self.people;
        match self.spelling {
            Spelling::Direct => format!(
                "/rest/v1/rpc/fetch_social_messages_page?p_channel_id={reading}&p_limit={PAGE}\
                 &p_before_inserted_at={time}&p_before_id={id}"
            ),
            Spelling::Function => {
                format!("/functions/v1/messages-list?channel_id={reading}&limit={PAGE}&before={time},{id}")
            }
        }
    }

    fn posted(&self, function: &str, rpc: Rpc) -> String {
        match self.spelling {
            Spelling::Direct => format!("/rest/v1/rpc/{}", rpc.name),
            Spelling::Function => format!("/functions/v1/{function}"),
        }
    }

    /// An RPC's arguments are the function's fields, with a prefix.
    fn spelt(&self, fields: Value) -> Value {
        match (self.spelling, fields) {
            (Spelling::Direct, Value::Object(fields)) => {
                fields.into_iter().map(|(name, value)| (format!("p_{name}"), value)).collect()
            }
            (_, fields) => fields,
        }
    }
}

/// Messages of a page in the middle.
const PAGE: usize = 50;

const SENTENCE: &str = "Thursday, same time as always. I am ten minutes late, start without me.";

fn expected(rpc: Rpc) -> HeaderValue {
    let all: Vec<&str> = rpc.all().map(Rpc::tag).collect();
    HeaderValue::try_from(all.join(", ")).expect("names and versions are ASCII")
}

/// Whether an answer is what it should be. Of lists the first is read, and those after it must be the same.
#[derive(Default)]
pub struct Check {
    first: Option<Bytes>,
}

#[derive(Deserialize)]
struct Message {
    id: Uuid,
    body: String,
}

#[derive(Deserialize)]
struct Staged {
    inserted_count: usize,
    replayed: bool,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
}

impl Check {
    pub fn is_right(&mut self, work: &Work, status: u16, body: &Bytes) -> bool {
        match work.operation {
            Operation::List { .. } | Operation::Page => {
                let rows = if let Operation::List { rows } = work.operation { rows } else { PAGE };
                let seen = self.first.as_ref() == Some(body);
                let right = || serde_json::from_slice::<Vec<IgnoredAny>>(body).is_ok_and(|list| list.len() == rows);
                let right = status == 200 && (seen || right());
                self.first.get_or_insert_with(|| body.clone());
                right
            }
            Operation::Send => {
                let message = serde_json::from_slice(body);
                status == 201 && message.is_ok_and(|said: Message| !said.id.is_nil() && said.body == SENTENCE)
            }
            Operation::Stage => {
                let staged = serde_json::from_slice(body);
                status == 200 && staged.is_ok_and(|staged: Staged| staged.inserted_count == 2 && !staged.replayed)
            }
            Operation::Unauthorised => status == 401 && refused(body, "auth_required"),
            Operation::Invalid => status == 422 && refused(body, "invalid_parameter"),
        }
    }
}

fn refused(body: &[u8], code: &str) -> bool {
    serde_json::from_slice(body).is_ok_and(|refused: Refused| refused.code == code)
}
