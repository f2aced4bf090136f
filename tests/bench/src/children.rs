//! The processes that are measured: the stack, the host of our functions ([`ours`](crate::ours) starts it), and the peers.
//! Each is a process of its own, so that CPU and memory are known of each, and none of it is the generator's.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};
use jwt_simple::reexports::ct_codecs::{Base64UrlSafeNoPadding, Encoder as _};
use nix::sys::signal::Signal;
use stack::{process::Process, reaper::Reaper, setup};

use crate::{host, usage::Family};

/// The stack may have to compile the components first.
const START: Duration = Duration::from_secs(900);

/// A process that listens somewhere.
pub struct Child {
    /// `127.0.0.1:port`.
    pub address: String,
    /// It, and what it has started.
    pub family: Family,
    _process: Process,
}

/// The system behind all: PostgreSQL, PostgREST, Auth's stand-in, one origin.
pub struct Upstream {
    /// The origin.
    pub child: Child,
    /// What a shell would be given, and the superuser's URL.
    pub environment: BTreeMap<String, String>,
    /// The project's public keys.
    pub key_set: String,
}

impl Upstream {
    /// Starts the stack, without components: those are another process.
    pub async fn start(folder: &Path, reaper: &Reaper) -> Result<Self> {
        let file = folder.join("environment.json");
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("upstream").arg("--environment").arg(&file);
        let mut process = Process::spawn("the stack", command, Signal::SIGTERM, reaper)?;
        process.until(host::LISTENING, START).await?;
        let environment: BTreeMap<String, String> = serde_json::from_slice(&fs::read(&file)?)?;
        let origin = environment.get("ORIGIN").context("the stack gives no ORIGIN")?;
        let address = origin.trim_start_matches("http://").to_owned();
        let url = format!("{origin}/auth/v1/.well-known/jwks.json");
        let answer = tokio::task::spawn_blocking(move || gate::http::send(&url, &[], None)).await??;
        let key_set = answer.expect(200)?.raw.clone();
        Ok(Self { child: Child::of(process, address), environment, key_set })
    }

    /// A value of its environment.
    pub fn value(&self, name: &str) -> Result<&str> {
        self.environment.get(name).map(String::as_str).with_context(|| format!("the stack gives no {name}"))
    }

    /// The variables of our application, as an operator sets them: with the key set inline. Without `supabase_jwks` the
    /// keys come from their URL.
    pub fn variables(&self, session_check: &str) -> Result<BTreeMap<String, String>> {
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Ok(BTreeMap::from([
            set("supabase_url", self.value("ORIGIN")?),
            set("supabase_publishable_key", self.value("SUPABASE_PUBLISHABLE_KEY")?),
            set("supabase_jwt_secret", self.value("JWT_SECRET")?),
            set("supabase_jwks", &self.key_set),
            set("jwks_host", self.value("ORIGIN")?),
            set("region", "local"),
            set("telemetry_key", "0123456789abcdef0123456789abcdef"),
            set("session_check", session_check),
        ]))
    }
}

impl Child {
    /// That has said where it listens.
    pub fn of(process: Process, address: String) -> Self {
        Self { address, family: Family::of(process.id()), _process: process }
    }

    /// Waits for the line that says where.
    pub async fn listening(name: &'static str, command: Command, reaper: &Reaper) -> Result<Self> {
        let mut process = Process::spawn(name, command, Signal::SIGTERM, reaper)?;
        let line = process.until(host::LISTENING, START).await?;
        let address = line.rsplit(' ').next().unwrap_or_default().to_owned();
        Ok(Self::of(process, address))
    }

    /// A peer: with `session_check` as `writes` it asks Auth before it writes.
    pub async fn peer(peer: Peer, upstream: &Upstream, session_check: &str, reaper: &Reaper) -> Result<Self> {
        let mut command = peer.command()?;
        command
            .env("SUPABASE_URL", upstream.value("ORIGIN")?)
            .env("SUPABASE_PUBLISHABLE_KEY", upstream.value("SUPABASE_PUBLISHABLE_KEY")?)
            .env("SUPABASE_SECRET_KEY", "sb_secret_of_the_benchmark")
            .env("SUPABASE_JWKS", upstream.verification_set()?)
            .env("SESSION_CHECK", session_check);
        Self::listening(peer.name(), command, reaper).await
    }
}

impl Upstream {
    /// What Supabase gives a project that has both kinds of keys.
    fn verification_set(&self) -> Result<String> {
        let mut set: serde_json::Value = serde_json::from_str(&self.key_set)?;
        let secret = Base64UrlSafeNoPadding::encode_to_string(self.value("JWT_SECRET")?)?;
        let oct = serde_json::json!({ "kty": "oct", "alg": "HS256", "kid": crate::people::SECRET_ID, "k": secret });
        set["keys"].as_array_mut().context("a key set has keys")?.push(oct);
        Ok(set.to_string())
    }
}

/// What ours is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// What a Supabase user writes today.
    Deno,
    /// What the functions replace.
    Node,
}

impl Peer {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deno => "deno",
            Self::Node => "node",
        }
    }

    /// Its npm packages.
    pub async fn install(self) -> Result<()> {
        setup::packages(&self.folder()).await
    }

    /// The program that runs it.
    pub fn program(self) -> PathBuf {
        match self {
            // The binary itself, without the script of npm's that starts it.
            Self::Deno if cfg!(all(target_os = "linux", target_arch = "x86_64")) => {
                self.folder().join("node_modules/@deno/linux-x64-glibc/deno")
            }
            Self::Deno => "deno".into(),
            Self::Node => "node".into(),
        }
    }

    fn folder(self) -> PathBuf {
        setup::root().join("tests/bench/peers").join(self.name())
    }

    fn command(self) -> Result<Command> {
        let mut command = Command::new(self.program());
        command.current_dir(self.folder());
        if self == Self::Deno {
            command.args([
                "run",
                "--no-prompt",
                "--allow-net",
                "--allow-env",
                "--allow-read=.",
                "--node-modules-dir=manual",
            ]);
            command.env("NO_COLOR", "1");
        }
        command.arg("main.js");
        Ok(command)
    }
}
