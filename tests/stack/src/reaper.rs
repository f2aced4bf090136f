//! Nothing survives the stack. A small shell process holds the other end of a pipe; when this process ends, however it
//! ends (`SIGKILL`, a panic, a test harness that exits without destructors), the pipe closes, and it stops what was
//! registered and removes the temporary folder.

use std::{
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;

/// Reads `stop SIGNAL PID` (the leader of a group), `folder PATH` and `done`. Waits at most ten seconds for each process before it is killed outright.
const SCRIPT: &str = r#"
trap '' INT HUP TERM
pids= signals= folder=
while read -r what value; do
  case $what in
    stop) signals="$signals $value"; pids="$pids ${value#* }" ;;
    folder) folder=$value ;;
    done) exit 0 ;;
  esac
done
set -- $signals
while [ $# -gt 1 ]; do kill -s "$1" -- "-$2" 2>/dev/null; shift 2; done
for pid in $pids; do
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL -- "-$pid" 2>/dev/null
done
[ -n "$folder" ] && rm -rf -- "$folder"
"#;

/// A handle to the shell process. The last one dropped says that there is nothing left to do.
#[derive(Clone)]
pub struct Reaper(Arc<Inner>);

struct Inner {
    shell: Mutex<Child>,
    pipe: Mutex<ChildStdin>,
}

impl Reaper {
    /// Starts the shell, in a process group of its own, where Ctrl-C does not reach it.
    pub fn start() -> Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start `sh`")?;
        let pipe = shell.stdin.take().expect("it is piped");
        Ok(Self(Arc::new(Inner { shell: Mutex::new(shell), pipe: Mutex::new(pipe) })))
    }

    /// This process, and its group, goes when we go, and stops on this signal.
    pub fn process(&self, pid: u32, stop: Signal) -> Result<()> {
        let signal = stop.as_str().trim_start_matches("SIG");
        self.0.say(&format!("stop {signal} {pid}"))
    }

    /// This folder goes when we go.
    pub fn folder(&self, path: &Path) -> Result<()> {
        self.0.say(&format!("folder {}", path.display()))
    }
}

impl Inner {
    fn say(&self, line: &str) -> Result<()> {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(pipe, "{line}").context("the process that cleans up after us is gone")
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Whoever registered something has already stopped it, or the pipe would still be open somewhere.
        if self.say("done").is_ok() {
            let _status = self.shell.lock().unwrap_or_else(PoisonError::into_inner).wait();
        }
    }
}
