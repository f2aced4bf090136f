//! `messages-send`.

use anyhow::{Result, ensure};
use serde_json::json;
use uuid::Uuid;

use super::{names, readable, refused};
use crate::{http::post, scene::Scene};

/// So many that paging has something to do.
const MESSAGES: usize = 5;

pub fn member_sends(scene: &Scene) -> Result<()> {
    let url = scene.function("messages-send");
    for number in 1..=MESSAGES {
        let message = json!({
            "channel_id": scene.channel, "body": format!("smoke test {number}"), "client_message_id": Uuid::new_v4(),
        });
        let sent = post(&url, Some(&scene.target.token), &message)?;
        names(sent.expect(201)?, "insert_social_message")?;
        readable(&sent)?;
        let again = post(&url, Some(&scene.target.token), &message)?;
        ensure!(again.expect(200)?.body["id"] == sent.body["id"], "the same again is another message: {}", again.raw);
    }
    Ok(())
}

pub fn blank(scene: &Scene) -> Result<()> {
    let message = json!({ "channel_id": scene.channel, "body": "   " });
    let answer = post(&scene.function("messages-send"), Some(&scene.target.token), &message)?;
    refused(&answer, 422, &["invalid_parameter"])?;
    ensure!(answer.text("details") == "body", "the field is not named: {}", answer.raw);
    Ok(())
}

pub fn outsider(scene: &Scene) -> Result<()> {
    let message = json!({ "channel_id": scene.channel, "body": "smoke test of an outsider" });
    let answer = post(&scene.function("messages-send"), scene.target.outsider.as_deref(), &message)?;
    refused(&answer, 403, &["not_channel_member"])
}
