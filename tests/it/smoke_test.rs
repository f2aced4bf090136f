//! The smoke test against the stack, as a deployment's pipeline would run it.

use it::{Channel, running};

#[tokio::test]
async fn the_smoke_test_passes_against_the_stack_and_fails_against_the_wrong_place() {
    let channel = Channel::with_messages(12).await;
    let target = smoke::Target {
        url: format!("{}/functions/v1", running().stack.origin()),
        token: channel.member.token.clone(),
        outsider: Some(channel.outsider.token.clone()),
        channel: channel.id.to_string(),
    };
    let elsewhere = smoke::Target { url: format!("{}/rest/v1", running().stack.origin()), ..target.clone() };

    let (good, bad) = tokio::task::spawn_blocking(move || (smoke::run(&target), smoke::run(&elsewhere))).await.unwrap();

    assert!(good);
    assert!(!bad);
}
