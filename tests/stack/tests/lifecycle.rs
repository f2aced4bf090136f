//! Whatever becomes of the stack, nothing of it stays behind: no process, no file. And what goes wrong says what to do.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod terminal;

use std::{
    fs,
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use crate::terminal::{Environment, Running, folder, serving, stack};

/// Less than the ten seconds after which the reaper kills: each process must stop on its own signal.
const STOP: Duration = Duration::from_secs(8);

/// Processes whose command line or environment names the folder, apart from the stack itself.
fn processes(folder: &Path) -> Vec<String> {
    let name = folder.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let text = |file: &str| fs::read(entry.path().join(file)).map(|b| String::from_utf8_lossy(&b).into_owned());
        let (Ok(command), environment) = (text("cmdline"), text("environ").unwrap_or_default()) else { continue };
        if command.contains(name) || environment.contains(name) {
            found.push(command.replace('\0', " "));
        }
    }
    found
}

/// Waits until it is so, with a deadline.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < STOP, "{what} did not happen within {} s", STOP.as_secs());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn nothing_is_left(folder: &Path) {
    eventually("the end of every process", || processes(folder).is_empty());
    eventually("the removal of every file", || fs::read_dir(folder).unwrap().next().is_none());
}

#[test]
fn ctrl_c_stops_everything_and_is_no_failure() {
    let folder = folder();
    let mut stack = serving(&mut stack(folder.path(), &["--port", "0"]));
    let running = processes(folder.path());
    for program in ["postgres", "postgrest", "sh -c"] {
        assert!(running.iter().any(|command| command.contains(program)), "no {program} in {running:#?}");
    }

    stack.signal(Signal::SIGINT);

    assert!(stack.child.wait().unwrap().success());
    nothing_is_left(folder.path());
}

/// As a pager does.
#[test]
fn a_reader_of_the_telemetry_that_stands_still_holds_nothing_up() {
    let folder = folder();
    let env_file = folder.path().join("addresses");
    let mut stack = serving(&mut stack(folder.path(), &["--port", "0", "--env-file", env_file.to_str().unwrap()]));
    let environment = Environment::read(&env_file);
    for _ in 0..200 {
        assert_eq!(environment.list("").0, 200);
    }

    stack.signal(Signal::SIGINT);

    eventually("the end of the stack", || stack.child.try_wait().unwrap().is_some());
    fs::remove_file(&env_file).unwrap();
    nothing_is_left(folder.path());
}

/// As `head` does. What cannot be written is the record of the first request, which the stack makes itself.
#[test]
fn a_reader_of_the_telemetry_that_goes_ends_the_stack() {
    let folder = folder();
    let mut stack = Running::start(&mut stack(folder.path(), &["--port", "0"]));
    drop(stack.child.stdout.take());

    stack.until("Serving until Ctrl-C");

    assert!(stack.child.wait().unwrap().success());
    nothing_is_left(folder.path());
}

/// No destructor runs: also what a panic with `abort`, or a test harness that exits, amounts to.
#[test]
fn a_stack_that_is_killed_leaves_nothing_either() {
    let folder = folder();
    let mut stack = serving(&mut stack(folder.path(), &["--port", "0"]));

    stack.signal(Signal::SIGKILL);

    stack.child.wait().unwrap();
    nothing_is_left(folder.path());
}

/// In the middle of the set-up: what runs then is stopped too.
#[test]
fn a_stack_that_is_stopped_while_it_starts_leaves_nothing() {
    for with in [Signal::SIGINT, Signal::SIGKILL] {
        let folder = folder();
        let mut stack = Running::start(&mut stack(folder.path(), &["--port", "0"]));
        stack.until("✓ PostgreSQL ");

        stack.signal(with);

        stack.child.wait().unwrap();
        nothing_is_left(folder.path());
    }
}

#[test]
fn a_folder_that_is_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("precious"), "data").unwrap();
    let before = fs::metadata(folder.path()).unwrap();

    let said = failure(&["--port", "0", "--data", folder.path().to_str().unwrap()]);

    assert!(said.contains("neither empty nor the data of a PostgreSQL"), "{said}");
    let after = fs::metadata(folder.path()).unwrap();
    let owner = |folder: &fs::Metadata| (std::os::unix::fs::MetadataExt::uid(folder), folder.permissions());
    assert_eq!(owner(&after), owner(&before));
}

#[test]
fn a_database_that_is_kept_is_there_again() {
    let (folder, kept) = (folder(), folder());
    let data = kept.path().join("data");
    let environment = folder.path().join("env");
    let arguments = ["--port", "0", "--data", data.to_str().unwrap(), "--env-file", environment.to_str().unwrap()];
    let url = || {
        let text = fs::read_to_string(&environment).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("DATABASE_URL=")).unwrap().to_owned();
        line.trim_matches('\'').to_owned()
    };
    let execute = |sql: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url(), tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let rows = client.query(sql, &[]).await.unwrap();
            rows.first().map(|row| row.get::<_, String>(0))
        })
    };

    let mut first = serving(&mut stack(folder.path(), &arguments));
    execute("insert into public.social_channels (name) values ('kept') returning name");
    first.signal(Signal::SIGTERM);
    assert!(first.child.wait().unwrap().success());
    fs::remove_file(&environment).unwrap();
    nothing_is_left(folder.path());

    let mut again = serving(&mut stack(folder.path(), &arguments));
    let found = execute("select name from public.social_channels where name = 'kept'");
    again.signal(Signal::SIGINT);
    again.child.wait().unwrap();

    assert_eq!(found.as_deref(), Some("kept"));
}

/// What it says, and that it leaves nothing.
fn failure(arguments: &[&str]) -> String {
    let folder = folder();
    let output = stack(folder.path(), arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    nothing_is_left(folder.path());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_port_that_is_taken_is_named_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let said = failure(&["--port", &port]);

    assert!(said.contains(&format!("port {port} is taken")) && said.contains("--port"), "{said}");
}

#[test]
fn a_missing_postgresql_is_named_with_the_way_out() {
    let said = failure(&["--port", "0", "--postgres", "/usr/share"]);

    assert!(said.contains("/usr/share") && said.contains("PostgreSQL 15 or newer"), "{said}");
}

#[tokio::test]
async fn npm_without_a_network_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), folder.path().join(file)).unwrap();
    }
    let offline = "offline=true\ncache=cache\n";
    fs::write(folder.path().join(".npmrc"), offline).unwrap();

    let error = stack::setup::packages(folder.path()).await.unwrap_err();

    let said = format!("{error:#}");
    assert!(said.contains("npm ci") && said.contains("reaches its registry"), "{said}");
}

#[test]
fn a_command_runs_in_the_environment_of_the_stack_and_gives_it_its_status() {
    let folder = folder();
    let command = "curl -fsS \"$FUNCTIONS_URL/messages-list?channel_id=$CHANNEL_ID\" -H \"Authorization: Bearer $TOKEN_MEMBER\" \
         >/dev/null && test -n \"$DATABASE_URL\" && exit 7";

    let output = stack(folder.path(), &["--port", "0", "--exec", command]).output().unwrap();

    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(processes(folder.path()), [] as [String; 0]);
}
