//! What is saved while the stack runs is served: by the same stack, on the same data.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod terminal;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use it::Checkout;
use nix::sys::signal::Signal;
use serde_json::Value;
use uuid::Uuid;

use crate::terminal::{Environment, folder, serving, stack};

const FUNCTION: &str = "functions/messages-list/src/lib.rs";
const MIGRATION: &str = "supabase/migrations/20261122090300_fetch_social_messages.sql";
const CONTRACT: &str = "supabase/rank_required_rpcs.json";

/// When something is not served at all. How long it took is printed, and not asserted: beside other work it takes longer. On two
/// quiet cores a function and the contract are wanted within 5 s, a migration within 3.
const NEVER: Duration = Duration::from_secs(60);

/// Asks until the answer is so, and says how long that took.
#[expect(clippy::print_stderr, reason = "shown where a test fails")]
fn becomes(environment: &Environment, what: &str, query: &str, is_so: impl Fn(u16, &Value) -> bool) {
    let started = Instant::now();
    loop {
        let (status, answer) = environment.list(query);
        if is_so(status, &answer) {
            break;
        }
        assert!(started.elapsed() < NEVER, "{what}: still {status} {answer:.300}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    eprintln!("{what}: {:.2} s", started.elapsed().as_secs_f64());
}

/// Of one that asks for both directions at once.
const BOTH: &str = "&since=2026-11-22T09:30:00Z&before=2026-11-22T09:30:00Z,c0000000-0000-4000-8000-000000000001";

#[test]
fn what_is_saved_is_served_and_what_fails_is_shown_while_the_last_good_state_goes_on() {
    let (folder, checkout) = (folder(), Checkout::of_its_own());
    let env_file = folder.path().join("addresses");
    let arguments = ["--watch", "--port", "0", "--env-file", env_file.to_str().unwrap()];
    // Anywhere in it, and not where this was compiled.
    let mut command = stack(folder.path(), &arguments);
    let mut stack = serving(command.current_dir(checkout.root().join("functions/client")));
    let environment = Environment::read(&env_file);
    let said = |text: &'static str| {
        move |_: u16, answer: &Value| answer["message"].as_str().unwrap_or_default().contains(text)
    };
    assert_eq!(environment.list("&limit=200").1.as_array().unwrap().len(), 200);

    // Another one each time: what was compiled once is in the cache.
    let refusal: &'static str = format!("cannot be combined with since ({})", Uuid::new_v4()).leak();
    checkout.edit(FUNCTION, "cannot be combined with since", refusal);
    becomes(&environment, "a saved function", BOTH, said(refusal));

    checkout.edit(FUNCTION, "(Some(_), Some(_)) =>", "(Some(_), Some(_)) = >");
    let shown = stack.until("goes on serving");
    assert!(shown.contains("✗ messages-list") && shown.contains("functions/messages-list/src/lib.rs:"), "{shown}");
    assert!(said(refusal)(0, &environment.list(BOTH).1));
    checkout.edit(FUNCTION, "(Some(_), Some(_)) = >", "(Some(_), Some(_)) =>");
    checkout.edit(FUNCTION, refusal, "cannot be combined with since, again");
    becomes(&environment, "a mended function", BOTH, said("with since, again"));

    let rows = |count: usize| move |_: u16, answer: &Value| answer.as_array().is_some_and(|rows| rows.len() == count);
    checkout.edit(MIGRATION, "p_limit integer default 50", "p_limit integer default 7");
    becomes(&environment, "a saved migration", "", rows(7));
    checkout.edit(MIGRATION, "\n\nnotify pgrst", "\n\nselekt 1;\n\nnotify pgrst");
    let shown = stack.until("goes on serving");
    assert!(shown.contains("fetch_social_messages.sql, line") && shown.contains("syntax error"), "{shown}");
    assert!(rows(7)(0, &environment.list("").1));
    checkout.edit(MIGRATION, "selekt 1;\n\n", "");

    let version = "\"name\": \"fetch_social_messages\",\n      \"version\": \"1.0.0\"";
    checkout.edit(CONTRACT, version, &version.replace("1.0.0", "1.0.1"));
    let mismatch = |status: u16, answer: &Value| status == 503 && answer["code"] == "rpc_contract_mismatch";
    becomes(&environment, "a saved contract", "", mismatch);
    checkout.edit(CONTRACT, &version.replace("1.0.0", "1.0.1"), version);
    becomes(&environment, "the contract as it was", "", rows(7));

    stack.signal(Signal::SIGINT);
    assert!(stack.child.wait().unwrap().success());
}

/// A cargo that finds a file as it is for a moment, between two looks that find it as it was.
#[test]
fn what_was_saved_and_taken_back_while_it_was_compiled_is_not_what_answers() {
    let (folder, programs, checkout) = (folder(), tempfile::tempdir().unwrap(), Checkout::of_its_own());
    let env_file = folder.path().join("addresses");
    let path = std::env::var("PATH").unwrap();
    let (cargo, once) = (programs.path().join("cargo"), programs.path().join("once"));
    let file = checkout.root().join(FUNCTION).display().to_string();
    let script = format!(
        "#!/bin/sh\nPATH='{path}'\nif rm '{0}' 2>/dev/null; then\n  sed -i s/GOOD/BAD/ '{file}'\n  cargo \"$@\"\n  \
         sed -i s/BAD/GOOD/ '{file}'\nelse\n  exec cargo \"$@\"\nfi\n",
        once.display()
    );
    fs::write(&cargo, script).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = stack(folder.path(), &["--watch", "--port", "0", "--env-file", env_file.to_str().unwrap()]);
    command.env("PATH", format!("{}:{path}", programs.path().display()));
    let mut stack = serving(command.current_dir(checkout.root()));
    fs::write(once, "").unwrap();

    let refusal = format!("cannot be combined with since ({} GOOD)", Uuid::new_v4());
    checkout.edit(FUNCTION, "cannot be combined with since", &refusal);

    becomes(&Environment::read(&env_file), "what was taken back", BOTH, |_, answer| {
        answer["message"].as_str().unwrap_or_default().contains(&refusal)
    });
    stack.signal(Signal::SIGINT);
    assert!(stack.child.wait().unwrap().success());
}

/// A kept database has what was applied, whatever the file has become.
#[test]
fn a_kept_database_whose_migration_was_edited_is_said_to_be_so() {
    let (folder, kept, checkout) = (folder(), folder(), Checkout::of_its_own());
    let data = kept.path().join("data");
    let arguments = ["--port", "0", "--no-components", "--data", data.to_str().unwrap()];
    let start = || {
        let mut command = stack(folder.path(), &arguments);
        let mut running = terminal::Running::start(command.current_dir(checkout.root()));
        let shown = running.until("Serving until Ctrl-C");
        running.signal(Signal::SIGINT);
        running.child.wait().unwrap();
        shown
    };
    let first = start();
    assert!(first.contains(&format!("Checkout: {}", checkout.root().display())), "{first}");
    assert!(!first.contains("! "), "{first}");
    checkout.edit(MIGRATION, "p_limit, 50)", "p_limit, 7)");

    let again = start();

    let warning = again.lines().find(|line| line.starts_with("! ")).unwrap_or_else(|| panic!("{again}"));
    assert!(warning.contains(MIGRATION) && warning.contains("was edited") && warning.contains("--watch"), "{again}");
}

#[test]
fn outside_a_checkout_the_stack_says_where_to_go() {
    let folder = folder();

    let output = stack(folder.path(), &["--port", "0"]).current_dir(folder.path()).output().unwrap();

    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("run this in a checkout") && said.contains("spin.toml"), "{said}");
}
