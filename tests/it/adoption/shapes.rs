//! More of what projects have of their own. Each is tried in a transaction that is rolled back, as in a SQL editor.

mod cases;

use gate::{contract::Contract, database, migrate, migrations, migrations::Migration};
use it::{Installation, Server};
use stack::{database::Grants, setup};

use super::WORK;
use cases::{CANNOT, DIFFERS, FITS};

/// The database as it is with `sql`, and then `work`; nothing of it stays.
async fn with<T>(
    connection: &mut database::Connection,
    sql: &str,
    work: impl AsyncFnOnce(&mut database::Connection) -> T,
) -> T {
    // An empty roster can be given a column without a default.
    let begin = format!(
        "begin; set local role postgres; delete from public.rank_match_roster; delete from public.social_messages; \
         set constraints all immediate; {sql}; reset role"
    );
    database::run(connection, &begin).await.unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    database::spell_plainly(connection).await.unwrap();
    let done = work(connection).await;
    database::rollback(connection).await.unwrap();
    done
}

/// What the first of the migrations that stops says.
async fn stopped(connection: &mut database::Connection, files: &[Migration]) -> Option<String> {
    for file in files {
        let said = migrate::run(connection, "", &file.text().unwrap()).await;
        if let Err(said) = said {
            return Some(format!("{said:#}"));
        }
    }
    None
}

fn contract() -> Contract {
    Contract::read(&setup::root().join("supabase/rank_required_rpcs.json")).unwrap()
}

/// In all projects of the tests these come first, and change nothing.
fn looks() -> (Vec<Migration>, Vec<Migration>) {
    let mut files = migrations::files(&setup::root().join("supabase/migrations")).unwrap();
    let others = files.split_off(3);
    (files, others)
}

async fn in_use() -> (Installation, database::Connection) {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
    let connection = database::connect(&installation.cluster.socket_url("supabase_admin")).await.unwrap();
    (installation, connection)
}

#[tokio::test]
async fn what_differs_is_named_before_anything_is_made() {
    let (_installation, mut connection) = in_use().await;
    let (looks, _) = looks();
    let mut wrong = Vec::new();
    for (sql, place) in DIFFERS {
        let (adopt, said) = with(&mut connection, sql, async |connection| {
            let report = gate::adopt::look(connection, &contract()).await.unwrap();
            (report, stopped(connection, &looks).await.unwrap_or_default())
        })
        .await;

        let places: Vec<&str> = adopt.findings.iter().map(|finding| finding.place.as_str()).collect();
        if places != [*place] || !said.contains("nothing was changed") || !said.contains(place) {
            wrong.push(format!("{sql}: {places:?} {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_can_only_be_tried_is_tried_before_anything_is_made() {
    let (_installation, mut connection) = in_use().await;
    let (looks, _) = looks();
    let mut wrong = Vec::new();
    for (sql, what) in CANNOT {
        let (findings, said) = with(&mut connection, sql, async |connection| {
            let report = gate::adopt::look(connection, &contract()).await.unwrap();
            (report.findings, stopped(connection, &looks).await.unwrap_or_default())
        })
        .await;

        if !findings.is_empty() || !said.contains("nothing was changed") || !said.contains(what) {
            wrong.push(format!("{sql}: {said} {findings:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_fits_in_another_shape_works() {
    let (_installation, mut connection) = in_use().await;
    let (looks, others) = looks();
    // The work begins and ends a transaction of its own, which is this one.
    let work = format!("{}; {}", migrate::bundle(&others).unwrap(), WORK.replace("begin;\n", ""));
    let mut wrong = Vec::new();
    for sql in FITS {
        let done = with(&mut connection, sql, async |connection| match stopped(connection, &looks).await {
            Some(said) => Err(said),
            None => migrate::run(connection, "work", &work).await.map_err(|error| format!("{error:#}")),
        })
        .await;

        wrong.extend(done.err().map(|said| format!("{sql}: {said}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
