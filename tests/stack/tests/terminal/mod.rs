//! `stack`, run as a person runs it, and what it says on standard error.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, fcntl},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use stack::demo;
use tempfile::TempDir;

/// The first start compiles the components.
const PATIENCE: Duration = Duration::from_secs(600);

/// A folder for everything that the stack makes, by which its processes are found too.
pub fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("life-").tempdir().unwrap();
    // PostgreSQL runs as somebody else when we are root.
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    folder
}

/// The command, in the checkout of the tests.
pub fn stack(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stack"));
    command.args(arguments).env("TMPDIR", folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The addresses and tokens that a stack has written down.
pub struct Environment(String);

impl Environment {
    pub fn read(path: &Path) -> Self {
        Self(fs::read_to_string(path).unwrap())
    }

    pub fn value(&self, name: &str) -> &str {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {name}")).trim_matches('\'')
    }

    /// What `messages-list` answers a member.
    pub fn list(&self, query: &str) -> (u16, Value) {
        let url = format!("{}/messages-list?channel_id={}{query}", self.value("FUNCTIONS_URL"), demo::GENERAL);
        let answer = smoke::get(&url, Some(self.value("TOKEN_MEMBER"))).unwrap();
        (answer.status, serde_json::from_str(&answer.raw).unwrap())
    }
}

/// A stack that runs. Nobody reads its telemetry, for which there is room on one page of memory.
pub struct Running {
    pub child: Child,
    lines: Receiver<String>,
    seen: String,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        fcntl(child.stdout.as_ref().unwrap(), FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, seen: String::new() }
    }

    /// Reads until there is a line with `text`, and gives all that it read this time.
    pub fn until(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        self.seen.clear();
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen += &(line.clone() + "\n");
            if line.contains(text) {
                return self.seen.clone();
            }
        }
        let _gone = self.child.kill();
        panic!("no line with {text:?} ({}):\n{}", self.child.wait().unwrap(), self.seen);
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }
}

/// Up to the moment in which everything answers.
pub fn serving(command: &mut Command) -> Running {
    let mut running = Running::start(command);
    running.until("Serving until Ctrl-C");
    running
}
