//! Overlays, which browsers read and end themselves, through PostgREST.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{names, staging::staging};
use crate::{
    Project,
    http::{post, rpc},
    scene::Scene,
};

const FETCH: &str = "fetch_rank_session_overlays";

pub fn open_and_end(scene: &Scene) -> Result<()> {
    let room = scene.room.as_ref().context("there is a room")?;
    let project = scene.target.project.as_ref().context("there is a project")?;
    let (owner, guest) = (&scene.target.token, scene.target.outsider.as_ref().context("there is a second user")?);
    let before = sessions(project, guest)?;

    let staged = post(&scene.function("stage-room-match"), Some(owner), &staging(room))?;
    names(staged.expect(200)?, "sync_rank_match_roster")?;
    names(&staged, "verify_rank_roles_and_slots")?;
    ensure!(staged.body["inserted_count"] == 2, "two players were staged: {}", staged.raw);

    let opened: Vec<String> = sessions(project, guest)?.difference(&before).cloned().collect();
    let [session] = &opened[..] else {
        anyhow::bail!("one overlay should have opened for the second player, not {}", opened.len())
    };
    ensure!(sessions(project, owner)?.contains(session), "none has opened for the owner of the room");

    let body = json!({ "p_session_id": session });
    ensure!(rpc(project, "end_rank_session", guest, Some(&body))?.status == 404, "somebody else may end it");
    let ended = rpc(project, "end_rank_session", owner, Some(&body))?;
    names(ended.expect(200)?, "end_rank_session")?;
    for token in [owner, guest] {
        ensure!(!sessions(project, token)?.contains(session), "the overlay is there after its end");
    }
    Ok(())
}

/// Those of which somebody has an overlay.
fn sessions(project: &Project, token: &str) -> Result<BTreeSet<String>> {
    let answer = rpc(project, FETCH, token, None)?;
    names(answer.expect(200)?, FETCH)?;
    let overlays = answer.body["overlays"].as_array().with_context(|| format!("no overlays in {}", answer.raw))?;
    let session = |overlay: &Value| overlay["session_id"].as_str().map(str::to_owned);
    overlays.iter().map(|overlay| session(overlay).context("an overlay without its session")).collect()
}

pub fn without_a_token(scene: &Scene) -> Result<()> {
    let project = scene.target.project.as_ref().context("there is a project")?;
    let url = format!("{}/rest/v1/rpc/{FETCH}", project.url.trim_end_matches('/'));
    gate::http::send(&url, &[("apikey", &project.apikey)], None)?.expect(401).map(drop)
}
