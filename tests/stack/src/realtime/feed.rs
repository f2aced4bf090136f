//! What is written to `realtime.messages`, as it is committed. The real server reads a replication slot; a trigger of the
//! baseline tells us the ids (baseline/realtime.sql).

use std::sync::Arc;

use anyhow::Result;
use tokio::{sync::broadcast, task::JoinHandle};
use uuid::Uuid;

use super::Broadcast;
use crate::cluster::Cluster;

/// The channel of `NOTIFY`.
const CHANNEL: &str = "realtime_messages";

const ROW: &str = "select topic, coalesce(private, false), coalesce(event, ''), coalesce(payload, '{}') \
    from realtime.messages where id = $1 and extension = 'broadcast'";

/// Until it is aborted, or the database is gone.
pub async fn follow(cluster: &Cluster, broadcasts: broadcast::Sender<Arc<Broadcast>>) -> Result<JoinHandle<()>> {
    let (client, mut written) = cluster.listen("supabase_admin", CHANNEL).await?;
    Ok(tokio::spawn(async move {
        while let Some(id) = written.recv().await {
            let Ok(id) = id.parse::<Uuid>() else { continue };
            let Ok(Some(row)) = client.query_opt(ROW, &[&id]).await else { continue };
            let broadcast = Broadcast {
                topic: row.get(0),
                private: row.get(1),
                event: row.get(2),
                payload: row.get(3),
                from: None,
            };
            // Nobody has joined anything: nobody is told.
            let _unheard = broadcasts.send(Arc::new(broadcast));
        }
    }))
}
