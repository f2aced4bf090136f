//! `gate migrations`: files and history, as the stack and the Supabase CLI write it.

use std::{fs, path::Path, process::Command};

use gate::{database, finding::Report};
use it::Installation;
use stack::{database::Grants, setup};
use tempfile::TempDir;

use super::{admin, gate, said};

/// A copy of the folder, to change files in.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["supabase", "supabase/migrations"] {
        fs::create_dir_all(copy.path().join(folder)).unwrap();
        for entry in fs::read_dir(setup::root().join(folder)).unwrap().flatten().filter(|e| e.path().is_file()) {
            fs::copy(entry.path(), copy.path().join(folder).join(entry.file_name())).unwrap();
        }
    }
    copy
}

async fn judged(copy: &Path, url: &str) -> Report {
    let folder = copy.join("supabase/migrations");
    let report = gate(&["migrations", "--migrations", folder.to_str().unwrap(), "--database-url", url]).await;
    report.unwrap_or_else(|error| panic!("{error:#}"))
}

/// Without the folder, which is another one in every run.
async fn findings(copy: &Path, url: &str) -> Vec<String> {
    let prefix = format!("{}/supabase/migrations/", copy.display());
    said(&judged(copy, url).await).iter().map(|finding| finding.replace(&prefix, "")).collect()
}

async fn what_differs_is_found(installation: &Installation) {
    let url = installation.cluster.url("postgres");
    let copy = copy();
    let file = |name: &str| copy.path().join("supabase/migrations").join(name);
    assert_eq!(findings(copy.path(), &url).await, [] as [String; 0]);

    let settings = file("20261122090010_settings.sql");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("'60', 'How many", "'600', 'How many")).unwrap();
    let changed = findings(copy.path(), &url).await;
    // A blank inside a text, a line that becomes part of a comment.
    for (from, to) in [
        ("'How many messages", "'Howmany messages"),
        ("postgres;\nset local search_path", "postgres; -- set local search_path"),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&settings, text.replace(from, to)).unwrap();
        assert_eq!(findings(copy.path(), &url).await, ["migration_changed 20261122090010_settings.sql"], "{to}");
    }
    // Another editor's line ends are no change.
    fs::write(&settings, text.replace('\n', "\r\n")).unwrap();
    assert_eq!(findings(copy.path(), &url).await, [] as [String; 0]);
    fs::write(&settings, text).unwrap();
    fs::remove_file(file("20261122090600_social_broadcast.sql")).unwrap();
    fs::write(file("20261122090601_later.sql"), "select 1;").unwrap();
    fs::write(file("20991231000000_last.sql"), "select 1;").unwrap();
    let moved = judged(copy.path(), &url).await;

    assert_eq!(changed, ["migration_changed 20261122090010_settings.sql"]);
    let remedies: Vec<&str> = moved.findings.iter().map(|finding| finding.remedy.as_str()).collect();
    let codes: Vec<String> = moved.findings.iter().map(|finding| finding.code.word()).collect();
    assert_eq!(codes, ["migration_pending", "migration_pending", "migration_unknown"]);
    assert!(remedies[0].contains("--include-all") && !remedies[1].contains("--include-all"), "{remedies:?}");
    assert!(moved.findings[2].place.contains("20261122090600_social_broadcast"), "{:?}", moved.findings[2]);
}

/// By name and text, it is neither to be applied again nor unknown.
#[tokio::test]
async fn what_was_applied_under_another_second_is_recognised() {
    let installation = Installation::migrated(Grants::Today).await;
    let (url, copy) = (installation.cluster.url("postgres"), copy());
    let file = |name: &str| copy.path().join("supabase/migrations").join(name);
    fs::rename(file("20261122090600_social_broadcast.sql"), file("20261122090607_social_broadcast.sql")).unwrap();

    let report = judged(copy.path(), &url).await;

    assert_eq!((said(&report), report.exit_code()), (vec![], 0));
    assert!(report.notices[0].what.contains("applied as 20261122090600"), "{:?}", report.notices);
    let files = gate::migrations::files(&copy.path().join("supabase/migrations")).unwrap();
    let pending = gate::migrate::pending(&mut admin(&installation).await, files).await.unwrap();
    assert!(pending.is_empty(), "{pending:?}");

    fs::write(file("20261122090607_social_broadcast.sql"), "select 1;").unwrap();
    assert_eq!(
        findings(copy.path(), &url).await,
        [
            "migration_pending 20261122090607_social_broadcast.sql",
            "migration_unknown migration 20261122090600_social_broadcast",
        ]
    );
}

#[tokio::test]
async fn what_differs_from_the_history_of_the_stack_is_found() {
    what_differs_is_found(&Installation::migrated(Grants::Today).await).await;
}

/// The CLI keeps statements, and not the file.
#[tokio::test]
async fn what_differs_from_the_history_of_the_supabase_cli_is_found() {
    let packages = setup::root().join("tests/it");
    setup::packages(&packages).await.unwrap_or_else(|error| panic!("{error:#}"));
    let installation = Installation::empty(Grants::Today).await;
    let copy = copy();
    let output = Command::new(packages.join("node_modules/@supabase/cli-linux-x64/bin/supabase"))
        .args(["db", "push", "--yes", "--workdir", copy.path().to_str().unwrap()])
        .arg(format!("--remote={}", installation.cluster.url("postgres")))
        .env("SUPABASE_TELEMETRY_DISABLED", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    what_differs_is_found(&installation).await;
}

#[tokio::test]
async fn a_history_that_is_not_there_hidden_or_without_texts_is_told_apart() {
    let installation = Installation::empty(Grants::Today).await;
    let (url, copy) = (installation.cluster.url("postgres"), copy());
    let mut connection = admin(&installation).await;
    let pending = findings(copy.path(), &url).await;
    installation.migrate().await;
    for sql in [
        "update supabase_migrations.schema_migrations set statements = null where version = '20261122090000'",
        "create role reader login password 'postgres'",
    ] {
        database::run(&mut connection, sql).await.unwrap();
    }

    let without_text = judged(copy.path(), &url).await;
    let hidden = judged(copy.path(), &installation.cluster.url("reader")).await;
    database::run(&mut connection, "drop schema supabase_migrations cascade").await.unwrap();
    let gone = findings(copy.path(), &url).await;

    let files = gate::migrations::files(&copy.path().join("supabase/migrations")).unwrap().len();
    assert_eq!((pending.len(), gone), (files, pending.clone()));
    assert_eq!((without_text.exit_code(), without_text.unseen.len()), (2, 1));
    assert!(without_text.unseen[0].place.ends_with("20261122090000_rpc_foundation.sql"));
    assert_eq!((hidden.exit_code(), said(&hidden)), (2, vec![]));
    assert!(hidden.unseen[0].remedy.contains("to reader"), "{:?}", hidden.unseen);
}
