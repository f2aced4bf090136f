//! What every function does with a request, whatever the request is for.

use http::Method;
use it::{Call, Channel, Scripted, document::document, response};
use serde_json::json;
use shared::contract::INSERT_SOCIAL_MESSAGE;

const LIST: &str = "/functions/v1/messages-list";
const SEND: &str = "/functions/v1/messages-send";

/// `supabase.functions.invoke` posts by default.
#[tokio::test]
async fn a_list_may_be_asked_for_with_a_body_or_with_a_query() {
    let channel = Channel::with_messages(5).await;
    let body = json!({ "channel_id": channel.id, "limit": 2 });
    let query = format!("{LIST}?channel_id={}&limit=2&forceFunctionRegion=eu-west-1", channel.id);

    let posted = channel.member.post(LIST, &body).send().await;
    let queried = Call::new(Method::POST, &query).bearer(&channel.member.token).send().await;
    let both = channel.member.post(&query, &body).send().await;

    assert_eq!(posted.rows().len(), 2);
    assert_eq!(queried.rows(), posted.rows());
    both.assert_problem(422, "invalid_parameter");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_by_its_kind_and_by_its_content() {
    let channel = Channel::new().await;
    let call = |kind: Option<&str>, body: &str| {
        let call = Call::new(Method::POST, SEND).bearer(&channel.member.token).body(body);
        kind.into_iter().fold(call, |call, kind| call.header("content-type", kind))
    };
    let valid = json!({ "channel_id": channel.id, "body": "x" }).to_string();

    for kind in [None, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("application/xml")] {
        call(kind, &valid).send().await.assert_problem(415, "unsupported_media_type");
    }
    for body in ["", "{", "nonsense", "{\"channel_id\":\"\\ud800\"}", "{\"channel_id\":7,"] {
        call(Some("application/json"), body).send().await.assert_problem(400, "malformed_request");
    }
    for body in ["[]", "null", "7", "{}", r#"{"body":"x"}"#] {
        call(Some("application/json"), body).send().await.assert_problem(422, "invalid_parameter");
    }
    let charset = call(Some("application/json; charset=utf-8"), &valid).send().await;
    assert_eq!(charset.status, 201);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_without_being_read() {
    let channel = Channel::new().await;
    let large = "x".repeat(65 * 1024);
    let body = json!({ "channel_id": channel.id, "body": large });

    let announced = channel.member.post(SEND, &body).send().await;
    let stage = channel.member.post("/functions/v1/stage-room-match", &json!({ "room_id": large })).send().await;

    announced.assert_problem(413, "payload_too_large");
    stage.assert_problem(422, "invalid_parameter");
    let larger = json!({ "room_id": "x".repeat(257 * 1024) });
    let larger = channel.member.post("/functions/v1/stage-room-match", &larger).send().await;
    larger.assert_problem(413, "payload_too_large");
}

#[tokio::test]
async fn a_body_of_unknown_length_is_read_up_to_the_limit() {
    let channel = Channel::new().await;
    let chunks = || futures::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(1024))).take(1024);
    use futures::StreamExt as _;

    let call = Call::new(Method::POST, SEND).bearer(&channel.member.token).header("content-type", "application/json");
    let answer = call.send_streaming(chunks()).await;

    answer.assert_problem(413, "payload_too_large");
}

/// It is told so in time, and neither Auth nor the database is asked.
#[tokio::test]
async fn a_body_that_does_not_come_is_the_clients_fault() {
    let changed = [("request_timeout_ms", "300"), ("session_check", "all")];
    let upstream = Scripted::with_variables(|_| std::future::pending::<axum::response::Response>(), &changed).await;
    let call_of = |kind| Call::new(Method::POST, &upstream.url("messages-send")).header("content-type", kind);
    let call = || call_of("application/json");
    let token = upstream.token(it::user(), |_| {});
    let never = || futures::stream::iter([Ok("{".to_owned())]).chain(futures::stream::pending());
    use futures::StreamExt as _;

    let late = call().bearer(&token).send_streaming(never()).await;
    let text = call_of("text/plain").bearer(&token).send_streaming(never()).await;
    let zipped = call().header("content-encoding", "gzip").bearer(&token).send_streaming(never()).await;
    let nobodys = call().bearer("x").send_streaming(never()).await;

    late.assert_problem(400, "malformed_request");
    let record = upstream.record(late.header("x-request-id")).await;
    assert!(record["body_ms"].as_f64().unwrap() >= 299.0, "{record}");
    nobodys.assert_problem(401, "invalid_token");
    text.assert_problem(415, "unsupported_media_type");
    zipped.assert_problem(415, "unsupported_media_type");
    for refused in [nobodys, text, zipped] {
        assert_eq!(upstream.record(refused.header("x-request-id")).await["body_ms"], json!(null), "not waited for");
    }
    assert!(upstream.seen().is_empty());
}

/// It is not read, and not waited for; the refusal arrives all the same.
#[tokio::test]
async fn who_is_refused_is_told_so_while_still_sending() {
    let body = json!({ "room_id": "x".repeat(250 * 1024) });

    let refused = Call::new(Method::POST, "/functions/v1/stage-room-match").bearer("x").json(&body).send().await;

    refused.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_function_that_does_not_exist_is_told_from_one_that_fails() {
    for path in ["/functions/v1/message-list", "/functions/v1/messages-list/extra", "/functions/v1/x/y"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = Call::new(method, path).send().await;
            answer.assert_problem(404, "function_not_found");
            assert_eq!(answer.header("x-relay-error"), "true", "{path}");
        }
    }
    let failing = Call::get(LIST).send().await;
    assert!(!failing.headers.contains_key("x-relay-error"));
}

