//! A recording, read: what is whole in it.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use anyhow::{Context as _, Result, bail};

use crate::host::record::format::{Entry, FORMAT, Header, VERSION};

/// The requests of a file, in the order in which they ended.
pub struct Recording {
    /// What was recorded.
    pub entries: Vec<Entry>,
    /// The number of a last line that broke off, as that of a stack that was killed while it wrote.
    pub broken: Option<usize>,
}

impl Recording {
    /// Reads a file that this version understands.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
        let mut lines = BufReader::new(file).split(b'\n').enumerate();
        let (_, first) = lines.next().with_context(|| format!("{shown} is empty: name a file of `stack --record`"))?;
        let header: Header = serde_json::from_slice(&first?)
            .ok()
            .filter(|header: &Header| header.format == FORMAT)
            .with_context(|| format!("{shown} is no recording: name a file of `stack --record`"))?;
        if header.version != VERSION {
            bail!("{shown} has version {}, this is for version {VERSION}: replay it with its own", header.version);
        }
        let (mut entries, mut broken) = (Vec::new(), None);
        for (number, line) in lines {
            let line = line.with_context(|| format!("cannot read {shown}"))?;
            if let Some(before) = broken {
                bail!("{shown}: line {before} is no entry, and more follow it: the file was changed, or is another's");
            }
            match serde_json::from_slice(&line) {
                Ok(entry) => entries.push(entry),
                Err(_) => broken = Some(number + 1),
            }
        }
        Ok(Self { entries, broken })
    }

    /// The requests of each instance, in the order in which it took them.
    pub fn instances(&self) -> HashMap<u64, Vec<&Entry>> {
        let mut instances: HashMap<u64, Vec<&Entry>> = HashMap::new();
        for entry in &self.entries {
            instances.entry(entry.instance).or_default().push(entry);
        }
        instances.values_mut().for_each(|entries| entries.sort_by_key(|entry| entry.place));
        instances
    }
}
