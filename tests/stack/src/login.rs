//! Connections to the cluster that outlive it: whoever holds one asks for it again before each use, and after PostgreSQL
//! was restarted gets a new one. Supabase's own services do the same.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, unbounded_channel},
};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

/// How to come in as one role.
#[derive(Clone)]
pub struct Login {
    config: Config,
    role: String,
}

impl Login {
    pub(crate) fn new(mut config: Config, role: &str) -> Self {
        config.user(role).dbname("postgres").application_name("stack");
        Self { config, role: role.to_owned() }
    }

    /// A new connection.
    pub async fn connect(&self) -> Result<Client> {
        let (client, connection) =
            self.config.connect(NoTls).await.with_context(|| format!("cannot connect as {}", self.role))?;
        tokio::spawn(async move {
            // The client sees the error too, at its next query.
            let _ended = connection.await;
        });
        Ok(client)
    }

    /// Listens to a channel of `NOTIFY`: the connection, and what is said there, until either is dropped.
    pub async fn listen(&self, channel: &str) -> Result<(Client, UnboundedReceiver<String>)> {
        let (client, mut connection) =
            self.config.connect(NoTls).await.with_context(|| format!("cannot connect as {}", self.role))?;
        let (sender, said) = unbounded_channel();
        tokio::spawn(async move {
            let mut messages = futures::stream::poll_fn(move |context| connection.poll_message(context));
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notification(notification) = message {
                    let _unheard = sender.send(notification.payload().to_owned());
                }
            }
        });
        client.batch_execute(&format!("listen {channel}")).await?;
        Ok((client, said))
    }
}

/// A connection that is made again when it is needed and gone.
pub struct Standing {
    login: Login,
    client: Mutex<Option<Arc<Client>>>,
}

impl Standing {
    /// Made at the first use.
    pub fn new(login: Login) -> Self {
        Self { login, client: Mutex::default() }
    }

    /// For one use. It fails where PostgreSQL cannot be reached now.
    pub async fn client(&self) -> Result<Arc<Client>> {
        let mut current = self.client.lock().await;
        if let Some(client) = current.as_ref().filter(|client| !client.is_closed()) {
            return Ok(client.clone());
        }
        let client = Arc::new(self.login.connect().await?);
        *current = Some(client.clone());
        Ok(client)
    }
}
