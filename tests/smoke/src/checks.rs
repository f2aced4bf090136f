//! The checks, in the order of the request's way through the system.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    Target,
    http::{Answer, get, send},
};

pub struct Check {
    pub name: &'static str,
    pub run: fn(&Target) -> Result<()>,
}

/// What can be checked with the tokens there are.
pub fn all(target: &Target) -> Vec<Check> {
    let mut checks = vec![
        Check { name: "a browser may call it (CORS preflight)", run: preflight },
        Check { name: "without a token: 401, in JSON", run: without_a_token },
        Check { name: "with a forged token: 401", run: with_a_forged_token },
        Check { name: "with a bad limit: 422, naming the field", run: with_a_bad_limit },
        Check { name: "a member reads the channel, newest first", run: member_reads },
        Check { name: "the RPC names its version", run: version },
        Check { name: "an older page follows without a gap", run: older_page },
    ];
    if target.outsider.is_some() {
        checks.push(Check { name: "an outsider: 403", run: outsider });
    }
    checks
}

fn list(target: &Target, query: &str) -> String {
    format!("{}/messages-list?channel_id={}{query}", target.url.trim_end_matches('/'), target.channel)
}

fn preflight(target: &Target) -> Result<()> {
    let asked = [
        ("origin", "https://smoke.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ];
    let answer = send("OPTIONS", &list(target, ""), None, &asked)?;
    let allowed = answer.expect(204)?.header("access-control-allow-headers")?;
    ensure!(allowed.to_ascii_lowercase().contains("authorization"), "authorization is not allowed: {allowed}");
    Ok(())
}

fn refused(answer: &Answer, status: u16, codes: &[&str]) -> Result<()> {
    let body = answer.expect(status)?.json()?;
    let code = body["code"].as_str().with_context(|| format!("no code in {body}"))?;
    ensure!(codes.contains(&code), "expected one of {codes:?}, got {code}");
    ensure!(answer.header("sb-error-code")? == code, "sb-error-code is not the body's code");
    answer.header("x-request-id")?;
    Ok(())
}

fn without_a_token(target: &Target) -> Result<()> {
    let answer = get(&list(target, ""), None)?;
    ensure!(answer.header("www-authenticate")?.starts_with("Bearer"), "no challenge");
    refused(&answer, 401, &["auth_required"])
}

fn with_a_forged_token(target: &Target) -> Result<()> {
    let (head, _) = target.token.rsplit_once('.').context("the token is not a JWT")?;
    let forged = format!("{head}.{}", "A".repeat(43));
    refused(&get(&list(target, ""), Some(&forged))?, 401, &["invalid_token"])
}

fn with_a_bad_limit(target: &Target) -> Result<()> {
    let answer = get(&list(target, "&limit=many"), Some(&target.token))?;
    refused(&answer, 422, &["invalid_parameter"])?;
    ensure!(answer.json()?["details"] == "limit", "the field is not named: {}", answer.body);
    Ok(())
}

fn messages(target: &Target, query: &str) -> Result<Vec<Value>> {
    let answer = get(&list(target, query), Some(&target.token))?;
    serde_json::from_str(&answer.expect(200)?.body).with_context(|| format!("not an array: {}", answer.body))
}

/// The cursor of a message; compared as text, since all of them have one format and one offset.
fn position(message: &Value) -> Result<(String, String)> {
    let text =
        |name: &str| message[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {message}"));
    Ok((text("inserted_at")?, text("id")?))
}

fn member_reads(target: &Target) -> Result<()> {
    let times: Vec<_> = messages(target, "&limit=50")?.iter().map(position).collect::<Result<_>>()?;
    ensure!(times.len() <= 50, "{} messages for a limit of 50", times.len());
    ensure!(
        times.windows(2).all(|pair| pair[0].0.trim_end_matches("+00:00") >= pair[1].0.trim_end_matches("+00:00")),
        "not newest first"
    );
    Ok(())
}

fn version(target: &Target) -> Result<()> {
    let answer = get(&list(target, "&limit=1"), Some(&target.token))?;
    let version = answer.expect(200)?.header("x-rpc-version")?;
    ensure!(version.contains("fetch_social_messages/"), "another RPC answered: {version}");
    Ok(())
}

/// Of four messages, the page before the second is the other two, whatever is posted in the meantime.
fn older_page(target: &Target) -> Result<()> {
    let four = messages(target, "&limit=4")?;
    let Some(second) = four.get(1) else { return Ok(()) };
    let (inserted_at, id) = position(second)?;
    let older = messages(target, &format!("&limit=2&before={},{id}", inserted_at.replace('+', "%2B")))?;
    ensure!(older == four[2..], "the page before the second message is not the third and the fourth");
    Ok(())
}

fn outsider(target: &Target) -> Result<()> {
    refused(&get(&list(target, ""), target.outsider.as_deref())?, 403, &["not_channel_member"])
}
