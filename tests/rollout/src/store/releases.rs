//! The releases, as bytes.

use anyhow::{Context as _, Result, bail};
use gate::database::{self, Connection, literal};
use serde_json::Value;

use super::Store;
use crate::release::Release;

/// So many are kept, besides those that something still refers to.
const KEPT: usize = 5;

impl Store {
    /// Keeps a release, and lets go of those that nobody can want any more.
    pub async fn keep(&mut self, release: &Release, who: &str) -> Result<()> {
        let new = "insert into lockstep_rollout.releases (id, made_by, manifest) values ($1, $2, $3) \
            on conflict do nothing";
        let file = "insert into lockstep_rollout.files (release, name, content) values ($1, $2, $3)";
        let all = async |connection: &mut Connection| {
            if connection.client().execute(new, &[&release.id, &who, &release.manifest]).await? > 0 {
                for (name, content) in &release.files {
                    connection.client().execute(file, &[&release.id, name, content]).await?;
                }
            }
            Ok(())
        };
        database::in_transaction(&mut self.connection, all).await.context("the release cannot be kept")?;
        // Only the bytes: the runs go on naming it.
        self.write(&format!(
            "delete from lockstep_rollout.files where release not in ( \
               (select id from lockstep_rollout.releases order by made_at desc limit {KEPT}) \
               union select release from lockstep_rollout.in_place where release is not null \
               union select deploying ->> 'release' from lockstep_rollout.in_place where deploying is not null \
               union (select release_before from lockstep_rollout.runs \
                 where release_before is not null and outcome <> 'rolled_back' order by id desc limit 1) \
               union select {} \
             )",
            literal(&release.id)
        ))
        .await
    }

    /// A release by the beginning of its id.
    pub async fn release(&mut self, id: &str) -> Result<Release> {
        if !self.exists().await? {
            bail!("there is no release {id}: nothing has been rolled out here");
        }
        let query = format!(
            "select coalesce(jsonb_agg(jsonb_build_array(id, manifest)), '[]')::text \
             from lockstep_rollout.releases where starts_with(id, {})",
            literal(id)
        );
        let found = database::read(&mut self.connection, &query).await?;
        let (id, manifest) = match &found.as_array().context("a list")?[..] {
            [one] => (one[0].as_str().unwrap_or_default(), one[1].as_str().unwrap_or_default()),
            [] => bail!("there is no release {id}: `rollout status` lists them"),
            _ => bail!("several releases begin with {id}: give more of it"),
        };
        let files = "select name, content from lockstep_rollout.files where release = $1 order by name";
        let rows = self.connection.client().query(files, &[&id]).await?;
        let files = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<Vec<_>>>()?;
        if files.is_empty() {
            bail!("release {id} is no longer kept: build it from its commit, and apply it");
        }
        Ok(Release { id: id.to_owned(), manifest: manifest.to_owned(), files })
    }

    /// The newest first: id, when, by whom, whether it can still be deployed.
    pub async fn releases(&mut self) -> Result<Value> {
        self.query(
            "select coalesce(jsonb_agg(to_jsonb(r) - 'manifest' order by made_at desc), '[]')::text from ( \
               select releases.*, exists (select from lockstep_rollout.files where release = releases.id) as kept \
               from lockstep_rollout.releases order by made_at desc limit 10 \
             ) as r",
        )
        .await
    }
}