#[tokio::test]
async fn writing_functions_take_only_post() {
    let paths = document()["paths"].as_object().unwrap().iter();
    let writing: Vec<&String> = paths.filter(|(_, path)| path["get"].is_null()).map(|(path, _)| path).collect();
    assert!(writing.len() > 1, "{writing:?}");
    for path in writing {
        let answer = Call::get(path).send().await;
        answer.assert_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "POST, OPTIONS");
        let head = Call::new(Method::HEAD, path).send().await;
        assert_eq!((head.status.as_u16(), head.header("allow")), (405, "POST, OPTIONS"));
    }
}

/// Monitors and `curl -I` ask so.
#[tokio::test]
async fn where_get_works_head_does() {
    let channel = Channel::with_messages(3).await;
    let path = format!("{LIST}?channel_id={}", channel.id);
    let ask = |method: Method| Call::new(method, &path).bearer(&channel.member.token).send();

    let (get, head) = (ask(Method::GET).await, ask(Method::HEAD).await);
    let unknown = Call::new(Method::HEAD, "/functions/v1/no-such-function").send().await;

    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    for name in ["content-length", "content-type", "x-rpc-version", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert_eq!(get.header("content-length"), get.body.len().to_string());
    let record = head.record().await;
    assert_eq!((&record["http.request.method"], &record["http.response.body.size"]), (&json!("HEAD"), &json!(0)));
    assert_eq!((unknown.status.as_u16(), unknown.header("x-relay-error")), (404, "true"));
}

#[tokio::test]
async fn a_body_that_is_compressed_is_refused_as_such() {
    let channel = Channel::new().await;
    let body = json!({ "channel_id": channel.id, "body": "x" });

    let gzip = channel.member.post(SEND, &body).header("content-encoding", "gzip").send().await;
    let identity = channel.member.post(SEND, &body).header("content-encoding", "identity").send().await;

    gzip.assert_problem(415, "unsupported_media_type");
    assert_eq!(gzip.header("accept-encoding"), "identity");
    assert_eq!(identity.status, 201);
}

/// Who looks at a function's errors does not find those of paths that are none.
#[tokio::test]
async fn what_is_no_functions_is_recorded_as_nobodys() {
    let unknown = Call::get("/functions/v1/message-list").send().await.record().await;
    let wrong = Call::get(SEND).send().await.record().await;

    assert_eq!((&unknown["faas.name"], &unknown["http.route"]), (&json!("_OTHER"), &json!(null)));
    assert_eq!((&wrong["faas.name"], &wrong["http.route"]), (&json!("messages-send"), &json!(SEND)));
}

/// A write without a key could be stored twice; a broken connection does not say whether it was.
#[tokio::test]
async fn only_a_write_with_a_key_is_sent_again() {
    // Held, so that nobody else listens there, and not listening either.
    let nowhere = tokio::net::TcpSocket::new_v4().unwrap();
    nowhere.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", nowhere.local_addr().unwrap());
    let changed = [("supabase_url", url.as_str()), ("jwt_issuer", "*"), ("session_check", "off")];
    let upstream = Scripted::with_variables(|_| async { response(200, &[], "{}") }, &changed).await;
    let id = uuid::Uuid::new_v4();

    for (body, retries) in [
        (json!({ "channel_id": id, "body": "x" }), 0),
        (json!({ "channel_id": id, "body": "x", "client_message_id": id }), 1),
    ] {
        let (answer, record) = upstream.answer(upstream.post("messages-send", &body)).await;
        answer.assert_problem(503, "upstream_unavailable");
        assert_eq!(record["app.rpc.retries"], retries);
    }
}

/// What an RPC without the handshake has stored is stored: the answer is a fault all the same.
#[tokio::test]
async fn a_write_is_sent_with_its_length_and_its_version() {
    let version = [("x-rpc-version", INSERT_SOCIAL_MESSAGE.tag())];
    let upstream = Scripted::with_variables(
        move |_| async move { response(201, &version, r#"{"id":1}"#) },
        &[("session_check", "off")],
    )
    .await;
    let body = json!({ "channel_id": uuid::Uuid::new_v4(), "body": "x" });

    let (answer, _) = upstream.answer(upstream.post("messages-send", &body)).await;

    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (201, r#"{"id":1}"#));
    let [seen] = upstream.seen().try_into().expect("one call");
    let sent = |name: &str| seen.headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/rest/v1/rpc/insert_social_message"));
    assert_eq!(sent("x-rpc-expect"), INSERT_SOCIAL_MESSAGE.tag());
    assert_eq!((sent("content-type"), sent("content-profile")), ("application/json", "public"));
    // The first call of an instance: Spin sends its head alone. What answers this has acknowledged the head; without it,
    // and without TCP_NODELAY, the body waits for 40 ms.
    assert_eq!(sent("expect"), "100-continue");
    assert!(
        !seen.headers.contains_key("transfer-encoding") && !sent("content-length").is_empty(),
        "{:?}",
        seen.headers
    );
}

/// RFC 9110, section 10.1.1: the refusal comes before anything is done, and concerns the header alone.
#[tokio::test]
async fn who_expects_too_much_sends_it_again_without() {
    let version = [("x-rpc-version", INSERT_SOCIAL_MESSAGE.tag())];
    let script = move |seen: it::Seen| async move {
        let expects = seen.headers.contains_key("expect");
        if expects { response(417, &[], "") } else { response(201, &version, r#"{"id":1}"#) }
    };
    let upstream = Scripted::with_variables(script, &[("session_check", "off")]).await;
    let body = json!({ "channel_id": uuid::Uuid::new_v4(), "body": "x" });

    let (answer, _) = upstream.answer(upstream.post("messages-send", &body)).await;

    assert_eq!(answer.status, 201);
    assert_eq!(upstream.seen().len(), 2);
}
