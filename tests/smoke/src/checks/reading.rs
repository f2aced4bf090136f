//! `messages-list`.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{names, readable, refused};
use crate::{http::get, scene::Scene};

fn list(scene: &Scene, query: &str) -> String {
    scene.function(&format!("messages-list?channel_id={}{query}", scene.channel))
}

fn messages(scene: &Scene, query: &str) -> Result<Vec<Value>> {
    let answer = get(&list(scene, query), Some(&scene.target.token))?;
    serde_json::from_str(&answer.expect(200)?.raw).with_context(|| format!("not an array: {}", answer.raw))
}

/// The cursor of a message; compared as text, since all of them have one format and one offset.
fn position(message: &Value) -> Result<(String, String)> {
    let text =
        |name: &str| message[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {message}"));
    Ok((text("inserted_at")?, text("id")?))
}

pub fn member_reads(scene: &Scene) -> Result<()> {
    let times: Vec<_> = messages(scene, "&limit=50")?.iter().map(position).collect::<Result<_>>()?;
    ensure!(times.len() <= 50, "{} messages for a limit of 50", times.len());
    ensure!(
        times.windows(2).all(|pair| pair[0].0.trim_end_matches("+00:00") >= pair[1].0.trim_end_matches("+00:00")),
        "not newest first"
    );
    ensure!(messages(scene, "&limit=1")?.len() <= 1, "more than one message for a limit of 1");
    Ok(())
}

pub fn version(scene: &Scene) -> Result<()> {
    let answer = get(&list(scene, "&limit=1"), Some(&scene.target.token))?;
    names(answer.expect(200)?, "fetch_social_messages")?;
    readable(&answer)
}

/// Of four messages, the page before the second is the other two, whatever is posted in the meantime.
pub fn older_page(scene: &Scene) -> Result<()> {
    let four = messages(scene, "&limit=4")?;
    let Some(second) = four.get(1) else { return Ok(()) };
    let (inserted_at, id) = position(second)?;
    let older = messages(scene, &format!("&limit=2&before={},{id}", inserted_at.replace('+', "%2B")))?;
    ensure!(older == four[2..], "the page before the second message is not the third and the fourth");
    Ok(())
}

pub fn outsider(scene: &Scene) -> Result<()> {
    refused(&get(&list(scene, ""), scene.target.outsider.as_deref())?, 403, &["not_channel_member"])
}
