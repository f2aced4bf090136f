//! What a function is called, and the files that begin it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use gate::{contract::Contract, migrations};
use minijinja::{Environment, context, syntax::SyntaxConfig};
use sha2::{Digest as _, Sha256};
use time::UtcDateTime;

use crate::places;

const CONTRACT: &str = "supabase/rank_required_rpcs.json";

/// Whether it reads or stores something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `GET`, and rows.
    Reads,
    /// `POST`, and one row.
    Writes,
}

/// What a person chooses.
#[derive(Debug)]
pub struct Names<'n> {
    /// Of the function.
    pub name: &'n str,
    /// Of its RPC.
    pub rpc: &'n str,
    /// Of the role that the RPC belongs to.
    pub owner: &'n str,
}

/// A function that is about to be begun: no name of it is taken.
#[derive(Debug)]
pub struct Function {
    /// As in `/functions/v1/channels-list`.
    pub name: String,
    pub(crate) rpc: String,
    owner: String,
    kind: Kind,
    /// What its migration is called, without the ending.
    pub migration: String,
    contract_version: String,
}

/// The new files: where each goes, and what it is made of. `{module}` is the name with underscores.
const FILES: &[(&str, &str)] = &[
    ("functions/{name}/Cargo.toml", include_str!("../templates/Cargo.toml.j2")),
    ("functions/{name}/src/lib.rs", include_str!("../templates/lib.rs.j2")),
    ("supabase/migrations/{migration}.sql", include_str!("../templates/migration.sql.j2")),
    ("supabase/tests/{rpc}.test.sql", include_str!("../templates/pgtap.sql.j2")),
    ("tests/it/{module}.rs", include_str!("../templates/integration.rs.j2")),
    ("tests/fuzz/corpus/body/accepted_{module}", include_str!("../templates/fuzz_body.j2")),
    ("tests/fuzz/corpus/upstream_answer/accepted_{module}", include_str!("../templates/fuzz_answer.j2")),
];

impl Function {
    /// Refuses a name that is none, and one that somebody has.
    pub fn new(names: &Names, kind: Kind, root: &Path) -> Result<Self> {
        let Names { name, rpc, owner } = *names;
        let words = |text: &str, between: char| {
            let word = |word: &str| {
                word.starts_with(|c: char| c.is_ascii_lowercase())
                    && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            };
            text.len() <= 60 && text.split(between).count() > 1 && text.split(between).all(word)
        };
        ensure!(words(name, '-'), "{name:?} is no name of a function: two words or more, such as channels-list");
        ensure!(words(rpc, '_'), "{rpc:?} is no name of an RPC: two words or more, such as fetch_social_channels");
        let lock = fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
        let a_crate = lock.contains(&format!("\nname = \"{name}\"\n"));
        ensure!(!root.join("functions").join(name).exists() && !a_crate, "{name} is taken: choose another name");
        let contract = Contract::read(&root.join(CONTRACT))?;
        let taken = contract.all_functions().any(|function| function.name == rpc);
        ensure!(!taken, "{rpc} is taken: the contract has it, and an RPC belongs to one function");
        let owners: Vec<&str> = contract.roles.iter().map(|role| role.name.as_str()).collect();
        ensure!(owners.contains(&owner), "{owner} owns no RPC: choose one of {}", owners.join(", "));
        let [name, rpc, owner] = [name, rpc, owner].map(str::to_owned);
        let migration = format!("{}_{rpc}", version(&root.join("supabase/migrations"))?);
        let contract_version = format!("{}.{}.0", contract.version.major, contract.version.minor + 1);
        Ok(Self { name, rpc, owner, kind, migration, contract_version })
    }

    /// All that begins it, by path: new files, and those that are there, with its part in them.
    pub(crate) fn files(&self, root: &Path) -> Result<BTreeMap<PathBuf, String>> {
        let mut files = BTreeMap::new();
        for (path, template) in FILES {
            let path = path.replace("{name}", &self.name).replace("{module}", &self.module());
            let path = path.replace("{migration}", &self.migration).replace("{rpc}", &self.rpc);
            files.insert(PathBuf::from(path), self.render(template)?);
        }
        for (path, edit) in places::ALL {
            let text = fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
            let edited = edit(self, &text).with_context(|| format!("{path} is not as it was expected to be"))?;
            files.insert(PathBuf::from(path), edited);
        }
        Ok(files)
    }

    /// What the templates leave open.
    pub fn left(&self) -> String {
        let (name, module, rpc, migration) = (&self.name, self.module(), &self.rpc, &self.migration);
        format!(
            "\nIt builds, and answers with nothing. What is left to write is marked TODO-new, in this order:\n  \
             1. the SQL: supabase/migrations/{migration}.sql, and its test, supabase/tests/{rpc}.test.sql\n  \
             2. the fields: functions/{name}/src/lib.rs\n  \
             3. the same fields for callers: functions/openapi.json, functions/client/index.d.ts and calls.js;\n     \
             then node functions/client/checks/make-types.mjs\n  \
             4. what a client gets: tests/it/{module}.rs; supabase/rank_required_rpcs.CHANGELOG.md\n\
             See it while you write, under /functions/v1/{name}:\n  cargo run -p stack -- --watch\n\
             Then the contract as the database has it by now:\n  \
             cargo run -p stack -- --port 0 --no-components --exec 'cargo run -q -p gate -- describe >new.json' &&\n    \
             mv new.json supabase/rank_required_rpcs.json"
        )
    }

    /// A template, with the names in their places.
    pub(crate) fn render(&self, template: &str) -> Result<String> {
        let migration = include_str!("../templates/migration.sql.j2");
        let body =
            if std::ptr::eq(template, migration) { String::new() } else { body_sha256(&self.render(migration)?)? };
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
        let names = context! {
            name => &self.name, module => self.module(), constant => self.module().to_uppercase(),
            pascal => self.pascal(), camel => self.camel(),
            rpc => &self.rpc, rpc_constant => self.rpc.to_uppercase(), owner => &self.owner,
            reads => self.kind == Kind::Reads, body_sha256 => body, contract_version => &self.contract_version,
        };
        environment.render_str(template, names).context("a template is faulty")
    }

    /// As Rust and flags spell it.
    pub(crate) fn module(&self) -> String {
        self.name.replace('-', "_")
    }

    /// As types are spelt.
    pub(crate) fn pascal(&self) -> String {
        let upper = |word: &str| word[..1].to_uppercase() + &word[1..];
        self.name.split('-').map(upper).collect()
    }

    /// As JavaScript spells it.
    pub(crate) fn camel(&self) -> String {
        let pascal = self.pascal();
        pascal[..1].to_lowercase() + &pascal[1..]
    }

    pub(crate) fn reads(&self) -> bool {
        self.kind == Kind::Reads
    }

    pub(crate) fn contract_version(&self) -> &str {
        &self.contract_version
    }
}

/// Now, or later: a migration is applied after those that are there.
fn version(migrations: &Path) -> Result<String> {
    let newest = migrations::files(migrations)?.pop().map_or(0, |newest| newest.version.parse().unwrap_or(0));
    let now = UtcDateTime::now();
    let parts = [u8::from(now.month()), now.day(), now.hour(), now.minute(), now.second()];
    let now = parts.iter().fold(u64::try_from(now.year())?, |time, part| time * 100 + u64::from(*part));
    Ok(now.max(newest + 1).to_string())
}

/// As the contract has it.
fn body_sha256(migration: &str) -> Result<String> {
    let body = migration.split("$$").nth(1).context("the template of the migration has no body")?;
    Ok(base16ct::lower::encode_string(&Sha256::digest(body)))
}
