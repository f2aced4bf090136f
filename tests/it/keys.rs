//! Key sets: every kind of key, and every way in which their source can let us down.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use axum::response::Response;
use it::{Call, Scripted, Seen, response, user};
use jwt_simple::prelude::{
    ECDSAP256KeyPairLike as _, ES256KeyPair, Ed25519KeyPair, EdDSAKeyPairLike as _, HS256Key, MACLike as _,
    RS256KeyPair, RSAKeyPairLike as _,
};
use serde_json::{Value, json};
use shared::contract::FETCH_SOCIAL_MESSAGES;
use uuid::Uuid;

const ROWS: [(&str, &str); 1] = [("x-rpc-version", FETCH_SOCIAL_MESSAGES.tag())];

/// PostgREST's part of the scripted upstream, with a key set beside it.
fn with_key_set(
    set: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> impl Fn(Seen) -> std::future::Ready<Response> + Clone + Send + Sync {
    move |seen| std::future::ready(if seen.path.ends_with("/jwks.json") { set() } else { response(200, &ROWS, "[]") })
}

fn set_of(keys: &[&str]) -> String {
    let keys: Vec<Value> = keys.iter().map(|key| serde_json::from_str(key).unwrap()).collect();
    json!({ "keys": keys }).to_string()
}

/// The legacy secret is left out, so that only the key set counts.
async fn project(script: impl Fn(Seen) -> std::future::Ready<Response> + Clone + Send + Sync + 'static) -> Scripted {
    Scripted::with_variables(script, &[("supabase_jwt_secret", "")]).await
}

fn fetches(upstream: &Scripted) -> usize {
    upstream.seen().iter().filter(|seen| seen.path.ends_with("/jwks.json")).count()
}

fn es256(upstream: &Scripted, key: &ES256KeyPair) -> Call {
    let claims = upstream.keys().claims(user()).with_subject(Uuid::new_v4()).with_audience("authenticated");
    upstream.anonymous().bearer(&key.sign(claims).unwrap())
}

#[tokio::test]
async fn every_kind_of_key_verifies_its_own_tokens_and_no_others() {
    let (ec, other) = (ES256KeyPair::generate().with_key_id("ec"), ES256KeyPair::generate().with_key_id("other"));
    let rsa = RS256KeyPair::generate(2048).unwrap().with_key_id("rsa");
    let ed = Ed25519KeyPair::generate().with_key_id("ed");
    let set = set_of(&[&ec.public_key().to_jwk(), &rsa.public_key().to_jwk(), &ed.public_key().to_jwk()]);
    let inline = Scripted::with_variables(
        |_| std::future::ready(response(200, &ROWS, "[]")),
        &[("supabase_jwt_secret", ""), ("supabase_jwks", &set)],
    )
    .await;
    let claims = || inline.keys().claims(user()).with_subject(Uuid::new_v4()).with_audience("authenticated");
    let public_as_secret = HS256Key::from_bytes(ec.public_key().to_pem().unwrap().as_bytes()).with_key_id("ec");

    for (what, token, status) in [
        ("ES256", ec.sign(claims()).unwrap(), 200),
        ("RS256", rsa.sign(claims()).unwrap(), 200),
        ("EdDSA", ed.sign(claims()).unwrap(), 200),
        ("a key id that is in no set", other.sign(claims()).unwrap(), 401),
        ("another key's id", ES256KeyPair::generate().with_key_id("ec").sign(claims()).unwrap(), 401),
        ("the public key as a secret", public_as_secret.authenticate(claims()).unwrap(), 401),
        ("a secret nobody has", HS256Key::generate().authenticate(claims()).unwrap(), 401),
    ] {
        let (answer, _) = inline.answer(inline.anonymous().bearer(&token)).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    }
    assert_eq!(fetches(&inline), 0, "a set in a variable is authoritative");
}

#[tokio::test]
async fn a_rotated_key_is_found_and_forged_key_ids_cause_no_stampede() {
    let (old, new) = (ES256KeyPair::generate().with_key_id("old"), ES256KeyPair::generate().with_key_id("new"));
    let sets = [set_of(&[&old.public_key().to_jwk()]), set_of(&[&new.public_key().to_jwk()])];
    let served = Arc::<AtomicUsize>::default();
    let upstream = project(with_key_set(move || response(200, &[], &sets[served.fetch_add(1, SeqCst).min(1)]))).await;

    let first = es256(&upstream, &old).send().await;
    // The first fetch was a moment ago, so the next one has to wait for half a minute, whoever asks.
    let early = es256(&upstream, &new).send().await;
    for n in 0..5 {
        let forged = ES256KeyPair::generate().with_key_id(&format!("forged-{n}"));
        es256(&upstream, &forged).send().await.assert_problem(401, "invalid_token");
    }

    assert_eq!(first.status, 200);
    early.assert_problem(401, "invalid_token");
    assert_eq!(fetches(&upstream), 1);
}

#[tokio::test]
async fn a_set_that_cannot_be_read_is_nobodys_401() {
    let key = ES256KeyPair::generate().with_key_id("k");
    let huge = format!("{{\"keys\":[{}]}}", " ".repeat(300 * 1024));
    let empty = json!({ "keys": [] }).to_string();
    for (what, status, body) in [
        ("down", 503, "{}".to_owned()),
        ("a redirect", 302, String::new()),
        ("not JSON", 200, "<html>".to_owned()),
        ("not a set", 200, "{}".to_owned()),
        ("huge", 200, huge),
        ("empty", 200, empty),
    ] {
        let upstream = project(with_key_set(move || response(status, &[], &body))).await;
        let (answer, record) = upstream.answer(es256(&upstream, &key)).await;
        answer.assert_problem(503, "key_set_unavailable");
        assert!(["2", "3"].contains(&answer.header("retry-after")), "{what}: {answer:?}");
        assert!(record["app.error.cause"].as_str().unwrap().contains("supabase_jwks_url"), "{what}: {record}");
    }
}

#[tokio::test]
async fn what_the_source_asks_for_is_passed_on() {
    let busy = || response(429, &[("retry-after", "37")], "{}");
    let upstream = project(with_key_set(busy)).await;

    let refused = es256(&upstream, &ES256KeyPair::generate().with_key_id("k")).send().await;

    refused.assert_problem(503, "key_set_unavailable");
    assert!(["36", "37"].contains(&refused.header("retry-after")), "{refused:?}");
}

/// Beside the legacy secret an empty set is what the project serves, and a token of another key is nobody's.
#[tokio::test]
async fn an_empty_set_beside_the_legacy_secret_is_complete() {
    let empty = || response(200, &[], r#"{"keys":[]}"#);
    let upstream = Scripted::with_variables(with_key_set(empty), &[]).await;

    let foreign = es256(&upstream, &ES256KeyPair::generate().with_key_id("k")).send().await;

    foreign.assert_problem(401, "invalid_token");
    assert_eq!(upstream.list().send().await.status, 200);
}

/// Without any key too: a source that fails is not asked by every request, and the answer says when it is asked again.
#[tokio::test]
async fn a_source_that_has_failed_is_left_alone_for_a_while() {
    let key = ES256KeyPair::generate().with_key_id("k");
    let set = set_of(&[&key.public_key().to_jwk()]);
    let served = Arc::<AtomicUsize>::default();
    let script =
        move || if served.fetch_add(1, SeqCst) == 0 { response(500, &[], "{}") } else { response(200, &[], &set) };
    let upstream = project(with_key_set(script)).await;

    let (during, after) = (es256(&upstream, &key).send().await, es256(&upstream, &key).send().await);

    for answer in [&during, &after] {
        answer.assert_problem(503, "key_set_unavailable");
        assert!(["2", "3"].contains(&answer.header("retry-after")), "{answer:?}");
    }
    assert_eq!(fetches(&upstream), 1);
}

/// Whoever can read a fetched set could sign with a secret in it.
#[tokio::test]
async fn a_secret_in_a_fetched_set_is_not_believed() {
    let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA";
    let other: Value = serde_json::from_str(&ES256KeyPair::generate().public_key().to_jwk()).unwrap();
    let oct = json!({ "kty": "oct", "alg": "HS256", "kid": "k", "k": secret });
    let set = json!({ "keys": [oct, other] }).to_string();
    let upstream = project(with_key_set(move || response(200, &[], &set))).await;
    let key = HS256Key::from_bytes(b"secret-secret-secret-secret-secret").with_key_id("k");
    let claims = upstream.keys().claims(user()).with_subject(Uuid::new_v4()).with_audience("authenticated");

    let answer = upstream.anonymous().bearer(&key.authenticate(claims).unwrap()).send().await;

    answer.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn tokens_of_the_legacy_secret_stay_valid_beside_the_set() {
    let key = ES256KeyPair::generate().with_key_id("k");
    let set = set_of(&[&key.public_key().to_jwk()]);
    for inline in ["", set.as_str()] {
        let served = set.clone();
        let upstream =
            Scripted::with_variables(with_key_set(move || response(200, &[], &served)), &[("supabase_jwks", inline)])
                .await;
        assert_eq!(upstream.list().send().await.status, 200, "HS256");
        assert_eq!(es256(&upstream, &key).send().await.status, 200, "ES256");
    }
}

#[tokio::test]
async fn a_variable_that_is_set_but_malformed_is_the_operators_fault() {
    let short = json!({ "keys": [{ "kty": "oct", "k": "c2hvcnQ" }] }).to_string();
    for (name, text) in [
        ("supabase_jwks", "{"),
        ("supabase_jwks", "{}"),
        ("supabase_jwks_url", "ftp://keys.example.com/jwks.json"),
        ("supabase_jwks", r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#),
        ("supabase_jwks", &short),
        ("supabase_jwks_url", "http://keys.example.com/jwks.json"),
        ("session_check", "sometimes"),
        ("allow_guests", "maybe"),
    ] {
        let upstream =
            Scripted::with_variables(|_| std::future::ready(response(200, &ROWS, "[]")), &[(name, text)]).await;
        let (answer, record) = upstream.answer(upstream.list()).await;
        answer.assert_problem(500, "misconfigured");
        assert!(record["app.error.cause"].as_str().unwrap().contains(name), "{record}");
    }
}

/// As the platform has it in `SUPABASE_JWKS`: a bare array, here with a key that is of no use to us.
#[tokio::test]
async fn a_bare_array_verifies_and_what_cannot_is_recorded() {
    let key = ES256KeyPair::generate().with_key_id("7828ac1a-f0ca-4987-94bf-3d59ac4c2aea");
    let mut own: Value = serde_json::from_str(&key.public_key().to_jwk()).unwrap();
    (own["key_ops"], own["ext"]) = (json!(["sign", "verify"]), json!(true));
    let set = json!([own, { "kty": "EC", "crv": "P-521", "kid": "b-2" }]).to_string();
    let changed = [("supabase_jwks", set.as_str()), ("supabase_jwt_secret", "")];
    let upstream = Scripted::with_variables(|_| std::future::ready(response(200, &ROWS, "[]")), &changed).await;

    let (answer, record) = upstream.answer(es256(&upstream, &key)).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(record["app.config.warning"], "key `b-2`: its kind is not accepted (EC P-521)");
}

/// A set without a key is what a project serves that still signs with the legacy secret: without that one too, nobody
/// could ever be let in, and no caller is to blame.
#[tokio::test]
async fn an_inline_set_that_verifies_nothing_is_the_operators_fault() {
    let changed = [("supabase_jwks", r#"{"keys":[]}"#), ("supabase_jwt_secret", "")];
    let upstream = Scripted::with_variables(|_| std::future::ready(response(200, &ROWS, "[]")), &changed).await;

    upstream.list().send().await.assert_problem(500, "misconfigured");
}

/// Only the project's origin and the `jwks_host` may be called.
#[tokio::test]
async fn a_key_set_elsewhere_is_not_asked_for() {
    let changed = [("supabase_jwks_url", "https://keys.evil.example/jwks.json"), ("supabase_jwt_secret", "")];
    let upstream = Scripted::with_variables(|_| std::future::ready(response(200, &ROWS, "[]")), &changed).await;

    let (answer, record) = upstream.answer(es256(&upstream, &ES256KeyPair::generate().with_key_id("k"))).await;

    answer.assert_problem(503, "key_set_unavailable");
    assert!(record["app.error.cause"].as_str().unwrap().contains("not an allowed outbound host"), "{record}");
}
