//! Who may listen and speak on a private topic: asked of the policies, as Realtime asks them when a client joins. A probe
//! is written, read back with the client's role, claims and topic, and written as the client; then all is undone.

use anyhow::Result;
use serde_json::Value;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use crate::login::Login;

/// What a client may do on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    pub read: bool,
    pub write: bool,
}

/// A connection as the server's own role.
pub struct Authority {
    login: Login,
    database: Option<Client>,
}

impl Authority {
    pub fn new(login: Login) -> Self {
        Self { login, database: None }
    }

    /// The claims are those of a token that was verified.
    pub async fn rights(&mut self, claims: &Value, topic: &str) -> Result<Rights> {
        let database = match self.database.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.login.connect().await?,
        };
        let undone = self.database.insert(database).transaction().await?;
        let rights = probe(&undone, claims, topic).await;
        undone.rollback().await?;
        rights
    }
}

async fn probe(transaction: &Transaction<'_>, claims: &Value, topic: &str) -> Result<Rights> {
    let id = Uuid::new_v4();
    let insert = "insert into realtime.messages (id, topic, extension, private) values ($1, $2, 'broadcast', true)";
    transaction.execute(insert, &[&id, &topic]).await?;
    let role = claims["role"].as_str().unwrap_or("anon");
    let become_them = "select set_config('role', $1, true), set_config('realtime.topic', $2, true), \
         set_config('request.jwt.claims', $3, true)";
    transaction.query_one(become_them, &[&role, &topic, &claims.to_string()]).await?;
    let seen = transaction.query_opt("select from realtime.messages where id = $1", &[&id]).await?;
    // A statement that fails ends the transaction, so it comes last.
    let written = transaction.execute(insert, &[&Uuid::new_v4(), &topic]).await;
    Ok(Rights { read: seen.is_some(), write: written.is_ok() })
}
