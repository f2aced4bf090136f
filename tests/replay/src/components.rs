//! Which file a recorded component is, and whether it is still the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use stack::host::{
    Manifest,
    record::format::Entry,
    replay::{Player, Players},
};

/// Where components are found.
pub struct Components {
    root: PathBuf,
    manifest: Manifest,
    players: Players,
    instead: Option<PathBuf>,
    any: bool,
}

impl Components {
    /// Those of the project in `root`, with perhaps one file in the place of the one that it is named for.
    pub fn new(root: &Path, instead: Option<PathBuf>, any: bool) -> Result<Self> {
        let (manifest, players) = (Manifest::read(root)?, Players::new(root)?);
        Ok(Self { root: root.to_owned(), manifest, players, instead, any })
    }

    /// One for each component that these requests went to.
    pub fn players(&self, entries: &[&Entry]) -> Result<BTreeMap<String, Player>> {
        let recorded: BTreeSet<(&str, &str)> =
            entries.iter().map(|entry| (entry.component.as_str(), entry.sha256.as_str())).collect();
        let ids: BTreeSet<&str> = recorded.iter().map(|(id, _)| *id).collect();
        let replaced = self.replaced(&ids)?;
        let mut players = BTreeMap::new();
        for id in ids {
            let (path, given) = match &self.instead {
                Some(path) if replaced == Some(id) => (path.clone(), true),
                _ => (self.built(id)?, false),
            };
            let player = self.players.player(&path)?;
            let same = recorded.iter().all(|(component, sha256)| *component != id || *sha256 == player.sha256);
            if !same && !given && !self.any {
                bail!(
                    "{} is another component than the one recorded: check out and build that one, or see with \
                     --any-component what has changed",
                    path.display()
                );
            }
            players.insert(id.to_owned(), player);
        }
        Ok(players)
    }

    fn built(&self, id: &str) -> Result<PathBuf> {
        let component = self.manifest.components.get(id);
        let component =
            component.with_context(|| format!("spin.toml has no component {id}: name its file with --component"))?;
        let path = self.root.join(&component.source);
        if !path.exists() {
            bail!("{} is not there: run `{}`", path.display(), component.build.command);
        }
        Ok(path)
    }

    /// Whose place the given file takes: its name says so, unless there is but one.
    fn replaced<'i>(&self, ids: &BTreeSet<&'i str>) -> Result<Option<&'i str>> {
        let Some(path) = &self.instead else { return Ok(None) };
        let named = path.file_stem().map(|name| name.to_string_lossy().replace('_', "-")).unwrap_or_default();
        match (ids.get(named.as_str()), ids.first(), ids.len()) {
            (Some(id), ..) | (None, Some(id), 1) => Ok(Some(id)),
            _ => bail!("{}: which component is it? Name it <id>.wasm, or choose a request with --only", path.display()),
        }
    }
}
