//! A program that runs beside us: its output is kept for the case that it fails, it is waited for by a line that it
//! writes, and it is stopped when its handle is dropped.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::{sync::mpsc, time::timeout};

use crate::reaper::Reaper;

/// Lines of output that are worth showing when something went wrong.
const KEPT: usize = 40;

/// How long a program may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running program.
pub struct Process {
    name: &'static str,
    child: Child,
    stop: Signal,
    output: Arc<Mutex<VecDeque<String>>>,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Process {
    /// Starts it in a process group of its own, so that Ctrl-C reaches us alone and the order of stopping is ours.
    pub fn spawn(name: &'static str, mut command: Command, stop: Signal, reaper: &Reaper) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name} ({})", command.get_program().display()))?;
        reaper.process(child.id(), stop)?;
        let (sender, lines) = mpsc::unbounded_channel();
        let output = Arc::<Mutex<VecDeque<String>>>::default();
        follow(child.stdout.take().expect("it is piped"), sender.clone(), output.clone());
        follow(child.stderr.take().expect("it is piped"), sender, output.clone());
        Ok(Self { name, child, stop, output, lines })
    }

    /// Waits for a line that contains `text`. Fails when the program ends first, or after `within`, and shows what it
    /// wrote.
    pub async fn until(&mut self, text: &str, within: Duration) -> Result<String> {
        let name = self.name;
        let wait = async {
            while let Some(line) = self.lines.recv().await {
                if line.contains(text) {
                    return Some(line);
                }
            }
            None
        };
        match timeout(within, wait).await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => bail!("{name} ended before it was ready:\n{}", self.output()),
            Err(_) => bail!("{name} was not ready within {} s:\n{}", within.as_secs(), self.output()),
        }
    }

    /// The lines from now on, for programs whose output is worth reading.
    pub fn lines(&mut self) -> mpsc::UnboundedReceiver<String> {
        std::mem::replace(&mut self.lines, mpsc::unbounded_channel().1)
    }

    /// Its id, which is its group's too.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote last.
    pub fn output(&self) -> String {
        let lines = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| format!("    {line}\n")).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.child.id().cast_signed());
        // It may have ended by itself; then there is only its status to collect.
        let _gone = kill(pid, self.stop);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => std::thread::park_timeout(Duration::from_millis(5)),
                _ => return,
            }
        }
        let _killed = killpg(pid, Signal::SIGKILL);
        let _status = self.child.wait();
    }
}

/// A thread for each stream: a program that nobody reads stops when the pipe is full.
fn follow(
    stream: impl Read + Send + 'static,
    lines: mpsc::UnboundedSender<String>,
    kept: Arc<Mutex<VecDeque<String>>>,
) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(line.clone());
            drop(kept);
            let _unheard = lines.send(line);
        }
    });
}
