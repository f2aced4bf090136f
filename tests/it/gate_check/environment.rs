//! `gate environment`: a running project against locks that hold and locks that do not.

use std::fs;

use gate::finding::Report;
use it::running;
use tempfile::TempDir;

use super::{gate, said};

struct Locked {
    folder: TempDir,
    url: String,
    apikey: String,
}

impl Locked {
    fn to(lock: &str) -> Self {
        let stack = &running().stack;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("environments.toml"), lock.replace("ORIGIN", stack.origin())).unwrap();
        Self { folder, url: stack.cluster().url("postgres"), apikey: stack.keys().publishable.clone() }
    }

    async fn judged(&self) -> anyhow::Result<Report> {
        let file = self.folder.path().join("environments.toml");
        let file = file.to_str().unwrap();
        let arguments = ["environment", "local", "--environments", file, "--database-url", &self.url];
        gate(&[&arguments[..], &["--apikey", &self.apikey]].concat()).await
    }
}

#[tokio::test]
async fn a_lock_that_holds_has_no_finding() {
    let major = running().stack.cluster().version();
    let locked = Locked::to(&format!(
        "[local]\nurl = 'ORIGIN'\nfunctions_url = 'ORIGIN/functions/v1'\npostgres = {major}\n\
         exposed_schemas = ['public']\nfunctions_region = 'local'\n[local.extensions]\nplpgsql = '1'\n[other]\n"
    ));

    let report = locked.judged().await.unwrap();

    assert_eq!((said(&report), report.exit_code()), (vec![], 0), "{:?}", report.unseen);
    assert_eq!(report.looked_at.len(), 4);
}

#[tokio::test]
async fn each_thing_that_drifted_from_the_lock_is_found() {
    let locked = Locked::to(
        "[local]\nurl = 'ORIGIN'\nfunctions_url = 'ORIGIN/functions/v1'\npostgres = 9\n\
         exposed_schemas = ['public', 'graphql_public']\nfunctions_region = 'eu-central-1'\n\
         [local.extensions]\nplpgsql = '0.9'\npg_net = '*'\n",
    );
    let stack = &running().stack;

    let report = locked.judged().await.unwrap();

    let place = |path: &str| format!("{}{path}", stack.origin());
    assert_eq!(
        said(&report),
        [
            "postgres_version server".to_owned(),
            "extension_missing extension pg_net".to_owned(),
            "extension_version extension plpgsql".to_owned(),
            format!("exposed_schemas {}", place("")),
            format!("functions_region {}", place("/functions/v1")),
        ]
    );
    assert_eq!(report.findings[3].have, "public");
    assert_eq!(report.findings[4].have, "local");
}

/// Nobody is logged in here.
#[tokio::test]
async fn what_cannot_be_asked_is_not_taken_for_right() {
    let locked = Locked::to(
        "[local]\nurl = 'http://127.0.0.1:9'\nexposed_schemas = ['public']\n\
         project_ref = 'abcdefghijklmnopqrst'\ndatabase_region = 'eu-central-1'\n",
    );
    let wrong_key = Locked {
        apikey: "sb_publishable_of_another_project".to_owned(),
        ..Locked::to("[local]\nurl = 'ORIGIN'\nexposed_schemas = ['public']\n")
    };

    let (unreachable, refused) = (locked.judged().await.unwrap(), wrong_key.judged().await.unwrap());

    assert_eq!((said(&unreachable), unreachable.exit_code(), unreachable.unseen.len()), (vec![], 2, 2));
    assert!(unreachable.unseen[1].why.contains("Supabase CLI"), "{:?}", unreachable.unseen);
    assert_eq!((said(&refused), refused.exit_code()), (vec![], 2));
}

#[tokio::test]
async fn a_lock_that_makes_no_sense_says_what_is_wrong_with_it() {
    for (lock, complaint) in [
        ("[staging]\n", "has no environment local; it has: staging"),
        ("[local]\npostgress = 15\n", "unknown field"),
        ("[local]\nexposed_schemas = ['public']\n", "no url to ask for it"),
        ("[local]\ndatabase_region = 'eu-central-1'\n", "no project_ref to ask for it"),
        ("local", "cannot be read"),
    ] {
        let error = Locked::to(lock).judged().await.unwrap_err();

        assert!(format!("{error:#}").contains(complaint), "{lock}: {error:#}");
    }
}
