//! Flags: who gets a function while it is being rolled out, and what the others are told.

use it::{Scripted, response};
use shared::contract::FETCH_SOCIAL_MESSAGES;

const VERSION: (&str, &str) = ("x-rpc-version", FETCH_SOCIAL_MESSAGES.tag());

async fn flagged(changed: &[(&str, &str)]) -> Scripted {
    Scripted::with_variables(|_| async { response(200, &[VERSION], "[]") }, changed).await
}

/// Nothing behind it is asked, neither Auth nor the database, so that turning off relieves them.
#[tokio::test]
async fn off_is_for_everybody_and_asks_nobody() {
    let upstream = flagged(&[("flag_messages_list", "off"), ("session_check", "all")]).await;

    for call in [upstream.anonymous(), upstream.list()] {
        let (answer, record) = upstream.answer(call).await;
        answer.assert_problem(503, "feature_disabled");
        assert_eq!(record["app.feature_flag.setting"], "off");
        assert_eq!(record["feature_flag.result.variant"], "off");
    }
    assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());
    // A browser may still ask, and read the refusal.
    let preflight = it::Call::new(http::Method::OPTIONS, &upstream.url("messages-list"));
    assert_eq!(preflight.header("origin", "https://app.example").send().await.status, 204);
}

#[tokio::test]
async fn one_function_is_off_and_the_others_are_not() {
    let upstream = flagged(&[("flag_messages_send", "off")]).await;
    let message = serde_json::json!({ "channel_id": uuid::Uuid::new_v4(), "body": "x" });

    let (listed, record) = upstream.answer(upstream.list()).await;
    let (sent, _) = upstream.answer(upstream.post("messages-send", &message)).await;

    assert_eq!(listed.status, 200);
    assert_eq!(record["feature_flag.key"], "flag_messages_list");
    sent.assert_problem(503, "feature_disabled");
}

/// About a third of them, each as often as they ask, whichever instance answers; and nobody asks the database for the
/// others.
#[tokio::test]
async fn a_percentage_is_of_users_and_the_same_ones_each_time() {
    let upstream = flagged(&[("flag_messages_list", "33")]).await;
    let mut on = 0;

    for _ in 0..60 {
        let token = upstream.token(it::user(), |_| {});
        let (first, record) = upstream.answer(upstream.anonymous().bearer(&token)).await;
        let again = upstream.anonymous().bearer(&token).send().await;
        assert_eq!(first.status, again.status);
        assert_eq!(record["app.auth.outcome"], "accepted");
        if first.status == 200 {
            on += 1;
            assert_eq!(record["feature_flag.result.variant"], "on");
        } else {
            first.assert_problem(503, "feature_disabled");
            assert_eq!(record["feature_flag.result.variant"], "off");
        }
    }

    assert_eq!(upstream.seen().len(), 2 * on, "the database was asked for those who are in, and for nobody else");
    assert!((5..40).contains(&on), "{on} of 60 at 33 %");
}

#[tokio::test]
async fn testers_are_in_at_nought_percent_and_a_bad_token_is_still_a_bad_token() {
    let (tester, other) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let testers = format!("{}, {}", uuid::Uuid::new_v4(), tester.to_string().to_uppercase());
    let script = move |seen: it::Seen| async move {
        match seen.path.as_str() {
            "/auth/v1/user" => response(200, &[], &format!(r#"{{"id":"{tester}"}}"#)),
            _ => response(200, &[VERSION], "[]"),
        }
    };
    let changed = [("flag_messages_list", "0"), ("flag_testers", &*testers), ("session_check", "all")];
    let upstream = Scripted::with_variables(script, &changed).await;
    let spelt =
        |user: String| upstream.anonymous().bearer(&upstream.token(it::user(), |claims| claims.subject = Some(user)));
    let list = |user: uuid::Uuid| spelt(user.to_string());

    assert_eq!(list(tester).send().await.status, 200);
    // One user, however a token spells the id.
    assert_eq!(spelt(tester.simple().to_string().to_uppercase()).send().await.status, 200);
    list(other).send().await.assert_problem(503, "feature_disabled");
    assert_eq!(upstream.seen().len(), 4, "Auth and the database, for the tester alone");
    upstream.anonymous().send().await.assert_problem(401, "auth_required");
}
