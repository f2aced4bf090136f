//! The checks, in the order of the request's way through the system.

mod disabled;
mod overlays;
mod reading;
mod refusals;
mod staging;
mod writing;

use anyhow::{Context as _, Result, ensure};
use gate::{
    contract::{Contract, Function, Volatility},
    http::Answer,
};

use crate::{Target, scene::Scene};

/// One promise.
pub struct Check {
    pub name: &'static str,
    pub needs: &'static [Needs],
    pub run: fn(&Scene) -> Result<()>,
}

/// What a check cannot be made without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Outsider,
    Channel,
    Room,
    Project,
}

/// All of them, or, where the functions are turned off, that they say so.
pub fn all(target: &Target) -> Vec<Check> {
    use Needs::{Channel, Outsider, Project, Room};
    if target.disabled {
        return disabled::all();
    }
    let check = |name, needs, run| Check { name, needs, run };
    vec![
        check("a browser may call each function (CORS preflight)", &[], refusals::preflight),
        check("without a token: 401 from each function, in JSON", &[], refusals::without_a_token),
        check("with a forged token: 401 from each function", &[], refusals::with_a_forged_token),
        check("with a bad limit: 422, naming the field", &[], refusals::with_a_bad_limit),
        check("no function of the name: 404, in JSON", &[], refusals::unknown_function),
        check("a member sends, and the same again is no second message", &[Room], writing::member_sends),
        check("a message without a text: 422, naming the field", &[Channel], writing::blank),
        check("an outsider sends: 403", &[Outsider, Channel], writing::outsider),
        check("a member reads the channel, newest first", &[Channel], reading::member_reads),
        check("the RPC names its version", &[Channel], reading::version),
        check("an older page follows without a gap", &[Channel], reading::older_page),
        check("an outsider reads: 403", &[Outsider, Channel], reading::outsider),
        check("a room that is not there: 404", &[], staging::unknown_room),
        check("roles and slots that contradict each other: 422", &[Room], staging::contradiction),
        check("who does not own the room: 403", &[Room], staging::not_the_owner),
        check("the owner stages: verified, and an overlay opens and ends", &[Room, Project], overlays::open_and_end),
        check("an RPC without a token: refused by PostgREST too", &[Project], overlays::without_a_token),
    ]
}

/// Those that ship, by the contract that this was built with, each with its method: what calls an RPC that may write is
/// posted to.
fn functions() -> Vec<(&'static str, String)> {
    let contract = Contract::parse(include_str!("../../../../supabase/rank_required_rpcs.json"));
    let contract = contract.expect("a test of the gate has read it");
    let writes = |rpcs: &[&Function]| rpcs.iter().any(|rpc| rpc.volatility == Volatility::Volatile);
    let functions = contract.components().into_iter();
    functions.map(|(name, rpcs)| (if writes(&rpcs) { "POST" } else { "GET" }, name.to_owned())).collect()
}

/// A refusal, in the one form that all have.
fn refused(answer: &Answer, status: u16, codes: &[&str]) -> Result<()> {
    let body = &answer.expect(status)?.body;
    let code = body["code"].as_str().with_context(|| format!("no code in {}", answer.raw))?;
    ensure!(codes.contains(&code), "expected one of {codes:?}, got {code}");
    ensure!(answer.demand("sb-error-code")? == code, "sb-error-code is not the body's code");
    for name in ["code", "message", "msg", "details", "hint", "request_id"] {
        ensure!(body.get(name).is_some(), "the body has no {name}: {}", answer.raw);
    }
    ensure!(answer.demand("x-request-id")? == answer.text("request_id"), "x-request-id is not the body's request_id");
    ensure!(answer.demand("content-type")?.starts_with("application/json"), "not declared as JSON");
    readable(answer)
}

/// By a page of another origin.
fn readable(answer: &Answer) -> Result<()> {
    answer.demand("access-control-allow-origin").context("a browser may not read it")?;
    let exposed = answer.demand("access-control-expose-headers")?;
    ensure!(exposed.contains("sb-error-code"), "a browser does not see sb-error-code: {exposed}");
    Ok(())
}

/// That the RPC of this name answered, and with a version.
fn names(answer: &Answer, rpc: &str) -> Result<()> {
    let versions = answer.demand("x-rpc-version")?;
    let named = versions.split(',').filter_map(|entry| entry.trim().split_once('/')).any(|(name, _)| name == rpc);
    ensure!(named, "another RPC answered: {versions}");
    Ok(())
}
