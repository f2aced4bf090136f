//! A channel of one test's own.

use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::{
    answer::{Answer, Call},
    person::Person,
    running,
};

/// A channel with its members.
pub struct Channel {
    /// Its id.
    pub id: Uuid,
    /// Who belongs to it.
    pub member: Person,
    /// Who does not.
    pub outsider: Person,
    /// As `postgres`.
    pub database: Client,
}

impl Channel {
    /// A channel with one member and no message.
    pub async fn new() -> Self {
        let (member, outsider) = (Person::new().await, Person::new().await);
        let database = running().stack.cluster().connect("postgres").await.expect("PostgreSQL answers");
        let id = Uuid::new_v4();
        let channel = "insert into public.social_channels (id, name) values ($1, 'test')";
        database.execute(channel, &[&id]).await.expect("a channel");
        let membership = "insert into public.social_channel_members (channel_id, user_id) values ($1, $2)";
        database.execute(membership, &[&id, &member.id]).await.expect("a membership");
        Self { id, member, outsider, database }
    }

    /// With so many messages, ten to an instant, the last of them now.
    pub async fn with_messages(count: i32) -> Self {
        let channel = Self::new().await;
        let insert = "insert into public.social_messages (channel_id, sender_id, body, inserted_at) \
             select $1, $2, 'message ' || n, date_trunc('milliseconds', now()) - (($3 - n) / 10) * interval '1.000001 s' \
             from generate_series(1, $3) as n";
        channel.database.execute(insert, &[&channel.id, &channel.member.id, &count]).await.expect("messages");
        channel
    }

    /// `messages-list` of this channel.
    pub fn list(&self, who: &Person, query: &str) -> Call {
        who.get(&format!("/functions/v1/messages-list?channel_id={}{query}", self.id))
    }

    /// The page before a message, as a client asks for it.
    pub async fn page_before(&self, message: &Value, limit: usize) -> Answer {
        let inserted_at = message["inserted_at"].as_str().expect("a time").replace('+', "%2B");
        let id = message["id"].as_str().expect("an id");
        self.list(&self.member, &format!("&limit={limit}&before={inserted_at},{id}")).send().await
    }
}
