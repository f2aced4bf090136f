//! The smoke test against the stack, as a deployment's pipeline would run it. It writes, and nothing of it stays.

use std::sync::atomic::AtomicBool;

use it::{Channel, Person, running};
use smoke::{Outcome, Project, Target};

/// With everything that a test can be given, and two users of its own.
async fn target() -> Target {
    let stack = &running().stack;
    Target {
        url: format!("{}/functions/v1", stack.origin()),
        token: Person::new().await.token,
        outsider: Some(Person::new().await.token),
        database_url: Some(stack.cluster().url("postgres")),
        project: Some(Project { url: stack.origin().to_owned(), apikey: stack.keys().publishable.clone() }),
        ..Target::default()
    }
}

async fn run(target: &Target, interrupted: bool) -> Outcome {
    let target = target.clone();
    let test = move || smoke::run(&target, &AtomicBool::new(interrupted));
    tokio::task::spawn_blocking(test).await.unwrap().unwrap_or_else(|error| panic!("{error:#}"))
}

/// What there is of these two users: channels, memberships, messages, games, rooms, seats, sessions, overlays.
async fn rows_of(target: &Target) -> i64 {
    let users = [&target.token, target.outsider.as_ref().unwrap()].map(|token| smoke::subject(token).unwrap());
    let query = "select (select count(*) from public.social_channel_members where user_id = any($1)) \
         + (select count(*) from public.social_messages where sender_id = any($1)) \
         + (select count(*) from public.rank_games where owner_id = any($1)) \
         + (select count(*) from public.rank_rooms where owner_id = any($1)) \
         + (select count(*) from public.rank_room_slots where occupant_owner_id = any($1)) \
         + (select count(*) from public.rank_participants where owner_id = any($1)) \
         + (select count(*) from public.rank_match_roster where owner_id = any($1)) \
         + (select count(*) from public.rank_sessions where owner_id = any($1)) \
         + (select count(*) from public.rank_session_overlays where owner_id = any($1))";
    let database = running().stack.cluster().connect("postgres").await.unwrap();
    database.query_one(query, &[&users.to_vec()]).await.unwrap().get(0)
}

#[tokio::test]
async fn everything_is_tested_and_nothing_of_it_stays() {
    let target = target().await;

    let outcome = run(&target, false).await;

    assert_eq!((outcome.failed, outcome.left_out), (Vec::new(), Vec::new()));
    assert!(outcome.passed >= 17, "{} checks", outcome.passed);
    assert_eq!(rows_of(&target).await, 0);
}

#[tokio::test]
async fn a_test_that_fails_or_is_stopped_leaves_nothing_either() {
    let target = target().await;
    let elsewhere = Target { url: format!("{}/rest/v1", running().stack.origin()), ..target.clone() };

    let (failed, stopped) = (run(&elsewhere, false).await, run(&target, true).await);

    assert!(failed.failed.iter().any(|check| check.contains("a member sends")), "{:?}", failed.failed);
    assert_eq!((stopped.passed, stopped.failed), (0, vec!["interrupted".to_owned()]));
    assert_eq!(rows_of(&target).await, 0);
}

/// By name and age: what is younger may belong to a test that runs now.
#[tokio::test]
async fn what_a_killed_test_has_left_is_removed_by_the_next() {
    let database = running().stack.cluster().connect("postgres").await.unwrap();
    let leave = "insert into public.social_channels (name) select unnest(array[\
         'smoke-test-1700000000-0a1b2c3d', 'smoke-test-' || extract(epoch from now())::bigint || '-0a1b2c3d', \
         'smoke-test-plan'])";
    database.execute(leave, &[]).await.unwrap();

    run(&target().await, false).await;

    let left = "delete from public.social_channels where name like 'smoke-test-%' and name !~ '-(?!0a1b2c3d)[0-9a-f]{8}$' \
         returning name";
    let left: Vec<String> = database.query(left, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(!left.contains(&"smoke-test-1700000000-0a1b2c3d".to_owned()), "{left:?}");
}

#[tokio::test]
async fn without_the_database_it_reads_and_says_what_it_leaves_out() {
    let channel = Channel::with_messages(12).await;
    let target = Target {
        token: channel.member.token.clone(),
        outsider: Some(channel.outsider.token.clone()),
        channel: Some(channel.id.to_string()),
        database_url: None,
        ..target().await
    };

    let outcome = run(&target, false).await;

    assert_eq!(outcome.failed, [] as [String; 0]);
    assert!(outcome.left_out.iter().all(|check| check.ends_with("needs the database")), "{:?}", outcome.left_out);
    assert_eq!(outcome.left_out.len(), 4);
    assert_eq!(
        channel
            .database
            .query_one("select count(*) from public.social_messages where channel_id = $1", &[&channel.id])
            .await
            .unwrap()
            .get::<_, i64>(0),
        12
    );
}

#[tokio::test]
async fn a_database_without_tls_is_not_written_to_by_who_asks_for_tls() {
    let target = target().await;
    let encrypted = format!("{}?ssl=true", target.database_url.as_ref().unwrap());
    let encrypted = Target { database_url: Some(encrypted), ..target };

    let test = move || smoke::run(&encrypted, &AtomicBool::default());
    let Err(error) = tokio::task::spawn_blocking(test).await.unwrap() else { panic!("it wrote in the clear") };

    assert!(format!("{error:#}").contains("sslmode=require asks for it"), "{error:#}");
}

/// Turned on, they do not say that they are turned off.
#[tokio::test]
async fn functions_that_are_on_are_no_functions_that_are_off() {
    let target = Target { disabled: true, ..target().await };

    let outcome = run(&target, false).await;

    assert!(outcome.failed.iter().any(|check| check.contains("turned off")), "{:?}", outcome.failed);
}
