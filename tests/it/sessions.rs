//! Beyond the token: is the session still there, and is it somebody's?

use it::{Channel, Scripted, response, running, user};
use jwt_simple::prelude::{Clock, Duration};
use serde_json::json;
use shared::contract::{FETCH_SOCIAL_MESSAGES, INSERT_SOCIAL_MESSAGE};
use stack::keys::UserClaims;

const LISTED: (&str, &str) = ("x-rpc-version", FETCH_SOCIAL_MESSAGES.tag());
const SENT: (&str, &str) = ("x-rpc-version", INSERT_SOCIAL_MESSAGE.tag());

/// An upstream whose Auth answers like this.
async fn auth(session_check: &str, status: u16, body: &'static str) -> Scripted {
    let script = move |seen: it::Seen| {
        let answer = match seen.path.as_str() {
            "/auth/v1/user" => response(status, &[], body),
            path if path.contains("insert") => response(201, &[SENT], "{}"),
            _ => response(200, &[LISTED], "[]"),
        };
        std::future::ready(answer)
    };
    Scripted::with_variables(script, &[("session_check", session_check)]).await
}

#[tokio::test]
async fn auth_is_asked_before_what_the_variable_says() {
    const GONE: &str =
        r#"{"code":403,"error_code":"session_not_found","msg":"Session from session_id claim in JWT does not exist"}"#;
    let message = json!({ "channel_id": uuid::Uuid::new_v4(), "body": "x" });

    for (check, list, send) in [("off", 200, 201), ("writes", 200, 401), ("all", 401, 401)] {
        let upstream = auth(check, 403, GONE).await;
        let listed = upstream.list().send().await;
        let sent = upstream.post("messages-send", &message).send().await;
        assert_eq!((listed.status.as_u16(), sent.status.as_u16()), (list, send), "{check}");
        if send == 401 {
            sent.assert_problem(401, "session_revoked");
            assert!(upstream.seen().iter().all(|seen| !seen.path.contains("insert")), "the message was sent anyway");
        }
    }
}

