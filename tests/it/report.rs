//! The report of requests whose outcomes are known, against what it must then say.

use std::collections::BTreeMap;

use axum::response::Response;
use http::Method;
use it::{Answer, Call, Scripted, Seen, response, user};
use report::{Analysis, Objectives, Period, Report};
use serde_json::json;
use shared::contract::{FETCH_SOCIAL_MESSAGES, INSERT_SOCIAL_MESSAGE};
use tokio::sync::{OnceCell, broadcast::Receiver};
use uuid::Uuid;

/// What the database has while it moves on: first what the components were built for, then a newer minor version.
const OLD: &str = FETCH_SOCIAL_MESSAGES.version;
const NEW: &str = "1.999.0";

/// The upstream answers as the request's id says: `<what>.<anything>`.
async fn script(seen: Seen) -> Response {
    let id = seen.headers["x-request-id"].to_str().unwrap().split('.').next().unwrap().to_owned();
    let refusal = |code: &str| json!({ "code": code, "message": "-", "details": null, "hint": null }).to_string();
    let list = |version: &str| format!("fetch_social_messages/{version}");
    let send = INSERT_SOCIAL_MESSAGE.tag();
    match id.as_str() {
        "old" => response(200, &[("x-rpc-version", &list(OLD))], r#"[{"id":1},{"id":2}]"#),
        "new" => response(200, &[("x-rpc-version", &list(NEW))], "[]"),
        "sent" => response(201, &[("x-rpc-version", send)], "{}"),
        "mismatch" => response(200, &[("x-rpc-version", &list("2.0.0"))], "[]"),
        "unnamed" => response(200, &[], "[]"),
        "timeout" => std::future::pending().await,
        "failed" => response(500, &[("x-rpc-version", &list(NEW))], &refusal("XX000")),
        "member" => response(403, &[("x-rpc-version", &list(OLD))], &refusal("not_channel_member")),
        "reused" => response(409, &[("x-rpc-version", send)], &refusal("client_message_id_reused")),
        "limited" => response(429, &[("x-rpc-version", send), ("retry-after", "7")], &refusal("rate_limited")),
        other => panic!("nobody asks the upstream for {other}"),
    }
}

fn drained(lines: &mut Receiver<String>, analysis: &mut Analysis) {
    while let Ok(line) = lines.try_recv() {
        analysis.add_line(line.as_bytes());
    }
}

/// Each of `calls` so many times, each with an id of its own, and the status that it must have.
async fn run(upstream: &Scripted, calls: Vec<(&str, usize, Call, u16)>) {
    for (what, times, call, status) in calls {
        for n in 0..times {
            let call = call.clone().header("x-request-id", &format!("{what}.{n}.{}", Uuid::new_v4().simple()));
            let (answer, _): (Answer, _) = upstream.answer(call).await;
            assert_eq!(answer.status, status, "{what}: {}", answer.body);
        }
    }
}

/// Asked for once, whichever test comes first.
async fn known_mix() -> &'static Report {
    static REPORT: OnceCell<Report> = OnceCell::const_new();
    REPORT.get_or_init(every_outcome).await
}

/// Every outcome that there is, each in another number.
async fn every_outcome() -> Report {
    let changed = [("session_check", "off"), ("request_timeout_ms", "2000")];
    let upstream = Scripted::with_variables(script, &changed).await;
    let nowhere = tokio::net::TcpSocket::new_v4().unwrap();
    nowhere.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", nowhere.local_addr().unwrap());
    let down = Scripted::with_variables(script, &[("supabase_url", &url), ("jwt_issuer", "*")]).await;
    let off = Scripted::with_variables(script, &[("flag_messages_list", "off")]).await;
    let mut lines = [upstream.lines(), down.lines(), off.lines()];

    let token = upstream.token(user(), |_| {});
    let expired = upstream.token(user(), |claims| claims.expires_at = Some(1.into()));
    let message = json!({ "channel_id": Uuid::new_v4(), "body": "x" });
    let send = || upstream.post("messages-send", &message);
    let at = |method: Method, path: &str| Call::new(method, &upstream.url(path)).bearer(&token);
    run(
        &upstream,
        vec![
            ("old", 7, upstream.list(), 200),
            ("new", 5, upstream.list(), 200),
            ("sent", 4, send(), 201),
            ("member", 2, upstream.list(), 403),
            ("reused", 1, send(), 409),
            ("limited", 3, send(), 429),
            ("mismatch", 3, upstream.list(), 503),
            ("unnamed", 2, upstream.list(), 503),
            ("failed", 4, upstream.list(), 503),
            ("timeout", 2, upstream.list(), 504),
            ("unsigned", 2, upstream.anonymous(), 401),
            ("expired", 1, upstream.anonymous().bearer(&expired), 401),
            (
                "malformed",
                1,
                at(Method::POST, "messages-send").header("content-type", "application/json").body("{"),
                400,
            ),
            ("nothing", 2, at(Method::GET, "nothing"), 404),
            ("method", 1, at(Method::DELETE, "messages-list"), 405),
            ("large", 1, send().body(&"x".repeat(70_000)), 413),
            ("kind", 1, at(Method::POST, "messages-send").header("content-type", "text/plain").body("x"), 415),
            ("field", 3, at(Method::GET, "messages-list?channel_id=x"), 422),
            ("preflight", 6, at(Method::OPTIONS, "messages-list").header("origin", "https://a.example"), 204),
        ],
    )
    .await;
    run(&down, vec![("down", 3, down.list(), 503)]).await;
    run(&off, vec![("off", 5, off.list(), 503)]).await;

    let mut analysis =
        Analysis::new(Objectives { availability_percent: 90.0, ..Objectives::default() }, Period::default());
    for lines in &mut lines {
        drained(lines, &mut analysis);
    }
    analysis.add_line(b"Serving http://127.0.0.1:3000");
    analysis.finish()
}

