//! The stack, the people and the systems, while they are asked under load.

use std::{path::Path, time::Instant};

use anyhow::{Context as _, Result};
use stack::{host::Sockets, progress::Progress, reaper::Reaper};

use crate::{
    cells::{self, Plan},
    children::{Child, Peer, Upstream},
    figures::median,
    ours::{self, Hosting},
    people::Algorithm,
    result::{Cell, Speed, host::ProcessFigures},
    speed::{Bench, FORWARDER, System},
    work::Spelling,
};

/// What is measured, while it is measured.
pub struct Site<'f> {
    pub bench: Bench,
    pub upstream: Upstream,
    pub hosting: Hosting,
    pub folder: &'f Path,
    pub reaper: Reaper,
    pub progress: Progress,
}

/// Ours and the peers, while all of them run.
struct Running {
    lockstep: Child,
    deno: Child,
    node: Child,
}

impl Running {
    fn named(&self) -> [(&'static str, &Child); 3] {
        [("lockstep", &self.lockstep), ("deno", &self.deno), ("node", &self.node)]
    }
}

impl Site<'_> {
    /// Our functions, with the key set inline.
    pub async fn ours(&self, session_check: &str) -> Result<Child> {
        self.hosting.start(&self.upstream.variables(session_check)?, self.folder, &self.reaper).await
    }

    /// All systems under load, what they need for it, and how long they take to start.
    pub async fn speed(&self) -> Result<Speed> {
        let running = self.progress.step("the functions and the peers", self.running("off")).await?;
        let forwarder = match &self.hosting {
            Hosting::Stack(_) => None,
            Hosting::Spin { program, .. } => {
                let start = ours::forwarder(program, self.upstream.value("ORIGIN")?, self.folder, &self.reaper);
                Some(self.progress.step("a forwarder", start).await?)
            }
        };
        let mut named = running.named().to_vec();
        named.extend(forwarder.as_ref().map(|child| (FORWARDER, child)));
        let systems = self.systems(&named, &self.hosting);
        let mut cells = self.cells(cells::plans(), &systems).await?;
        let mut processes = Vec::new();
        for (system, child) in running.named() {
            let host = (system == "lockstep").then(|| self.hosting.mark());
            let memory_bytes = child.family.memory_bytes()?;
            processes.push(ProcessFigures { system, host, memory_bytes, first_answer_ms: 0.0 });
        }
        drop(running);

        let running = self.progress.step("the same, with the session checked", self.running("writes")).await?;
        let systems = self.systems(&running.named(), &self.hosting);
        cells.extend(self.cells(cells::checked_plans(), &systems).await?);
        drop(running);

        let starts = self.first_answers(&mut processes);
        self.progress.step("from start to first answer", starts).await?;
        Ok(Speed { cells, processes })
    }

    /// The stack's host, with sockets as Spin leaves them.
    pub async fn sockets(&self) -> Result<Vec<Cell>> {
        let hosting = Hosting::Stack(Sockets::LikeSpin);
        let variables = self.upstream.variables("off")?;
        let start = hosting.start(&variables, self.folder, &self.reaper);
        let ours = self.progress.step("the stack's host without TCP_NODELAY", start).await?;
        self.cells(cells::socket_plans(), &self.systems(&[("lockstep", &ours)], &hosting)).await
    }

    async fn running(&self, session_check: &str) -> Result<Running> {
        let (upstream, reaper) = (&self.upstream, &self.reaper);
        Ok(Running {
            lockstep: self.ours(session_check).await?,
            deno: Child::peer(Peer::Deno, upstream, session_check, reaper).await?,
            node: Child::peer(Peer::Node, upstream, session_check, reaper).await?,
        })
    }

    async fn cells(&self, plans: Vec<Plan>, systems: &[System]) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        for plan in plans {
            let asked: Vec<System> =
                systems.iter().filter(|system| plan.has_peers() || !system.is_peer()).cloned().collect();
            cells.push(self.progress.step(&plan.title(), self.bench.cell(plan, &asked)).await?);
        }
        Ok(cells)
    }

    /// The direct call first: the others are compared with it.
    pub fn systems(&self, children: &[(&'static str, &Child)], hosting: &Hosting) -> Vec<System> {
        let upstream = &self.upstream.child;
        let direct = System {
            name: "direct",
            host: None,
            spelling: Spelling::Direct,
            address: upstream.address.clone(),
            families: vec![upstream.family],
        };
        let others = children.iter().map(|(name, child)| System {
            name,
            host: ["lockstep", FORWARDER].contains(name).then(|| hosting.mark()),
            spelling: if *name == FORWARDER { Spelling::Direct } else { Spelling::Function },
            address: child.address.clone(),
            families: vec![upstream.family, child.family],
        });
        std::iter::once(direct).chain(others).collect()
    }

    /// Each started anew some times, in turns: from the start of the process to the first list.
    async fn first_answers(&self, processes: &mut [ProcessFigures]) -> Result<()> {
        let mut taken = vec![Vec::new(); processes.len()];
        for _ in 0..self.bench.method.rounds {
            for (place, process) in processes.iter().enumerate() {
                let (upstream, reaper) = (&self.upstream, &self.reaper);
                let began = Instant::now();
                let child = match process.system {
                    "deno" => Child::peer(Peer::Deno, upstream, "off", reaper).await?,
                    "node" => Child::peer(Peer::Node, upstream, "off", reaper).await?,
                    _ => self.ours("off").await?,
                };
                self.bench.first_list(&child.address, Algorithm::Es256).await?;
                taken[place].push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
        for (process, taken) in processes.iter_mut().zip(taken) {
            process.first_answer_ms = median(taken).context("there are rounds")?;
        }
        Ok(())
    }
}
