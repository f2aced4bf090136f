//! The clients of `clients.mjs`, and what they have reported.

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use stack::{demo, process::Process, setup};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    answer::{Attempt, Call, Event},
    site::Site,
};

const START: Duration = Duration::from_secs(60);

/// Running clients.
pub struct Clients {
    process: Process,
    lines: UnboundedReceiver<String>,
    count: usize,
    /// What they have said.
    pub said: Said,
}

/// What clients have said so far.
#[derive(Debug, Default)]
pub struct Said {
    /// Every answer, in the order in which they came.
    pub attempts: Vec<Attempt>,
    /// Calls that were begun.
    pub begun: Vec<Call>,
    /// Calls that have succeeded.
    pub settled: Vec<Call>,
}

impl Clients {
    /// Starts them, and waits until they have signed in. The bodies of their messages begin with `prefix`.
    pub async fn start(site: &Site, prefix: &str) -> Result<Self> {
        let users: Vec<&str> = site.people.iter().map(|(_, email)| email.as_str()).collect();
        let mut command = Command::new("node");
        command.arg(setup::root().join("tests/soak/clients.mjs"));
        command.env("ORIGIN", site.stack.origin()).env("KEY", &site.stack.keys().publishable);
        command.env("FUNCTIONS", site.host.url()).env("CHANNEL", demo::GENERAL.to_string());
        command.env("USERS", users.join(",")).env("STAGER", users[0]).env("STAGING", site.staging.to_string());
        command.env("PREFIX", prefix);
        let mut process = Process::spawn("the clients (Node.js)", command, Signal::SIGKILL, &site.reaper)?;
        process.until(r#"{"event":"ready"}"#, START).await?;
        let lines = process.lines();
        Ok(Self { process, lines, count: users.len(), said: Said::default() })
    }

    /// Has them ask for nothing for a moment, in which the functions' instances are dropped.
    pub fn lull(&self) -> Result<()> {
        self.signal(Signal::SIGUSR2)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill(Pid::from_raw(self.process.id().cast_signed()), signal).context("the clients have ended")
    }

    /// Listens for so long.
    pub async fn listen(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while let Ok(line) = timeout_at(end, self.lines.recv()).await {
            self.note(&line.context("the clients have ended")?)?;
        }
        Ok(())
    }

    /// Listens until each client has had a success that it asked for after `moment`, in milliseconds since 1970. Returns
    /// when the last one had it; nothing where `patience` has ended.
    pub async fn recovered(&mut self, moment: u64, patience: Duration) -> Result<Option<Duration>> {
        let end = Instant::now() + patience;
        loop {
            if let Some(last) = self.said.last_first_success(moment, self.count) {
                return Ok(Some(Duration::from_millis(last.saturating_sub(moment))));
            }
            let Ok(line) = timeout_at(end, self.lines.recv()).await else { return Ok(None) };
            self.note(&line.context("the clients have ended")?)?;
        }
    }

    /// Lets them end what they have begun. Those that cannot are stopped after `patience`, and it is seen in what they
    /// have said.
    pub async fn finish(mut self, patience: Duration) -> Result<Said> {
        self.signal(Signal::SIGTERM)?;
        let rest = async {
            while let Some(line) = self.lines.recv().await {
                self.note(&line)?;
            }
            anyhow::Ok(())
        };
        match timeout(patience, rest).await {
            Ok(read) => read?,
            Err(_) => self.process.kill().await?,
        }
        Ok(self.said)
    }

    fn note(&mut self, line: &str) -> Result<()> {
        match serde_json::from_str(line) {
            Ok(Event::Ready) => {}
            Ok(Event::Begun(call)) => self.said.begun.push(call),
            Ok(Event::Attempt(attempt)) => self.said.attempts.push(attempt),
            Ok(Event::Settled(call)) => self.said.settled.push(call),
            Err(_) => bail!("the clients have failed: {line}\n{}", self.process.output()),
        }
        Ok(())
    }
}

impl Said {
    fn last_first_success(&self, since: u64, clients: usize) -> Option<u64> {
        let first = |client| {
            let mut own = self.attempts.iter().filter(|attempt| attempt.client == client && attempt.at >= since);
            own.find(|attempt| attempt.succeeded()).map(|attempt| attempt.at + attempt.ms)
        };
        (0..clients).map(first).collect::<Option<Vec<u64>>>()?.into_iter().max()
    }
}
