//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Rolls a release out, step by step, and back: the gate on what is there, migrations, the gate on the contract, the
/// components with their flags at 0, the smoke test, then the flags up, each step watched.
///
/// It stops at the first failure and says what is in place now and what the way back is. Every step can be done again:
/// after a crash, `apply` goes on from where it stopped. Two at once exclude each other.
#[derive(Debug, Parser)]
#[command(
    name = "rollout",
    version,
    after_help = "Exit status: 0 done, 1 a step failed or was interrupted, 2 could not start (or wrong arguments), 3 another \
                  rollout is running.\n\
                  Every apply and rollback is recorded in the database, schema lockstep_rollout. Nothing that is shown or \
                  recorded has a password or a token in it. What the commands of an environment are stands in its table \
                  [<name>.rollout] of supabase/environments.toml."
)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the fields are described where they are defined")]
pub enum Command {
    /// Say what `apply` would do, and whether the gate lets it. Changes nothing
    Plan {
        #[command(flatten)]
        place: Where,
        #[command(flatten)]
        people: People,
        #[command(flatten)]
        sources: Sources,
        #[command(flatten)]
        begin: Begin,
    },
    /// Roll out what is built here: migrations, components, flags
    Apply {
        #[command(flatten)]
        place: Where,
        #[command(flatten)]
        people: People,
        #[command(flatten)]
        sources: Sources,
        #[command(flatten)]
        begin: Begin,
        /// Only say what would be done, as `plan` does
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the last `apply` back: the components and flags of before. Migrations stay
    Rollback {
        #[command(flatten)]
        place: Where,
        #[command(flatten)]
        people: People,
        /// Folder of the migrations, for the undo that each names
        #[arg(long, value_name = "FOLDER", default_value = "supabase/migrations")]
        migrations: PathBuf,
        /// To this release, by the beginning of its id [default: the one before the last apply]
        #[arg(long, value_name = "ID", conflicts_with = "flags_only")]
        to: Option<String>,
        /// Leave the components, and turn every function off
        #[arg(long)]
        flags_only: bool,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Close the older ways, a day after the flags went up: older forms of the RPCs, clients' rights on tables. Shows
    /// each, and how often it was used
    Close {
        #[command(flatten)]
        place: Where,
        /// Only say what would be closed
        #[arg(long)]
        dry_run: bool,
    },
    /// Open again what `close` has closed
    Reopen {
        #[command(flatten)]
        place: Where,
    },
    /// Say what is in place, what runs, and what was done before
    Status {
        /// An environment [default: all]
        environment: Option<String>,
        #[command(flatten)]
        database: Database,
        /// One JSON object, for programs
        #[arg(long)]
        json: bool,
    },
}

/// Which environment.
#[derive(Debug, Clone, Args)]
pub struct Where {
    /// A table of supabase/environments.toml, such as `staging`
    pub environment: String,
    /// The environments
    #[arg(long, value_name = "FILE", default_value = "supabase/environments.toml")]
    pub environments: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described where it is defined")]
    pub database: Database,
}

/// Which database.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// Connection string, direct or through the session pooler, as psql takes it:
    /// postgresql://postgres:password@host:5432/postgres?sslmode=verify-full&sslrootcert=prod-ca.crt
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    #[arg(default_value = "", hide_default_value = true, value_parser = gate::cli::database_url)]
    pub database_url: String,
}

/// As whom the smoke test and the gate call.
#[derive(Debug, Clone, Args)]
pub struct People {
    /// Access token of the smoke test's first user, good for as long as the rollout takes
    #[arg(long, env = "TOKEN_MEMBER", hide_env_values = true, value_name = "JWT")]
    pub token: String,
    /// Access token of its second user
    #[arg(long, env = "TOKEN_OUTSIDER", hide_env_values = true, value_name = "JWT")]
    pub outsider: String,
    /// Publishable key of the project
    #[arg(long, env = "SUPABASE_PUBLISHABLE_KEY", hide_env_values = true, value_name = "KEY")]
    pub apikey: String,
}

/// What is rolled out.
#[derive(Debug, Clone, Args)]
pub struct Sources {
    /// The application, whose components are built
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    pub manifest: PathBuf,
    /// Folder of the migrations
    #[arg(long, value_name = "FOLDER", default_value = "supabase/migrations")]
    pub migrations: PathBuf,
    /// The contract that the database has to meet
    #[arg(long, value_name = "FILE", default_value = "supabase/rank_required_rpcs.json")]
    pub contract: PathBuf,
    /// What applies migrations [default: the Supabase CLI where it is installed]
    #[arg(long, value_enum)]
    pub migrate_with: Option<With>,
}

/// How far the new components are turned on at first [default: as far as those in place; at 0 where there are none].
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Begin {
    /// Begin at 0, although what is in place is up: it is off for everybody but the testers until the first step
    #[arg(long)]
    pub restart_flags: bool,
    /// Begin with everything on: for functions that are in use and that no rollout has put there
    #[arg(long, conflicts_with = "restart_flags")]
    pub keep_on: bool,
}

/// What applies migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum With {
    /// `supabase db push`
    Cli,
    /// This tool itself, in the same way
    Direct,
}
