//! The thread that disguises and writes, so that no request waits for it.

use std::{
    fs::File,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::{
    Subject,
    disguise::Disguise,
    format::{Entry, FORMAT, Header, Text, VERSION},
};

/// What the thread is asked to do.
pub enum Job {
    /// An answer that may be a key set: its keys have signed tokens that are still to come.
    Learn(Text),
    /// A request that is over.
    Write(Box<Entry>, Arc<Subject>),
    /// Say when all that came before is done.
    Flush(mpsc::Sender<()>),
}

pub struct Writer {
    path: PathBuf,
    file: File,
    /// How far the file is whole.
    length: u64,
    lost: u64,
    disguise: Arc<Mutex<Disguise>>,
}

impl Writer {
    pub fn create(path: &Path, disguise: Arc<Mutex<Disguise>>) -> Result<Self> {
        let file = File::options().append(true).create_new(true).mode(0o600).open(path).with_context(|| {
            format!("cannot record into {}: name a file that is not there yet, in a folder that is", path.display())
        })?;
        let mut writer = Self { path: path.to_owned(), file, length: 0, lost: 0, disguise };
        let header = Header { format: FORMAT.into(), version: VERSION };
        writer.line(&header).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(writer)
    }

    /// Until nobody can have anything more to write.
    pub fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Learn(answer) => self.disguise(|disguise| disguise.learn(&answer)),
                Job::Write(mut entry, subject) => {
                    self.disguise(|disguise| disguise.entry(&mut entry, &subject.secrets));
                    let written = self.line(&entry);
                    self.note_failure(written);
                }
                Job::Flush(done) => {
                    if self.lost > 0 {
                        say::note!("THE RECORDING IS NOT COMPLETE: {} requests are missing in it", self.lost);
                    }
                    // Whoever asked may be gone.
                    let _unheard = done.send(());
                }
            }
        }
    }

    fn disguise<T>(&self, with: impl FnOnce(&mut Disguise) -> T) -> T {
        with(&mut self.disguise.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One write, so that whoever reads the file meanwhile finds whole lines.
    fn line(&mut self, what: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.length += line.len() as u64;
        Ok(())
    }

    fn note_failure(&mut self, written: Result<()>) {
        let Err(error) = written else { return };
        // Half a line in the middle would make the rest of the file unreadable.
        let repaired = self.file.set_len(self.length).is_ok();
        self.lost += 1;
        if self.lost == 1 {
            let rest = if repaired { "" } else { ", and what follows cannot be read" };
            say::note!(
                "THE RECORDING IS NOT COMPLETE: cannot write {}: {error}{rest}. Make room, or stop.",
                self.path.display()
            );
        }
    }
}
