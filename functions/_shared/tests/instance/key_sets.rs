//! When a key set is asked for, and when not: over hours. The clock is the test's.

use std::time::Duration;

use futures::executor::block_on;

use crate::project::{Project, key};

#[test]
fn requests_that_come_together_fetch_once_and_are_told_the_same() {
    let one = key("one");
    let project = Project::new(&[&one]);
    let statuses = || (0..3).map(|_| block_on(project.status(&one))).collect::<Vec<_>>();

    let failing = project.set.take();
    assert_eq!(statuses(), [503; 3]);
    assert_eq!(project.fetches.get(), 1);

    *project.set.borrow_mut() = failing;
    project.passes(2);
    assert_eq!(statuses(), [503; 3], "not so soon again, without any key either");
    assert_eq!(project.fetches.get(), 1);
    project.passes(2);
    assert_eq!(statuses(), [200; 3]);
    assert_eq!(project.fetches.get(), 2);
}

#[test]
fn a_set_is_fresh_for_ten_minutes_and_stale_ones_serve_while_the_source_fails() {
    let one = key("one");
    let project = Project::new(&[&one]);
    let status = || block_on(project.status(&one));
    assert_eq!((status(), project.fetches.get()), (200, 1));

    project.passes(599);
    assert_eq!((status(), project.fetches.get()), (200, 1));
    project.passes(2);
    assert_eq!((status(), project.fetches.get()), (200, 2));

    project.set.take();
    project.passes(601);
    let before = project.clock.get();
    assert_eq!((status(), project.fetches.get()), (200, 3), "stale, and the attempt failed");
    assert_eq!(project.clock.get() - before, Duration::from_secs(2), "most of the budget is left for the database");
    project.passes(29);
    assert_eq!((status(), project.fetches.get()), (200, 3), "not so soon again");
    project.passes(2);
    assert_eq!((status(), project.fetches.get()), (200, 4));
}

#[test]
fn an_old_set_is_refreshed_by_one_request() {
    let one = key("one");
    let project = Project::new(&[&one]);
    block_on(project.status(&one));
    project.passes(700);

    assert_eq!([(); 3].map(|()| block_on(project.status(&one))), [200; 3]);

    assert_eq!(project.fetches.get(), 2);
}

#[test]
fn a_new_key_is_found_once_the_cool_down_is_over_and_the_old_one_is_gone_with_its_tokens() {
    let (old, new) = (key("old"), key("new"));
    let project = Project::new(&[&old]);
    assert_eq!(block_on(project.status(&old)), 200);
    project.serve(&[&new]);

    assert_eq!((block_on(project.status(&new)), project.fetches.get()), (401, 1), "a moment after the last fetch");
    project.passes(31);
    assert_eq!([(); 3].map(|()| block_on(project.status(&new))), [200; 3]);
    assert_eq!(project.fetches.get(), 2);
    assert_eq!(block_on(project.status(&old)), 401);
}

#[test]
fn while_the_source_fails_an_unknown_key_is_not_the_callers_fault() {
    let (old, new) = (key("old"), key("new"));
    let project = Project::new(&[&old]);
    assert_eq!(block_on(project.status(&old)), 200);
    project.set.take();
    project.passes(31);

    assert_eq!(block_on(project.status(&new)), 503);
    assert_eq!(block_on(project.status(&old)), 200);
    assert_eq!(project.fetches.get(), 2);
}

/// A remembered token is a hash to look up, and nothing more: it expires like any other.
#[test]
fn a_token_that_was_accepted_before_still_expires_and_goes_with_its_key() {
    let (old, new) = (key("old"), key("new"));
    let project = Project::new(&[&old]);
    let token = project.token(&old);
    assert_eq!(block_on(project.status_of(&token)), 200);
    assert_eq!(block_on(project.status_of(&format!("{token}A"))), 401, "one character more is another token");

    project.passes(3629);
    assert_eq!(block_on(project.status_of(&token)), 200, "within the leeway");
    project.passes(2);
    assert_eq!(block_on(project.status_of(&token)), 401);
    let token = project.token(&old);
    assert_eq!(block_on(project.status_of(&token)), 200);
    project.serve(&[&new]);
    project.passes(700);
    assert_eq!(block_on(project.status(&new)), 200, "the set is fetched again");
    assert_eq!(block_on(project.status_of(&token)), 401, "its key is gone");
}

/// Otherwise a key that was revoked would be in force for as long as somebody comes with a token that is remembered.
#[test]
fn a_remembered_token_does_not_keep_an_old_set_in_force() {
    let (old, new) = (key("old"), key("new"));
    let project = Project::new(&[&old]);
    let token = project.token(&old);
    assert_eq!(block_on(project.status_of(&token)), 200);
    project.serve(&[&new]);

    project.passes(599);
    assert_eq!((block_on(project.status_of(&token)), project.fetches.get()), (200, 1));
    project.passes(2);
    assert_eq!((block_on(project.status_of(&token)), project.fetches.get()), (401, 2));
}

/// A key that was revoked is gone from the set long before ours is ten minutes old. Nobody is signed out meanwhile.
#[test]
fn a_set_whose_tokens_others_do_not_accept_is_asked_for_again() {
    let (old, new) = (key("old"), key("new"));
    let project = Project::new(&[&old]);
    assert_eq!(block_on(project.status(&old)), 200);
    project.serve(&[&new]);
    project.database.set((401, r#"{"code":"PGRST301","message":"JWSError JWSInvalidSignature"}"#));

    assert_eq!(block_on(project.answer(&old)), (503, "upstream_unavailable".into()));
    assert_eq!((block_on(project.status(&old)), project.fetches.get()), (503, 1), "a moment after the last fetch");
    project.passes(4);
    assert_eq!((block_on(project.status(&old)), project.fetches.get()), (401, 2));
    project.database.set((200, "[]"));
    project.passes(31);
    assert_eq!((block_on(project.status(&new)), project.fetches.get()), (200, 2), "it is in doubt no longer");
}

#[test]
fn a_dead_connection_is_no_failed_fetch() {
    let one = key("one");
    let project = Project::new(&[&one]);
    project.dead_connections.set(1);

    assert_eq!((block_on(project.status(&one)), project.fetches.get()), (200, 2));
}

/// The next request, which has time, asks at once.
#[test]
fn a_request_without_time_says_nothing_about_the_source() {
    let one = key("one");
    let project = Project::new(&[&one]);
    let set = project.set.take();

    project.variables_take.set(Duration::from_millis(7_990));
    let late = block_on(project.status(&one));
    *project.set.borrow_mut() = set;

    assert_eq!(late, 503);
    assert_eq!(block_on(project.status(&one)), 200);
}
