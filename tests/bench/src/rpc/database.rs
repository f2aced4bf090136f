//! A database for the RPCs alone: a cluster, the migrations, the rows, and the bare forms.

use std::path::Path;

use anyhow::{Context as _, Result};
use stack::{
    cluster::{Cluster, Durability},
    database::{self, Grants, Migrations},
    reaper::Reaper,
    setup::{self, Binaries},
};
use tokio_postgres::Client;

use super::{
    call::Caller,
    cases::{self, Case},
    parts::{self, Part},
};
use crate::run::NO_JOBS;

const ROWS: &str = include_str!("rows.sql");
const BARE: &str = include_str!("bare.sql");

/// Up to date, and running.
pub struct Database {
    /// What it says of itself.
    pub version: String,
    /// A superuser.
    pub admin: Client,
    pub cases: Vec<Case>,
    pub parts: Vec<Part>,
    /// Stops with this.
    pub cluster: Cluster,
}

impl Database {
    /// Of these binaries, in `folder`.
    pub async fn start(binaries: &Binaries, folder: &Path, reaper: &Reaper) -> Result<Self> {
        let (data, sockets) = (folder.join("data"), folder.join("sockets"));
        let cluster = Cluster::start(binaries, &data, &sockets, Durability::Temporary, reaper).await?;
        database::baseline(&cluster, Grants::Today, false).await?;
        database::migrate(&cluster, &setup::root().join("supabase"), Migrations::All).await?;
        let admin = cluster.connect("supabase_admin").await?;
        admin.batch_execute(NO_JOBS).await.context("the cron jobs cannot be taken away")?;
        admin.batch_execute("set session_replication_role = replica").await?;
        // One by one: a vacuum is nobody's second statement.
        for statement in ROWS.split_inclusive(";\n") {
            admin.batch_execute(statement).await.context("the rows cannot be made")?;
        }
        admin.batch_execute("set session_replication_role = origin").await?;
        admin.batch_execute(BARE).await.context("the bare forms cannot be made")?;
        let caller = Caller::connect(&cluster).await?;
        caller.for_good(&cases::staging(1, cases::ADA)).await.context("the room cannot be staged")?;
        let session = "select session_id::text from lockstep.rank_room_templates";
        let session: String = admin.query_one(session, &[]).await?.get(0);
        let version: String = admin.query_one("show server_version", &[]).await?.get(0);
        let version = version.split(' ').next().unwrap_or_default().to_owned();
        Ok(Self { version, cases: cases::all(&session), parts: parts::of(&admin).await?, admin, cluster })
    }

    /// Takes away what rolled-back calls have left, and lets overlays live on.
    pub async fn refresh(&self) -> Result<()> {
        self.admin
            .batch_execute(
                "update public.rank_session_overlays set renewed_at = now(), expires_at = now() + interval '5 minutes'",
            )
            .await?;
        for table in [
            "public.social_messages",
            "public.rank_match_roster",
            "public.rank_sessions",
            "public.rank_session_overlays",
            "lockstep.rank_room_templates",
            "lockstep.audit_log",
        ] {
            self.admin.batch_execute(&format!("vacuum {table}")).await?;
        }
        Ok(())
    }
}
