//! `gate components`: built components against a live database. Before a deploy, and with yesterday's components
//! before a rollback.
//!
//! A component carries the entries of the contract that it was built for. It does not need all that `gate check` asks
//! for: a newer minor version, more optional arguments and more columns will do.

use std::{fs, io::Read as _, path::Path};

use anyhow::{Context as _, Result, ensure};
use semver::Version;
use serde::Deserialize;
use wasmparser::{Parser, Payload};

use crate::{
    catalog::{Catalog, Found},
    check::{Findings, announced, commented, is_older_form},
    contract::{Contract, Function, Volatility},
    finding::{Code, Report},
};

/// The custom section (functions/_shared/src/contract.rs).
const SECTION: &str = "lockstep-contract";

/// What a component carries.
#[derive(Debug, Clone, Deserialize)]
pub struct Carried {
    /// Its name.
    pub component: String,
    /// The contract's version when it was built.
    pub contract_version: Version,
    /// The contract's hash when it was built.
    pub contract_sha256: String,
    /// What it calls, and what those run.
    pub rpcs: Vec<Function>,
}

/// No component is larger, in bytes.
const LARGEST: u64 = 64 << 20;

/// Reads a built component, or the module that it was made of.
pub fn read(path: &Path) -> Result<Carried> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        bytes.len() as u64 <= LARGEST,
        "{} has more than {} MB, and is no component",
        path.display(),
        LARGEST >> 20
    );
    carried(&bytes).with_context(|| path.display().to_string())
}

fn carried(bytes: &[u8]) -> Result<Carried> {
    let mut found = None;
    // Modules and components inside are read too.
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload.context("it is no WebAssembly")?
            && section.name() == SECTION
        {
            found = Some(section.data().to_vec());
        }
    }
    let data = found.with_context(|| {
        format!("it has no section {SECTION}: it is no component of this project, or was built before it had one")
    })?;
    serde_json::from_slice(&data).with_context(|| format!("its section {SECTION} cannot be read by this gate"))
}

/// What has to be read from the database.
pub fn needs(all: &[Carried]) -> Contract {
    // Two components may call one RPC, built for different versions of it.
    let rpcs = all.iter().flat_map(|carried| carried.rpcs.clone()).collect();
    let version = Version::new(0, 0, 0);
    let (functions, relations, schemas, roles, platform, cron_jobs) = Default::default();
    let (settings, rows) = Default::default();
    Contract {
        json_schema: None,
        version,
        rpcs,
        functions,
        relations,
        schemas,
        roles,
        platform,
        settings,
        rows,
        cron_jobs,
    }
}

/// Judges each component by itself.
pub fn compare(all: &[Carried], catalog: &Catalog) -> Report {
    let mut findings = Findings::default();
    for carried in all {
        for rpc in &carried.rpcs {
            One { carried, rpc, findings: &mut findings }.add_findings(catalog);
        }
    }
    let said = |carried: &Carried| {
        let rpcs: Vec<String> = carried.rpcs.iter().map(tag).collect();
        let hash = &carried.contract_sha256[..carried.contract_sha256.floor_char_boundary(12)];
        format!("{}, built for contract {} ({hash}…): {}", carried.component, carried.contract_version, rpcs.join(", "))
    };
    Report {
        subject: format!("{} components against the database", all.len()),
        looked_at: all.iter().map(said).collect(),
        findings: findings.all,
        ..Report::default()
    }
}

fn tag(rpc: &Function) -> String {
    format!("{}/{}", rpc.name, rpc.version.as_ref().map_or_else(|| "?".to_owned(), Version::to_string))
}

struct One<'a> {
    carried: &'a Carried,
    rpc: &'a Function,
    findings: &'a mut Findings,
}

impl One<'_> {
    fn add(&mut self, code: Code, want: impl Into<String>, have: impl Into<String>, remedy: &str) {
        let place = format!("component {}: function {}", self.carried.component, self.rpc.signature());
        self.findings.add(code, place, want, have, remedy);
    }

    fn add_findings(mut self, catalog: &Catalog) {
        let migrate = "apply the migrations first; or deploy components that were built for this database";
        let named = catalog.functions.iter().filter(|found| found.function.qualified() == self.rpc.qualified());
        match named.filter(|found| !is_older_form(self.rpc, &found.function)).collect::<Vec<_>>()[..] {
            [] => self.add(Code::FunctionMissing, tag(self.rpc), "none", migrate),
            [found] => self.compare(found, migrate),
            ref many => {
                let all: Vec<String> = many.iter().map(|found| found.function.signature()).collect();
                self.add(Code::FunctionOverloaded, "one function of the name", all.join(", "), "drop the others");
            }
        }
    }

    fn compare(&mut self, found: &Found, migrate: &str) {
        let (rpc, have) = (self.rpc, &found.function);
        // What it announces is what requests will meet; the comment has to agree, or one of the two is a mistake.
        let (said, announced) = (commented(found), announced(found));
        let version = announced.as_ref().filter(|tag| said.as_ref() == Some(tag) && tag.0 == rpc.name);
        let version = version.and_then(|(_, version)| Version::parse(version).ok());
        // The handshake's rule (lockstep.announce_rpc): the same major version, and not older.
        let fits = |want: &Version, have: &Version| want.major == have.major && have >= want;
        if !matches!((&rpc.version, &version), (Some(want), Some(have)) if fits(want, have)) {
            let spelt = |tag: Option<(String, String)>| {
                tag.map_or("none".to_owned(), |(name, version)| format!("{name}/{version}"))
            };
            let have = format!("announced: {}, in the comment: {}", spelt(announced), spelt(said));
            let want = format!("{}, or newer with the same major version", tag(rpc));
            return self.add(Code::VersionIncompatible, want, have, migrate);
        }
        for argument in &rpc.arguments {
            let name = &argument.name;
            match have.arguments.iter().find(|present| present.name == *name) {
                None => self.add(Code::ArgumentNames, format!("an argument {name}"), "none", migrate),
                Some(present) if present.kind != argument.kind => {
                    self.add(Code::ArgumentTypes, format!("{name} {}", argument.kind), &present.kind, migrate);
                }
                Some(present) if argument.default.is_some() && present.default.is_none() => {
                    self.add(Code::ArgumentDefaults, format!("{name} is optional"), "it is required", migrate);
                }
                Some(_) => {}
            }
        }
        let more = have.arguments.iter().filter(|present| present.default.is_none());
        for present in more.filter(|present| !rpc.arguments.iter().any(|known| known.name == present.name)) {
            let have = format!("{} is required", present.name);
            self.add(Code::ArgumentNames, "no other required argument", have, migrate);
        }
        if rpc.returns.set != have.returns.set {
            self.add(Code::Result, "as many rows as before", "one for many, or many for one", migrate);
        }
        for column in &rpc.returns.columns {
            match have.returns.columns.iter().find(|present| present.name == column.name) {
                Some(present) if present.kind == column.kind => {}
                present => {
                    let want = format!("column {} {}", column.name, column.kind);
                    self.add(Code::Result, want, present.map_or("none", |present| &present.kind), migrate);
                }
            }
        }
        if rpc.volatility != Volatility::Volatile && have.volatility == Volatility::Volatile {
            self.add(Code::Volatility, rpc.volatility.word(), have.volatility.word(), migrate);
        }
        if rpc.strict != have.strict {
            self.add(Code::Strictness, "the same answer to a null", "another", migrate);
        }
        for role in rpc.execute.must.iter().filter(|role| !have.execute.must.contains(role)) {
            self.add(Code::ExecuteMissing, format!("execute for {role}"), "no right", migrate);
        }
    }
}
