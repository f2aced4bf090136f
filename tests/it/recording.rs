//! What a recording holds, what it does not, and what a replay says of it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use clap::Parser as _;
use it::{Call, Channel, Room, running};
use replay::{cli::Arguments, run::Outcome};
use serde_json::{Value, json};
use stack::host::record::Recorder;
use tempfile::TempDir;

/// Requests of every function, and what must not be in the file.
struct Recorded {
    folder: TempDir,
    secrets: Vec<String>,
}

impl Recorded {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::create(&folder.path().join("recording")).unwrap();
        let host = running().again(Some(recorder.clone())).await;
        let (channel, room) = (Channel::with_messages(3).await, Room::new().await);
        let message = json!({ "channel_id": channel.id, "body": "hello ü" });
        // The last character but one, all of whose bits count.
        let (signed, last) = channel.member.token.split_at(channel.member.token.len() - 2);
        let forged = format!("{signed}{}{}", if last.starts_with('A') { 'B' } else { 'A' }, &last[1..]);
        let calls: [(Call, u16); 9] = [
            (channel.list(&channel.member, "&limit=3"), 200),
            (channel.list(&channel.member, "").apikey(), 200),
            (channel.list(&channel.outsider, ""), 403),
            (channel.list(&channel.member, "&limit=x"), 422),
            (channel.member.post("/functions/v1/messages-send", &message), 200),
            (room.stage(&room.owner, &room.staging(1)), 200),
            (Call::get("/functions/v1/messages-list").bearer(&forged), 401),
            (Call::get("/functions/v1/messages-list").bearer("sb_secret_0123456789abcdef"), 401),
            (Call::get("/functions/v1/messages-list").bearer("nonsense-of-nobody"), 401),
        ];
        for (call, status) in calls {
            let answer = call.at(host.address()).send().await;
            assert_eq!(answer.status.as_u16() / 100, status / 100, "{}", answer.body);
        }
        recorder.flush();
        let keys = running().stack.keys();
        let jwk: Value = serde_json::from_str(&keys.private_jwk()).unwrap();
        let mut secrets = vec![
            keys.secret().to_owned(),
            keys.publishable.clone(),
            keys.telemetry.clone(),
            "sb_secret_0123456789abcdef".to_owned(),
            "nonsense-of-nobody".to_owned(),
            forged,
        ];
        secrets.extend(["d", "x", "y"].map(|name| jwk[name].as_str().unwrap().to_owned()));
        secrets.extend([&channel.member, &channel.outsider, &room.owner].map(|person| person.token.clone()));
        Self { folder, secrets }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("recording")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    /// The outcome with one place of one request changed.
    async fn changed(&self, chosen: fn(&Value) -> bool, change: impl FnOnce(&mut Value)) -> Outcome {
        let mut lines: Vec<Value> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        change(lines.iter_mut().find(|line| chosen(line)).expect("there is one"));
        let path = self.folder.path().join("changed");
        fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        replayed(&[path.to_str().unwrap()]).await.unwrap()
    }
}

async fn replayed(arguments: &[&str]) -> Result<Outcome, String> {
    let arguments = Arguments::parse_from(["replay"].iter().chain(arguments));
    let run = move || arguments.run().map_err(|error| format!("{error:#}"));
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Where the first difference is: the part, the path in it, what was recorded and what was replayed.
fn first(outcome: &Outcome) -> (&str, Option<&str>, &str, &str) {
    let difference = &outcome.differences.first().expect("a difference").difference;
    (&difference.part, difference.path.as_deref(), &difference.recorded, &difference.replayed)
}

fn a_page(line: &Value) -> bool {
    line["response"]["status"] == 200 && line["component"] == "messages-list" && line["place"] == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_opens_a_door_is_written_and_everything_happens_again() {
    let recorded = Recorded::new().await;

    let text = recorded.text();
    for secret in &recorded.secrets {
        assert!(!text.contains(secret.as_str()), "{secret} is in the recording");
    }
    assert!(text.contains("hello ü"));
    assert_eq!(fs::metadata(recorded.path()).unwrap().permissions().mode() & 0o777, 0o600);
    let outcome = replayed(&[recorded.path().to_str().unwrap(), "--shuffle=7", "--times", "2"]).await.unwrap();
    assert_eq!((outcome.requests, outcome.differences.len()), (9, 0), "{}", replay::output::text(&outcome));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_shown_where_it_differs() {
    let recorded = Recorded::new().await;

    let row = recorded.changed(a_page, |page| {
        let calls = page["calls"].as_array_mut().unwrap();
        let data = &mut calls.last_mut().unwrap()["outcome"]["answer"]["body"]["data"];
        *data = data.as_str().unwrap().replace("message 3", "massage 3").into();
    });
    let row = row.await;
    // Messages of one instant are in the order of their ids.
    let path = first(&row).1.unwrap();
    assert_eq!((first(&row).0, &path[..1], &path[2..]), ("response, body", "/", "/body"));
    assert!(first(&row).2.contains("message 3") && first(&row).3.contains("massage 3"), "{row:?}");

    let region = recorded.changed(a_page, |page| {
        let variables = page["variables"].as_array_mut().unwrap();
        variables.iter_mut().find(|variable| variable["name"] == "region").unwrap()["value"] = "moon".into();
    });
    assert_eq!(first(&region.await), ("response, header x-region", None, "x-region: local", "x-region: moon"));

    let clock = recorded.changed(a_page, |page| {
        let readings = page["monotonic_ns"].as_array_mut().unwrap();
        let last = readings.last().unwrap().as_u64().unwrap() + 5_000_000_000;
        *readings.last_mut().unwrap() = last.into();
    });
    assert_eq!(first(&clock.await).0, "response, header server-timing");

    let missing = recorded.changed(a_page, |page| page["wall_ns"].as_array_mut().unwrap().push(1.into()));
    assert_eq!(first(&missing.await), ("wall clock, readings", None, "4", "3"));

    let call = recorded.changed(a_page, |page| {
        let request = &mut page["calls"].as_array_mut().unwrap().last_mut().unwrap()["request"];
        request["method"] = "PUT".into();
    });
    assert_eq!(first(&call.await), ("upstream call 2, method", None, "PUT", "GET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_broke_off_is_said_and_the_rest_is_used() {
    let recorded = Recorded::new().await;
    let text = recorded.text();
    fs::write(recorded.path(), &text[..text.len() - 20]).unwrap();

    let outcome = replayed(&[recorded.path().to_str().unwrap()]).await.unwrap();

    assert_eq!((outcome.requests, outcome.broken_line, outcome.differences.len()), (8, Some(10), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_component_than_the_recorded_one_is_run_only_when_that_is_wanted() {
    let recorded = Recorded::new().await;
    let changed = recorded.folder.path().join("another");
    let component = "\"component\":\"messages-send\",\"sha256\":\"";
    fs::write(&changed, recorded.text().replace(component, &format!("{component}00"))).unwrap();
    let changed = changed.to_str().unwrap();

    let refused = replayed(&[changed]).await.unwrap_err();
    assert!(refused.contains("messages_send.wasm is another component than the one recorded"), "{refused}");
    assert_eq!(replayed(&[changed, "--any-component"]).await.unwrap().differences.len(), 0);
}
