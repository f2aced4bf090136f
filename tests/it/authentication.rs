//! Who is let in. Everything that is refused here is refused before the database sees a request.

use it::{Call, Channel, Person, Scripted, response, running, user};
use jwt_simple::prelude::{Audiences, Clock, Duration, HS256Key, MACLike as _};
use stack::keys::UserClaims;

#[tokio::test]
async fn without_a_token_nobody_is_let_in() {
    let channel = Channel::with_messages(1).await;
    let path = format!("/functions/v1/messages-list?channel_id={}", channel.id);

    let refused = Call::get(&path).send().await;

    refused.assert_problem(401, "auth_required");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_token_that_proves_nothing_is_refused_before_the_database_is_asked() {
    let upstream = Scripted::answering(|_| async { response(500, &[], "{}") }).await;
    let valid = upstream.token(user(), |_| {});
    let (head, signature) = valid.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    let project =
        |role: &str| upstream.token(UserClaims { role: role.into(), ..user() }, |claims| claims.subject = None);
    let now = Clock::now_since_epoch;
    let foreign_key = Person::new().await.token_with(|claims| {
        claims.custom.role = "service_role".into();
        (claims.subject, claims.audiences, claims.issuer) = (None, None, Some("supabase".into()));
    });
    let another_key =
        HS256Key::generate().authenticate(jwt_simple::claims::Claims::create(Duration::from_hours(1))).unwrap();

    for (what, token, code) in [
        ("a forged signature", format!("{head}.{}", "A".repeat(signature.len())), "invalid_token"),
        ("no signature", format!("{head}."), "invalid_token"),
        ("alg none", format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}."), "invalid_token"),
        ("another payload", format!("{header}.{}.{signature}", payload.replacen('e', "f", 1)), "invalid_token"),
        ("another key", another_key, "invalid_token"),
        ("no JWT", "x".repeat(300), "invalid_token"),
        (
            "49 KiB",
            upstream.token(UserClaims { email: Some("x".repeat(36 * 1024)), ..user() }, |_| {}),
            "invalid_token",
        ),
        ("the publishable key", "sb_publishable_abc".into(), "not_a_user_token"),
        ("a secret key", "sb_secret_abc".into(), "not_a_user_token"),
        ("the anon key", project("anon"), "not_a_user_token"),
        ("the stack's own anon key", upstream.keys().project("anon").unwrap(), "not_a_user_token"),
        ("another project's service key", foreign_key, "not_a_user_token"),
        ("the service key", project("service_role"), "not_a_user_token"),
        (
            "the owner's role",
            upstream.token(UserClaims { role: "postgres".into(), ..user() }, |_| {}),
            "not_a_user_token",
        ),
        ("no role", upstream.token(UserClaims { role: String::new(), ..user() }, |_| {}), "invalid_token"),
        ("expired", upstream.token(user(), |c| c.expires_at = Some(now() - Duration::from_secs(31))), "token_expired"),
        ("never expires", upstream.token(user(), |c| c.expires_at = None), "invalid_token"),
        (
            "not valid yet",
            upstream.token(user(), |c| c.invalid_before = Some(now() + Duration::from_secs(60))),
            "invalid_token",
        ),
        (
            "another issuer",
            upstream.token(user(), |c| c.issuer = Some("https://evil.example/auth/v1".into())),
            "invalid_token",
        ),
        ("no issuer", upstream.token(user(), |c| c.issuer = None), "invalid_token"),
        (
            "another audience",
            upstream.token(user(), |c| c.audiences = Some(Audiences::AsString("admin".into()))),
            "invalid_token",
        ),
        ("no subject", upstream.token(user(), |c| c.subject = None), "invalid_token"),
        ("a subject that is no user", upstream.token(user(), |c| c.subject = Some("admin".into())), "invalid_token"),
    ] {
        for call in upstream.every_function() {
            let (refused, record) = upstream.answer(call.bearer(&token)).await;
            assert_eq!(refused.json()["code"], code, "{what}: {}", refused.body);
            assert_eq!(refused.status, 401, "{what}");
            assert_eq!(record["app.auth.outcome"], "refused", "{what}");
        }
    }
    let guest = upstream.token(UserClaims { is_anonymous: true, ..user() }, |_| {});
    for call in upstream.every_function() {
        call.bearer(&guest).send().await.assert_problem(403, "guest_not_allowed");
    }
    assert!(upstream.seen().is_empty(), "the upstream saw {:?}", upstream.seen());
}

/// Both sides allow thirty seconds, so that neither refuses what the other accepts.
#[tokio::test]
async fn a_clock_that_is_half_a_minute_off_does_no_harm() {
    let channel = Channel::with_messages(1).await;
    let now = Clock::now_since_epoch;

    for token in [
        channel.member.token_with(|claims| claims.expires_at = Some(now() - Duration::from_secs(20))),
        channel.member.token_with(|claims| claims.issued_at = Some(now() + Duration::from_secs(20))),
    ] {
        let listed = channel.list(&Person { token, ..channel.member.clone() }, "").send().await;
        assert_eq!(listed.rows().len(), 1);
    }
}

#[tokio::test]
async fn a_bad_credential_is_never_treated_as_none() {
    let channel = Channel::with_messages(1).await;
    let path = format!("/functions/v1/messages-list?channel_id={}", channel.id);

    for value in ["Basic YWRhOmFkYQ==", "Bearer", "Bearer ", "Bearer a.b.c d", "Token abc"] {
        let refused = Call::get(&path).header("authorization", value).send().await;
        refused.assert_problem(401, "invalid_token");
        assert!(refused.header("www-authenticate").contains("invalid_token"));
    }
    let twice = channel.list(&channel.member, "").header("authorization", "Bearer x").send().await;
    twice.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn the_scheme_may_be_written_in_any_case() {
    let channel = Channel::with_messages(1).await;
    let path = format!("/functions/v1/messages-list?channel_id={}", channel.id);

    let listed = Call::get(&path).header("authorization", &format!("bEaReR {}", channel.member.token)).send().await;

    assert_eq!(listed.rows().len(), 1);
}

/// A hook may assign a role of the project's own. What it may do is the database's decision: here it is let in by a grant.
#[tokio::test]
async fn a_role_that_a_hook_has_assigned_is_a_users() {
    let channel = Channel::with_messages(1).await;
    let role = format!("moderator_{}", channel.id.simple());
    let person = |token| Person { token, ..channel.member.clone() };
    let moderator = person(channel.member.token_with(|claims| claims.custom.role = role.clone()));
    let superuser = running().stack.cluster().connect("postgres").await.unwrap();
    let run = async |sql: &str| superuser.batch_execute(&sql.replace("moderator", &role)).await.unwrap();

    run("create role moderator nologin; grant moderator to authenticator").await;
    let before = channel.list(&moderator, "").send().await;
    run("grant authenticated to moderator").await;
    let after = channel.list(&moderator, "").send().await;
    run("drop role moderator").await;

    before.assert_problem(403, "forbidden");
    assert_eq!(after.rows().len(), 1);
}

/// Hooks add claims, and PostgREST takes all that its server can read.
#[tokio::test]
async fn a_token_is_as_long_as_the_database_takes_it() {
    let channel = Channel::with_messages(1).await;

    for kibibytes in [8, 20, 34] {
        let token = channel.member.token_with(|claims| claims.custom.email = Some("x".repeat(kibibytes * 1024)));
        let listed = channel.list(&Person { token, ..channel.member.clone() }, "").send().await;
        assert_eq!(listed.rows().len(), 1, "{kibibytes}");
    }
}
