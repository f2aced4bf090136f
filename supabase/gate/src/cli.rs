//! The command line: which command, with what, and how its outcome is shown.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::output::Format;

/// Does this database meet the contract? Refuses a deploy when it does not.
#[derive(Debug, Parser)]
#[command(
    name = "gate",
    version,
    after_help = "Exit status: 0 clean, 1 findings, 2 could not look (or wrong arguments).\n\
                  Every finding names its code, the object, what was wanted and found, and a remedy."
)]
pub struct Cli {
    /// What to judge
    #[command(subcommand)]
    pub command: Command,
    /// How the outcome is shown
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What to judge.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the fields are described where they are defined")]
pub enum Command {
    /// Compare a database's catalog with the contract. Reads only, with any login role
    Check {
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        probe: Probe,
    },
    /// Say what the migrations would make in a project that is in use, what of it fits, and what is in the way. Before the
    /// first migration; reads only
    Adopt {
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        database: Database,
    },
    /// Print the first migration, which is made of supabase/look: it stops where `adopt` finds something
    Look,
    /// Print all migrations as one file, for a SQL editor
    Bundle {
        /// The folder of the files
        #[arg(long, value_name = "FOLDER", default_value = "supabase/migrations")]
        migrations: PathBuf,
    },
    /// Compare the migrations that a database has applied with the files
    Migrations {
        /// The folder of the files
        #[arg(long, value_name = "FOLDER", default_value = "supabase/migrations")]
        migrations: PathBuf,
        #[command(flatten)]
        database: Database,
    },
    /// Say what changed between two contracts, and whether their versions say so
    Diff {
        /// The contract of before: `git show main:supabase/rank_required_rpcs.json >old.json`
        old: PathBuf,
        /// The contract of now
        new: PathBuf,
    },
    /// Judge built components against a live database: before a deploy, and yesterday's before a rollback
    Components {
        /// Built components, or the modules that they are made of
        #[arg(required = true, value_name = "WASM")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        database: Database,
    },
    /// Compare an environment with its lock: versions, extensions, exposed schemas, regions
    Environment {
        /// A table of the file
        name: String,
        /// The locks
        #[arg(long, value_name = "FILE", default_value = "supabase/environments.toml")]
        environments: PathBuf,
        /// Publishable key of the project, which its gateway asks for
        #[arg(long, env = "SUPABASE_PUBLISHABLE_KEY", hide_env_values = true, value_name = "KEY")]
        apikey: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Print the JSON Schema of the contract, for editors
    Schema,
    /// Print the contract as a database has it now, to paste from after a migration
    Describe {
        /// What to take in that the contract does not have yet: an RPC as schema.name=component, a helper or a relation as
        /// schema.name
        also: Vec<String>,
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        database: Database,
    },
}

/// Which database.
#[derive(Debug, Args)]
pub struct Database {
    /// Connection string, as psql takes it, poolers included: postgresql://user:password@host:port/database
    ///
    /// TLS is libpq's: ?sslmode=verify-full&sslrootcert=prod-ca.crt, or sslrootcert=system. What it does not say is taken
    /// from PGHOST, PGSSLMODE, PGSERVICE, ~/.pgpass and ~/.postgresql/, as psql does
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    #[arg(default_value = "", hide_default_value = true, value_parser = database_url)]
    pub database_url: String,
}

/// One that is given. An empty variable is none: a secret that CI does not have.
pub fn database_url(text: &str) -> Result<String, &'static str> {
    let missing = "there is no database URL: give it here, or in DATABASE_URL";
    if text.is_empty() { Err(missing) } else { Ok(text.to_owned()) }
}

/// Whether, and how, each RPC is really called.
#[derive(Debug, Args)]
pub struct Probe {
    /// Also call each RPC, in a transaction that is rolled back, as somebody who belongs to nothing. Needs a login
    /// that is a member of `authenticated`
    #[arg(long)]
    pub probe: bool,
    /// With --probe: the project's origin, to call through PostgREST too: https://<ref>.supabase.co
    #[arg(long, value_name = "URL", requires_all = ["probe", "apikey", "token"])]
    pub url: Option<String>,
    /// With --url: publishable key of the project
    #[arg(long, env = "SUPABASE_PUBLISHABLE_KEY", hide_env_values = true, value_name = "KEY")]
    pub apikey: Option<String>,
    /// With --url: access token of any user
    #[arg(long, env = "TOKEN_MEMBER", hide_env_values = true, value_name = "JWT")]
    pub token: Option<String>,
}

/// Which contract.
#[derive(Debug, Args)]
pub struct ContractFile {
    /// The contract
    #[arg(long, value_name = "FILE", default_value = "supabase/rank_required_rpcs.json")]
    pub contract: PathBuf,
}
