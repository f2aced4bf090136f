//! More of what projects have of their own. Each is tried in a transaction that is rolled back, as in a SQL editor.

mod beyond;
mod cases;

use gate::{contract::Contract, database, finding::Code, migrate, migrations, migrations::Migration};
use it::{Installation, Server};
use stack::{database::Grants, setup};

use super::WORK;
use crate::gate_check::judge;
use cases::TOGETHER;

/// The database as it is with `sql`, and then `work`; nothing of it stays.
pub async fn with<T>(
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

/// What the migration says that stops.
async fn stopped(connection: &mut database::Connection, look: &Migration) -> Option<String> {
    let done = migrate::run(connection, "", &look.text().unwrap()).await;
    done.err().map(|said| format!("{said:#}"))
}

pub fn contract() -> Contract {
    Contract::read(&setup::root().join("supabase/rank_required_rpcs.json")).unwrap()
}

/// The first migration, which changes nothing, and the others.
pub fn migrations() -> (Migration, Vec<Migration>) {
    let mut files = migrations::files(&setup::root().join("supabase/migrations")).unwrap();
    (files.remove(0), files)
}

pub async fn in_use() -> (Installation, database::Connection) {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
    let connection = database::connect(&installation.cluster.socket_url("supabase_admin")).await.unwrap();
    (installation, connection)
}

#[tokio::test]
async fn what_differs_is_named_before_anything_is_made() {
    let (_installation, mut connection) = in_use().await;
    let (look, _) = migrations();
    let mut wrong = Vec::new();
    for (sql, place) in [cases::DIFFERS, beyond::DIFFERS].concat() {
        let (adopt, said) = with(&mut connection, sql, async |connection| {
            let report = gate::adopt::look(connection, &contract()).await.unwrap();
            (report, stopped(connection, &look).await.unwrap_or_default())
        })
        .await;

        let places: Vec<&str> = adopt.findings.iter().map(|finding| finding.place.as_str()).collect();
        if places != [place] || !said.contains("nothing was changed") || !said.contains(place) {
            wrong.push(format!("{sql}: {places:?} {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_can_only_be_tried_is_tried_before_anything_is_made() {
    let (_installation, mut connection) = in_use().await;
    let (look, _) = migrations();
    let mut wrong = Vec::new();
    for (sql, what) in [cases::CANNOT, beyond::CANNOT].concat() {
        let (findings, said) = with(&mut connection, sql, async |connection| {
            let report = gate::adopt::look(connection, &contract()).await.unwrap();
            (report.findings, stopped(connection, &look).await.unwrap_or_default())
        })
        .await;

        if !findings.is_empty() || !said.contains("nothing was changed") || !said.contains(what) {
            wrong.push(format!("{sql}: {said} {findings:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The migrations work all the same; the gate will have a finding, unless the contract allows it.
#[tokio::test]
async fn what_the_gate_will_say_of_the_database_is_said_before() {
    let (_installation, mut connection) = in_use().await;
    let sql = "reset role; alter database postgres set timezone = 'Asia/Seoul'";

    let findings = with(&mut connection, sql, async |connection| {
        gate::adopt::look(connection, &contract()).await.unwrap().findings
    })
    .await;

    let codes: Vec<_> = findings.iter().map(|finding| (finding.code, finding.place.as_str())).collect();
    assert_eq!(codes, [(Code::SettingUnexpected, "database postgres")]);
}

#[tokio::test]
async fn what_fits_in_another_shape_works() {
    let (_installation, mut connection) = in_use().await;
    let (look, others) = migrations();
    let others = migrate::bundle(&others).unwrap();
    // It begins and ends a transaction of its own, which is this one.
    let work = WORK.replace("begin;\n", "");
    let mut wrong = Vec::new();
    for sql in [cases::FITS, beyond::FITS].concat() {
        let done = with(&mut connection, sql, async |connection| {
            if let Some(said) = stopped(connection, &look).await {
                return Err(said);
            }
            migrate::run(connection, "migrations", &others).await.map_err(|error| format!("{error:#}"))?;
            let report = judge(connection, &contract()).await;
            migrate::run(connection, "work", &work).await.map_err(|error| format!("{error:#}"))?;
            if report.findings.is_empty() { Ok(()) } else { Err(format!("{:#?}", report.findings)) }
        })
        .await;

        wrong.extend(done.err().map(|said| format!("{sql}: {said}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn all_that_differs_is_named_at_once() {
    let (_installation, mut connection) = in_use().await;
    let (look, _) = migrations();
    let (differing, places): (Vec<&str>, Vec<&str>) = TOGETHER.iter().copied().unzip();

    let said = with(&mut connection, &differing.join("; "), async |connection| stopped(connection, &look).await).await;

    let said = said.expect("it stops");
    let missing: Vec<&str> = places.into_iter().filter(|place| !said.contains(place)).collect();
    assert_eq!(missing, [] as [&str; 0], "{said}");
}

#[test]
fn the_first_migration_is_made_of_its_questions() {
    let (look, _) = migrations();
    assert!(look.text().unwrap() == gate::adopt::migration(), "make it anew: gate look >{}", look.path.display());
}
