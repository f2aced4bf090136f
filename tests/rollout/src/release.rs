//! What is deployed: a manifest and the components beside it, under the hash of both.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::flags::{PREFIX, TESTERS};

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// SHA-256 over all of it.
    pub id: String,
    /// `spin.toml`, whose sources are files beside it.
    pub manifest: String,
    /// By name.
    pub files: Vec<(String, Vec<u8>)>,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    variables: BTreeMap<String, toml::Value>,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
struct Component {
    source: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

impl Release {
    /// Of the built components that a manifest names.
    pub fn read(manifest: &Path) -> Result<Self> {
        let mut text = fs::read_to_string(manifest)
            .with_context(|| format!("cannot read {}: give the application's with --manifest", manifest.display()))?;
        let parsed: Manifest =
            toml::from_str(&text).with_context(|| format!("{} is not a Spin manifest", manifest.display()))?;
        let sources: BTreeSet<String> = parsed.component.into_values().map(|component| component.source).collect();
        let root = manifest.parent().unwrap_or(Path::new("."));
        let mut files = Vec::new();
        for source in sources {
            let path = root.join(&source);
            let content = fs::read(&path)
                .with_context(|| format!("cannot read {}: `spin build` makes the components", path.display()))?;
            let name = path.file_name().and_then(|name| name.to_str()).context("a component is a file with a name")?;
            text = text.replace(&format!("\"{source}\""), &format!("\"{name}\""));
            files.push((name.to_owned(), content));
        }
        let id = hash(&text, &files);
        Ok(Self { id, manifest: text, files })
    }

    /// As far as people need it.
    pub fn short(&self) -> &str {
        short(&self.id)
    }

    /// The flags that its manifest declares. Each component has one of them: it would be on for everybody otherwise.
    pub fn flags(&self) -> Result<Vec<String>> {
        let Manifest { variables, component } =
            toml::from_str(&self.manifest).context("the release's manifest cannot be read")?;
        let flags: Vec<String> = variables.into_keys().filter(|name| name.starts_with(PREFIX)).collect();
        let mut taken = BTreeMap::new();
        for (name, Component { variables, .. }) in component {
            let flag = variables.get("flag").map(|text| text.trim_matches(['{', '}', ' ']).to_owned());
            let flag = flag.filter(|flag| flags.contains(flag) && flag != TESTERS).with_context(|| {
                let own = format!("{PREFIX}{}", name.replace('-', "_"));
                format!(
                    "spin.toml: component {name} has no flag, and would be on for everybody: declare {own} in \
                     [variables], and give it as flag = \"{{{{ {own} }}}}\" in [component.{name}.variables]"
                )
            })?;
            if let Some(other) = taken.insert(flag.clone(), name.clone()) {
                bail!("spin.toml: {flag} turns on {other} and {name} alike: give each component a flag of its own");
            }
        }
        Ok(flags)
    }

    /// Writes it into a folder that goes with the returned value.
    pub fn unpack(&self) -> Result<TempDir> {
        let folder = tempfile::Builder::new().prefix("rollout-").tempdir().context("cannot make a temporary folder")?;
        for (name, content) in &self.files {
            fs::write(folder.path().join(name), content)?;
        }
        fs::write(folder.path().join("spin.toml"), &self.manifest)?;
        Ok(folder)
    }

    /// Where its components are in a folder that it was unpacked into.
    pub fn components(&self, folder: &Path) -> Vec<PathBuf> {
        self.files.iter().map(|(name, _)| folder.join(name)).collect()
    }
}

/// The first twelve characters.
pub fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// Lengths keep what is beside each other apart.
fn hash(manifest: &str, files: &[(String, Vec<u8>)]) -> String {
    let mut hash = Sha256::new();
    let parts = files.iter().flat_map(|(name, content)| [name.as_bytes(), content]);
    for part in std::iter::once(manifest.as_bytes()).chain(parts) {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    base16ct::lower::encode_string(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_the_manifest_and_its_components_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        fs::create_dir(folder.path().join("target")).unwrap();
        write("target/a.wasm", "one");
        let flag = "[component.a.variables]\nflag = \"{{ flag_a }}\"\n";
        let manifest = "[variables]\nflag_a = {}\nregion = {}\n[component.a]\nsource = \"target/a.wasm\"\n";
        write("spin.toml", &format!("{manifest}{flag}"));
        let first = Release::read(&folder.path().join("spin.toml")).unwrap();

        write("target/a.wasm", "two");
        let second = Release::read(&folder.path().join("spin.toml")).unwrap();
        let unpacked = first.unpack().unwrap();
        let again = Release::read(&unpacked.path().join("spin.toml")).unwrap();

        assert_ne!(first.id, second.id);
        assert_eq!(again, first);
        assert_eq!(first.flags().unwrap(), ["flag_a"]);
        for (wrong, complaint) in [("", "has no flag"), (&*flag.replace("flag_a", "flag_b"), "declare flag_a")] {
            write("spin.toml", &format!("{manifest}{wrong}"));
            let release = Release::read(&folder.path().join("spin.toml")).unwrap();
            assert!(release.flags().unwrap_err().to_string().contains(complaint), "{wrong}");
        }
    }
}