#[tokio::test]
async fn a_known_mix_of_outcomes_is_reported_exactly() {
    let report = known_mix().await;

    let Report { lines, total, .. } = report;
    assert_eq!((lines.read, lines.records, lines.preflights, lines.turned_off), (60, 59, 6, 5));
    assert_eq!((total.requests, total.ok, total.client_errors, total.server_errors), (48, 16, 18, 14));
    assert_eq!(total.rows, 7 * 2 + 4);
    // One repeat for each that found nobody there.
    assert_eq!(total.retries, 3);

    let named = |code: &str| report.codes.iter().find(|known| known.code == code).map_or(0, |known| known.count);
    let codes: BTreeMap<&str, u64> = [
        ("not_channel_member", 2),
        ("client_message_id_reused", 1),
        ("rate_limited", 3),
        ("rpc_contract_mismatch", 5),
        ("upstream_failed", 4),
        ("deadline_exceeded", 2),
        ("upstream_unavailable", 3),
        ("auth_required", 2),
        ("token_expired", 1),
        ("malformed_request", 1),
        ("function_not_found", 2),
        ("method_not_allowed", 1),
        ("payload_too_large", 1),
        ("unsupported_media_type", 1),
        ("invalid_parameter", 3),
    ]
    .into();
    for (code, count) in &codes {
        assert_eq!(named(code), *count, "{code}");
    }
    assert_eq!(report.codes.len(), codes.len(), "{:?}", report.codes);
}

#[tokio::test]
async fn each_version_has_its_own_numbers_and_mismatches_stand_first() {
    let report = known_mix().await;

    let versions: BTreeMap<String, (u64, u64, u64, u64)> = report
        .groups
        .iter()
        .map(|group| (group.label.clone(), (group.requests, group.ok, group.client_errors, group.server_errors)))
        .collect();
    let expected = BTreeMap::from([
        (format!("fetch_social_messages {OLD}"), (9, 7, 2, 0)),
        (format!("fetch_social_messages {NEW}"), (9, 5, 0, 4)),
        ("fetch_social_messages 2.0.0".to_owned(), (3, 0, 0, 3)),
        (format!("fetch_social_messages unanswered (built for {OLD})"), (7, 0, 0, 7)),
        (format!("insert_social_message {}", INSERT_SOCIAL_MESSAGE.version), (8, 4, 4, 0)),
        ("messages-list, no RPC called".to_owned(), (7, 0, 7, 0)),
        ("messages-send, no RPC called".to_owned(), (3, 0, 3, 0)),
        // Paths that are no function's.
        ("_OTHER, no RPC called".to_owned(), (2, 0, 2, 0)),
    ]);
    assert_eq!(versions, expected);

    let mismatches: Vec<_> = report.mismatches.iter().map(|one| (one.matched.as_deref(), one.count)).collect();
    assert_eq!(mismatches, [(Some("2.0.0"), 3), (None, 2)]);
    assert_eq!(report.mismatches[0].expected.as_deref(), Some(OLD));
}

/// 14 of 48 are bad, 10 % may be: the 18 of the callers' own doing count as good.
#[tokio::test]
async fn what_callers_do_wrong_burns_no_budget() {
    let report = known_mix().await;

    let budget = &report.availability;
    assert_eq!((budget.requests, budget.bad), (48, 14));
    assert!((budget.allowed - 4.8).abs() < 1e-9, "{budget:?}");
    assert!((budget.used - 14.0 / 4.8).abs() < 1e-9, "{budget:?}");
    let burned: BTreeMap<String, f64> = report
        .groups
        .iter()
        .filter(|group| group.availability_burned_share > 0.0)
        .map(|group| (group.label.clone(), group.availability_burned_share * 14.0))
        .collect();
    let shares: Vec<(String, u64)> = burned.into_iter().map(|(label, share)| (label, share.round() as u64)).collect();
    assert_eq!(
        shares,
        [
            (format!("fetch_social_messages {NEW}"), 4),
            ("fetch_social_messages 2.0.0".to_owned(), 3),
            (format!("fetch_social_messages unanswered (built for {OLD})"), 7),
        ]
    );
    assert!(!report.burning().is_empty());
}
