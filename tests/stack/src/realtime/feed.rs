//! What is written to `realtime.messages`, as it is committed. The real server reads a replication slot; a trigger of the
//! baseline tells us the ids (baseline/realtime.sql).

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use tokio::{
    sync::{broadcast, mpsc::UnboundedReceiver},
    task::JoinHandle,
};
use tokio_postgres::Client;
use uuid::Uuid;

use super::Broadcast;
use crate::login::Login;

/// The channel of `NOTIFY`.
const CHANNEL: &str = "realtime_messages";

const ROW: &str = "select topic, coalesce(private, false), coalesce(event, ''), coalesce(payload, '{}') \
    from realtime.messages where id = $1 and extension = 'broadcast'";

/// Between two attempts to reach a database that is gone.
const PAUSE: Duration = Duration::from_millis(200);

/// Until it is aborted. What is written while the database is away from us is not sent any more.
pub async fn follow(login: Login, broadcasts: broadcast::Sender<Arc<Broadcast>>) -> Result<JoinHandle<()>> {
    let mut connection = login.listen(CHANNEL).await?;
    Ok(tokio::spawn(async move {
        loop {
            let (client, mut written) = connection;
            while let Some(id) = written.recv().await {
                hand_on(&client, &id, &broadcasts).await;
            }
            connection = again(&login).await;
        }
    }))
}

async fn again(login: &Login) -> (Client, UnboundedReceiver<String>) {
    loop {
        match login.listen(CHANNEL).await {
            Ok(connection) => return connection,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn hand_on(client: &Client, id: &str, broadcasts: &broadcast::Sender<Arc<Broadcast>>) {
    let Ok(id) = id.parse::<Uuid>() else { return };
    let Ok(Some(row)) = client.query_opt(ROW, &[&id]).await else { return };
    let (topic, private, event, payload) = (row.get(0), row.get(1), row.get(2), row.get(3));
    // Nobody has joined anything: nobody is told.
    let _unheard = broadcasts.send(Arc::new(Broadcast { topic, private, event, payload, from: None }));
}