/// The gateway's refusal of our own key is not the caller's 401.
#[tokio::test]
async fn what_auth_says_is_told_from_what_the_gateway_says() {
    for (status, body, expected, code) in [
        (401, r#"{"message":"Invalid API key"}"#, 500, "upstream_misconfigured"),
        (404, r#"{"message":"no Route matched with those values"}"#, 500, "upstream_misconfigured"),
        (403, r#"{"code":403,"error_code":"user_not_found","msg":"gone"}"#, 401, "session_revoked"),
        (403, r#"{"code":403,"error_code":"session_expired","msg":"gone"}"#, 401, "session_revoked"),
        (403, r#"{"code":403,"error_code":"user_banned","msg":"User is banned"}"#, 401, "session_revoked"),
        (403, r#"{"code":{},"error_code":"session_not_found","msg":["gone"]}"#, 401, "session_revoked"),
        (403, r#"{"code":"session_not_found","message":"gone"}"#, 401, "session_revoked"),
        (403, r#"{"code":403,"error_code":"bad_jwt","msg":"invalid JWT: signature"}"#, 503, "upstream_unavailable"),
        (401, r#"{"code":401,"error_code":"no_authorization","msg":"-"}"#, 503, "upstream_unavailable"),
        (403, r#"{"code":403,"error_code":"not_admin","msg":"-"}"#, 503, "upstream_unavailable"),
        (403, r#"{"code":403,"error_code":"bad_jwt","msg":"token is expired"}"#, 401, "token_expired"),
        (200, r#"{"id":"b0000000-0000-4000-8000-000000000000"}"#, 503, "upstream_failed"),
        (200, "<html>", 503, "upstream_failed"),
        (429, "{}", 503, "upstream_unavailable"),
        (500, "{}", 503, "upstream_unavailable"),
        (521, "<html>", 503, "upstream_unavailable"),
        (540, r#"{"message":"Project paused"}"#, 503, "upstream_unavailable"),
        (544, "", 503, "upstream_unavailable"),
    ] {
        let upstream = auth("all", status, body).await;
        let (answer, record) = upstream.answer(upstream.list()).await;
        answer.assert_problem(expected, code);
        assert_eq!(record["app.auth.outcome"], if expected < 500 { "refused" } else { "failed" });
        assert!(expected < 500 || record["app.error.cause"].as_str().unwrap().contains("/auth/v1/user"), "{record}");
    }
}

/// Auth allows no leeway: what it refuses then is refreshed, and nobody is signed out.
#[tokio::test]
async fn a_token_that_only_our_leeway_keeps_is_expired_where_auth_refuses_it() {
    let refusal = r#"{"code":403,"error_code":"bad_jwt","msg":"invalid JWT: unable to parse or verify signature"}"#;
    let upstream = auth("all", 403, refusal).await;
    let token =
        upstream.token(user(), |claims| claims.expires_at = Some(Clock::now_since_epoch() - Duration::from_secs(9)));

    let (answer, _) = upstream.answer(upstream.anonymous().bearer(&token)).await;

    answer.assert_problem(401, "token_expired");
}

/// Components that believe another secret than the rest of their project does: the real PostgREST, and the stack's Auth.
#[tokio::test]
async fn a_token_that_only_we_accept_signs_nobody_out() {
    let stack = &running().stack;
    let origin = stack.origin();
    let key = stack.keys().publishable.as_str();
    for (check, word) in [("off", "PGRST301 401: "), ("all", "bad_jwt 403: ")] {
        let changed = [
            ("supabase_url", origin),
            ("supabase_publishable_key", key),
            ("jwt_issuer", "*"),
            ("session_check", check),
        ];
        let components = Scripted::with_variables(|_| std::future::ready(response(500, &[], "")), &changed).await;

        let (answer, record) = components.answer(components.list()).await;

        answer.assert_problem(503, "upstream_unavailable");
        assert!(record["app.error.cause"].as_str().unwrap().contains(word), "{record}");
    }
}

/// A request that is not in order is the client's, whatever became of Auth.
#[tokio::test]
async fn auth_is_asked_when_the_request_has_been_read() {
    let upstream = auth("all", 500, "{}").await;
    let field = upstream.post("messages-send", &json!({ "channel_id": "x" }));
    let token = upstream.token(user(), |_| {});
    let broken = it::Call::new(http::Method::POST, &upstream.url("messages-send")).bearer(&token);

    field.send().await.assert_problem(422, "invalid_parameter");
    broken.header("content-type", "application/json").body("{").send().await.assert_problem(400, "malformed_request");

    assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());
}

/// The real stand-in for Auth, and an account that is deleted while its token lives.
#[tokio::test]
async fn who_is_gone_writes_nothing_though_the_token_is_valid() {
    let channel = Channel::with_messages(1).await;
    let send =
        || channel.member.post("/functions/v1/messages-send", &json!({ "channel_id": channel.id, "body": "x" })).send();
    assert_eq!(send().await.status, 201);

    channel.database.execute("delete from auth.users where id = $1", &[&channel.member.id]).await.unwrap();

    send().await.assert_problem(401, "session_revoked");
}

#[tokio::test]
async fn a_guest_is_refused_by_the_function_and_by_the_database() {
    let channel = Channel::with_messages(1).await;
    let guest = channel.member.token_with(|claims| claims.custom.is_anonymous = true);
    let path = format!("/rest/v1/rpc/fetch_social_messages?p_channel_id={}", channel.id);

    let function =
        it::Call::get(&format!("/functions/v1/messages-list?channel_id={}", channel.id)).bearer(&guest).send().await;
    let direct = it::Call::get(&path).apikey().bearer(&guest).send_anywhere().await;

    function.assert_problem(403, "guest_not_allowed");
    assert_eq!(function.record().await["db.stored_procedure.name"], json!(null), "an RPC was called");
    direct.assert_problem(403, "guest_not_allowed");
}

#[tokio::test]
async fn guests_are_let_in_where_the_operator_says_so() {
    let upstream =
        Scripted::with_variables(|_| std::future::ready(response(200, &[LISTED], "[]")), &[("allow_guests", "true")])
            .await;
    let guest = upstream.token(UserClaims { is_anonymous: true, ..user() }, |_| {});

    let answer = upstream.anonymous().bearer(&guest).send().await;

    assert_eq!(answer.status, 200);
}

/// One budget for everything: what Auth has used up is not left for the database.
#[tokio::test]
async fn an_auth_that_is_silent_is_given_up_when_the_time_is_used_up() {
    let silent = |_| std::future::pending::<axum::response::Response>();
    let changed = [("session_check", "all"), ("request_timeout_ms", "150")];
    let upstream = Scripted::with_variables(silent, &changed).await;

    let (answer, record) = upstream.answer(upstream.list()).await;

    answer.assert_problem(504, "deadline_exceeded");
    assert_eq!(record["db.stored_procedure.name"], json!(null));
}
