//! What is in place: one row for each environment.

use anyhow::{Context as _, Result};
use gate::database::literal;
use serde::{Deserialize, Serialize};

use super::{Store, json, text};
use crate::flags::Flags;

/// What is in place, as far as this tool has put it there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
pub struct Place {
    /// The components.
    pub release: Option<String>,
    /// How far they are turned on.
    pub flags: Option<Flags>,
    /// What a deploy command was given that has not come back: it may have been done or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deploying: Option<Deploying>,
}

/// What a deploy command was given.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Deploying {
    /// The components.
    pub release: String,
    /// How far they were to be turned on.
    pub flags: Flags,
}

impl Store {
    /// What is in place; nothing where there has been no run.
    pub async fn place(&mut self, environment: &str) -> Result<Place> {
        if !self.exists().await? {
            return Ok(Place::default());
        }
        let query = format!(
            "select coalesce((select to_jsonb(p) from lockstep_rollout.in_place as p where environment = {}), '{{}}')::text",
            literal(environment)
        );
        serde_json::from_value(self.query(&query).await?).context("what is in place was recorded by another version")
    }

    /// Notes what is about to be deployed.
    pub async fn deploying(&mut self, environment: &str, release: &str, flags: &Flags) -> Result<()> {
        let deploying = Deploying { release: release.to_owned(), flags: flags.clone() };
        let deploying = json(Some(&deploying))?;
        self.write(&format!(
            "insert into lockstep_rollout.in_place (environment, deploying) values ({}, {deploying}) \
             on conflict (environment) do update set deploying = excluded.deploying, changed_at = now()",
            literal(environment)
        ))
        .await
    }

    /// Notes that it was.
    pub async fn deployed(&mut self, environment: &str, release: &str, flags: &Flags) -> Result<()> {
        let (release, flags) = (text(Some(release)), json(Some(flags))?);
        self.write(&format!(
            "update lockstep_rollout.in_place set release = {release}, flags = {flags}, deploying = null, \
             changed_at = now() where environment = {}",
            literal(environment)
        ))
        .await
    }
}
