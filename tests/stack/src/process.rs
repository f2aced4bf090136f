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
    command: Command,
    child: Child,
    stop: Signal,
    reaper: Reaper,
    output: Arc<Mutex<VecDeque<String>>>,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Process {
    /// Starts it in a process group of its own, so that Ctrl-C reaches us alone and the order of stopping is ours.
    pub fn spawn(name: &'static str, mut command: Command, stop: Signal, reaper: &Reaper) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let output = Arc::<Mutex<VecDeque<String>>>::default();
        let (child, lines) = begin(name, &mut command, stop, reaper, &output)?;
        Ok(Self { name, command, child, stop, reaper: reaper.clone(), output, lines })
    }

    /// Kills it and all its children at once, as a machine that fails does, and waits until none of them is left.
    pub async fn kill(&mut self) -> Result<()> {
        let leader = self.child.id();
        let family: Vec<u32> = std::iter::once(leader).chain(children(leader)).collect();
        for member in &family {
            let _gone = kill(Pid::from_raw(member.cast_signed()), Signal::SIGKILL);
        }
        self.child.wait()?;
        let gone = async {
            while family.iter().any(|member| parent(*member).is_some()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, gone).await.with_context(|| format!("{} did not go, killed as it was", self.name))
    }

    /// Starts it once more, as it was started before, and waits for the line.
    pub async fn again(&mut self, text: &str, within: Duration) -> Result<String> {
        (self.child, self.lines) = begin(self.name, &mut self.command, self.stop, &self.reaper, &self.output)?;
        self.until(text, within).await
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
        // It may have ended by itself; then its id may be another's by now.
        if let Ok(Some(_)) = self.child.try_wait() {
            return;
        }
        let pid = Pid::from_raw(self.child.id().cast_signed());
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

fn begin(
    name: &str,
    command: &mut Command,
    stop: Signal,
    reaper: &Reaper,
    output: &Arc<Mutex<VecDeque<String>>>,
) -> Result<(Child, mpsc::UnboundedReceiver<String>)> {
    let started = command.spawn();
    let mut child = started.with_context(|| format!("cannot start {name} ({})", command.get_program().display()))?;
    reaper.process(child.id(), stop)?;
    let (sender, lines) = mpsc::unbounded_channel();
    follow(child.stdout.take().expect("it is piped"), sender.clone(), output.clone());
    follow(child.stderr.take().expect("it is piped"), sender, output.clone());
    Ok((child, lines))
}

/// Each PostgreSQL backend leads a group of its own, so that a signal to the group of the first one reaches that alone.
fn children(of: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent(*id) == Some(of)).collect()
}

/// Nobody's where the process is gone, or waits only for its status to be read.
fn parent(of: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{of}/stat")).ok()?;
    // `pid (name) state parent …`: the name may have spaces and parentheses in it.
    let mut rest = stat.rsplit_once(") ")?.1.split(' ');
    match rest.next()? {
        "Z" | "X" => None,
        _ => rest.next()?.parse().ok(),
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
