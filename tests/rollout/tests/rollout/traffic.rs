//! People who use the functions all the time, whatever is being rolled out.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::site::Site;

/// Few enough that each may send for a while, and enough for one to be among the first tenth.
const PEOPLE: usize = 24;
/// Less than the rate limit of one user.
const SENT_BY_EACH: usize = 40;
const CHANNEL: &str = "7aff1c00-0000-4000-8000-000000000001";

/// What there was in answers: status and code, and how many.
pub type Answers = BTreeMap<(u16, String), usize>;

pub struct Traffic {
    stop: Arc<AtomicBool>,
    people: JoinSet<Answers>,
}

impl Traffic {
    /// Each reads, and writes now and then, until it is told to stop.
    pub async fn begin(site: &Site) -> Self {
        let ids: Vec<String> = (0..PEOPLE).map(|n| format!("7aff1c00-0000-4000-9000-{n:012}")).collect();
        let accounts = format!(
            "insert into auth.users (id, aud, role, email) select id::uuid, 'authenticated', 'authenticated', \
             id || '@traffic.test' from unnest(array['{}']) as id on conflict do nothing",
            ids.join("','")
        );
        site.database.batch_execute(&accounts).await.unwrap();
        let stop = Arc::<AtomicBool>::default();
        let mut people = JoinSet::new();
        for id in ids {
            let token = site.stack.keys().user(id.parse().unwrap(), "someone@traffic.test").unwrap();
            people.spawn(person(format!("{}/functions/v1", site.stack.origin()), token, stop.clone()));
        }
        Self { stop, people }
    }

    /// The rows that they need once there are tables: a migration of this project.
    pub fn migration() -> String {
        format!(
            "-- A channel for everybody with an account.\n-- Undo: delete from public.social_channels where id = '{CHANNEL}';\n\
             insert into public.social_channels (id, name) values ('{CHANNEL}', 'traffic');\n\
             insert into public.social_channel_members (channel_id, user_id) select '{CHANNEL}', id from auth.users;\n"
        )
    }

    /// All that was answered.
    pub async fn end(self) -> Answers {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Answers::new();
        for answers in self.people.join_all().await {
            for (answer, count) in answers {
                *all.entry(answer).or_default() += count;
            }
        }
        all
    }
}

async fn person(url: String, token: String, stop: Arc<AtomicBool>) -> Answers {
    let client = Client::new();
    let mut answers = Answers::new();
    let mut sent = 0;
    let mut turn = 0_usize;
    while !stop.load(Ordering::Relaxed) {
        turn += 1;
        let writes = turn.is_multiple_of(5) && sent < SENT_BY_EACH;
        let request = if writes {
            let message = json!({ "channel_id": CHANNEL, "body": "and so on" });
            client.post(format!("{url}/messages-send")).json(&message)
        } else {
            client.get(format!("{url}/messages-list?channel_id={CHANNEL}&limit=3"))
        };
        let answer = answer(request.bearer_auth(&token)).await;
        sent += usize::from(answer.0 == 201);
        *answers.entry(answer).or_default() += 1;
    }
    answers
}

/// No answer at all is one too.
async fn answer(request: RequestBuilder) -> (u16, String) {
    match request.send().await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap_or_default();
            (status, body["code"].as_str().unwrap_or_default().to_owned())
        }
        Err(error) => (0, error.to_string()),
    }
}
