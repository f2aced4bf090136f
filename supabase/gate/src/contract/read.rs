//! From the file to the types, with an error that says where; and the hash by which a contract is known.

use std::{collections::BTreeSet, fs, io::Read as _, path::Path};

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Contract, Function};

impl Contract {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = text_of(path)
            .with_context(|| format!("cannot read the contract {}: give its path with --contract", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is no contract", path.display()))
    }

    /// Reads a text. What it says must make sense, too.
    pub fn parse(text: &str) -> Result<Self> {
        let mut json = serde_json::Deserializer::from_str(text);
        let contract: Self = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| anyhow!("{}: {}", error.path(), error.inner()))?;
        json.end()?;
        contract.make_sense()?;
        Ok(contract)
    }

    fn make_sense(&self) -> Result<()> {
        let rpcs: BTreeSet<&str> = self.rpcs.iter().map(|rpc| rpc.name.as_str()).collect();
        plain(&self.version).context("version")?;
        ensure!(!self.rpcs.is_empty(), "rpcs: it names no RPC, and what asks for nothing finds nothing");
        for rpc in &self.rpcs {
            let version = rpc.version.as_ref().with_context(|| format!("{}: an RPC has a version", rpc.name))?;
            plain(version).with_context(|| rpc.name.clone())?;
            ensure!(rpc.component.is_some(), "{}: an RPC has a component that calls it", rpc.name);
            for other in &rpc.runs {
                ensure!(rpcs.contains(other.as_str()), "{} runs {other}, which is none of the rpcs", rpc.name);
            }
        }
        for function in &self.functions {
            let rpc_only = function.version.is_some() || function.component.is_some() || !function.runs.is_empty();
            ensure!(!rpc_only, "{}: version, component and runs belong to rpcs", function.name);
        }
        once("function", self.all_functions().map(Function::qualified))?;
        once("relation", self.relations.iter().map(super::Relation::qualified))?;
        once("schema", self.schemas.iter().map(|schema| schema.name.clone()))?;
        once("role", self.roles.iter().map(|role| role.name.clone()))?;
        once("cron job", self.cron_jobs.iter().map(|job| job.name.clone()))
    }
}

/// No contract is larger, in bytes.
const LARGEST: u64 = 16 << 20;

fn text_of(path: &Path) -> Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= LARGEST, "it has more than {} MB", LARGEST >> 20);
    Ok(text)
}

/// SHA-256 of a contract's canonical form (RFC 8785), in hexadecimal: white space and order of keys do not count. The
/// components carry it.
pub fn sha256(text: &str) -> Result<String> {
    let json: Value = serde_json::from_str(text)?;
    let canonical = serde_json_canonicalizer::to_vec(&json)?;
    Ok(base16ct::lower::encode_string(&Sha256::digest(canonical)))
}

/// The handshake compares three numbers.
fn plain(version: &semver::Version) -> Result<()> {
    ensure!(version.pre.is_empty() && version.build.is_empty(), "{version} has more than three numbers");
    Ok(())
}

fn once(what: &str, names: impl Iterator<Item = String>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        ensure!(!seen.contains(&name), "the {what} {name} is there twice");
        seen.insert(name);
    }
    Ok(())
}
