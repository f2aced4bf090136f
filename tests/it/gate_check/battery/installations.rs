//! The databases on which all is tried.

use it::{Installation, Server, running};
use stack::database::Grants;

use super::{Battery, Case, adopted, functions, kept, roles, rows, settings, shared, tables, triggers, ways};

const CASES: &[&[Case]] = &[
    settings::SETTINGS,
    tables::TABLES,
    kept::KEPT,
    shared::SHARED,
    triggers::TRIGGERS,
    functions::FUNCTIONS,
    roles::ROLES,
    ways::WAYS,
    rows::ROWS,
];

/// What an installation may have had, and what is asked of it all the same.
const ON_ADOPTED: &[&[Case]] =
    &[adopted::ADOPTED, shared::SHARED, triggers::TRIGGERS, settings::SETTINGS, roles::ROLES];

#[tokio::test]
async fn an_empty_database() {
    let installation = Installation::empty(Grants::Today).await;
    let jobs: &[&[Case]] = if running().has_test_extensions() { &[rows::JOBS] } else { &[] };

    Battery::new(installation, false).await.try_all(&[CASES, jobs].concat()).await;
}

#[tokio::test]
async fn an_installation_in_use() {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;

    Battery::new(installation, true).await.try_all(CASES).await;
}

#[tokio::test]
async fn an_empty_database_on_another_postgresql() {
    let installation = Installation::empty_on(Server::Npm, Grants::BeforeOctober2026).await;

    Battery::new(installation, false).await.try_all(CASES).await;
}

#[tokio::test]
async fn an_installation_in_use_on_another_postgresql() {
    let installation = Installation::in_use_on(Server::Npm, Grants::Today).await;

    Battery::new(installation, true).await.try_all(CASES).await;
}

#[tokio::test]
async fn an_installation_that_had_the_table_of_messages() {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;

    Battery::of_adopted(installation).await.try_all(ON_ADOPTED).await;
}

#[tokio::test]
async fn an_installation_that_had_the_table_of_messages_on_another_postgresql() {
    let installation = Installation::in_use_on(Server::Npm, Grants::Today).await;

    Battery::of_adopted(installation).await.try_all(ON_ADOPTED).await;
}
