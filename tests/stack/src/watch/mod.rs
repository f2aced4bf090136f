//! `--watch`: what somebody saves is served. Functions and the contract are compiled, migrations are applied; database, tokens and
//! port stay. What does not compile or cannot be applied is shown, and what was served before goes on.
//!
//! Which files a component is made of says `spin.toml`, as it says it to `spin watch`.

mod files;

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
};

use anyhow::Result;
use console::style;
use gate::migrations;
use glob::{MatchOptions, Pattern};

use self::files::{Contents, Watcher, changed};
use crate::{
    database,
    host::Manifest,
    progress::Progress,
    setup,
    stack::{Components, Stack},
};

const MANIFEST: &str = "spin.toml";
const MIGRATIONS: &str = "supabase/migrations";
const SQL: &str = "supabase/migrations/*.sql";

/// A folder's name is no `*`.
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// The files of a checkout, and what is made of them.
pub struct Watch {
    root: PathBuf,
    components: Components,
    watcher: Watcher,
    /// The last that could be read.
    manifest: Manifest,
    /// What was looked at last.
    seen: Contents,
    /// What the components are made of that answer.
    served: Contents,
    /// What the database was made with.
    applied: Contents,
}

impl Watch {
    /// Of a stack that is about to start: what is saved while it does is not missed.
    pub fn begin(root: &Path, components: Components) -> Result<Self> {
        let manifest = Manifest::read(root)?;
        let mut watcher = Watcher::new()?;
        watcher.follow(root, globs(&manifest))?;
        let seen = files::contents(root, globs(&manifest))?;
        let (served, applied) = (seen.clone(), seen.clone());
        Ok(Self { root: root.to_owned(), components, watcher, manifest, seen, served, applied })
    }

    /// Serves what is saved, for as long as it is asked to.
    pub async fn follow(mut self, stack: &Stack, progress: Progress) -> Result<Infallible> {
        self.seen = self.unless_saved_since();
        (self.served, self.applied) = (self.seen.clone(), self.seen.clone());
        loop {
            // One that cannot be read is shown by whoever needs it.
            if let Ok(manifest) = Manifest::read(&self.root) {
                self.manifest = manifest;
            }
            self.watcher.follow(&self.root, globs(&self.manifest))?;
            self.watcher.forget();
            let now = files::contents(&self.root, globs(&self.manifest))?;
            if now == self.seen {
                self.watcher.event().await;
                continue;
            }
            self.seen = now;
            // The database first: a component expects it to be as the contract says.
            let migrated = self.migrate(stack, progress).await;
            let deployed = self.deploy(stack, progress).await;
            for error in [migrated, deployed].into_iter().filter_map(Result::err) {
                let mark = style("error:").red().bold().for_stderr();
                say::note!("{mark} {error:#}\nWhat was there before goes on serving.");
            }
            self.seen = self.unless_saved_since();
        }
    }

    /// Applies the first migration that changed, and all after it: what they grant may be what it has just revoked.
    async fn migrate(&mut self, stack: &Stack, progress: Progress) -> Result<()> {
        let changed: Vec<&Path> =
            changed(&self.applied, &self.seen).into_iter().filter(|path| path.starts_with(MIGRATIONS)).collect();
        let Some(first) = changed.first() else { return Ok(()) };
        for gone in changed.iter().filter(|path| !self.seen.contains_key(**path)) {
            progress.warn(&format!("{} is gone; what it made stays in the database", gone.display()));
        }
        let first = self.root.join(first);
        let mut all = migrations::files(&self.root.join(MIGRATIONS))?;
        all.retain(|migration| migration.path >= first);
        let step = match &all[..] {
            [] => None,
            [one] => Some(one.name.clone()),
            [one, rest @ ..] => Some(format!("{}, and {} migrations after it", one.name, rest.len())),
        };
        if let Some(step) = step {
            progress.step(&step, database::apply_again(stack.cluster(), &all)).await?;
        }
        self.applied = self.unless_saved_since();
        Ok(())
    }

    /// Compiles the components that a changed file belongs to, and serves them.
    async fn deploy(&mut self, stack: &Stack, progress: Progress) -> Result<()> {
        let Some(deployer) = stack.deployer().filter(|_| self.components != Components::LeftAlone) else {
            return Ok(());
        };
        let changed: Vec<&Path> =
            changed(&self.served, &self.seen).into_iter().filter(|path| !path.starts_with(MIGRATIONS)).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let manifest = Manifest::read(&self.root)?.fast();
        // A component that is new in the manifest has not been compiled yet.
        let all = changed.contains(&Path::new(MANIFEST));
        let touched: Vec<&str> = manifest
            .components
            .iter()
            .filter(|(_, component)| all || component.build.watch.iter().any(|glob| matches(glob, &changed)))
            .map(|(name, _)| name.as_str())
            .collect();
        let served = async {
            setup::build_fast(&self.root, touched.iter().copied()).await?;
            deployer.deploy_components(&self.root, &manifest, &stack.variables()).await
        };
        progress.step(&touched.join(", "), served).await?;
        self.served = self.unless_saved_since();
        Ok(())
    }

    /// What was looked at last. Nothing where a file was saved since: what was made may have it or not, and it may be as it was
    /// again.
    fn unless_saved_since(&self) -> Contents {
        if self.watcher.has_heard() { Contents::new() } else { self.seen.clone() }
    }
}

fn globs(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let of_components = manifest.components.values().flat_map(|component| &component.build.watch);
    of_components.map(String::as_str).chain([MANIFEST, SQL])
}

fn matches(glob: &str, paths: &[&Path]) -> bool {
    Pattern::new(glob).is_ok_and(|glob| paths.iter().any(|path| glob.matches_path_with(path, MATCHING)))
}
