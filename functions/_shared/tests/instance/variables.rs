//! How the variables are read: once, together, and not for ever.

use futures::{executor::block_on, future::join_all};

use crate::project::{Project, Provider, key};

#[test]
fn sixteen_first_requests_read_the_variables_once() {
    let one = key("one");
    let project = Project::new(&[&one]);

    let statuses = block_on(join_all((0..16).map(|_| project.status(&one))));

    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(project.readings.borrow().get("supabase_url"), Some(&1));
}

#[test]
fn the_variables_are_asked_for_all_at_once() {
    let one = key("one");
    let project = Project::new(&[&one]);

    block_on(project.status(&one));

    let all = project.readings.borrow().len();
    assert_eq!(project.most_at_once.get(), all);
}

#[test]
fn a_provider_that_fails_is_an_outage_and_passes() {
    let one = key("one");
    let project = Project::new(&[&one]);

    project.provider.set(Provider::Fails);
    assert_eq!(block_on(project.answer(&one)), (503, "configuration_unavailable".into()));
    project.provider.set(Provider::Answers);
    assert_eq!(block_on(project.status(&one)), 200);
}

/// All who came meanwhile are told at the same time.
#[test]
fn a_provider_that_hangs_is_given_up_when_a_requests_time_is_over() {
    let one = key("one");
    let project = Project::new(&[&one]);
    project.provider.set(Provider::Hangs);

    let answers = block_on(join_all((0..16).map(|_| project.answer(&one))));

    assert!(answers.iter().all(|answer| *answer == (503, "configuration_unavailable".into())), "{answers:?}");
    assert_eq!(project.clock.get().as_secs(), 8);
    project.provider.set(Provider::Answers);
    assert_eq!(block_on(project.status(&one)), 200);
}
