//! What every step needs: where, as whom, and what is known of it.

use std::{
    env, fs,
    sync::{Arc, atomic::AtomicBool},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use gate::environment::Lock;
use smoke::{Project, Target};

use crate::{
    cli::{Begin, People, Where},
    flags::{Flags, Level},
    secrets::Secrets,
    settings::Settings,
    store::{Place, Store},
};

/// What a rollout takes besides holding its flags, in seconds.
const ASIDE_FROM_HOLDS: u64 = 60;

/// Of one run.
pub struct Context {
    /// The environment's name.
    pub environment: String,
    /// Its file, database and people.
    pub place: Where,
    /// As whom to call.
    pub people: People,
    /// What the environment is locked to.
    pub lock: Lock,
    /// How it is rolled out to.
    pub settings: Settings,
    /// What must not be shown.
    pub secrets: Secrets,
    /// The record.
    pub store: Store,
    /// `$GITHUB_ACTOR`, or the user at the machine.
    pub who: String,
    /// Becomes true on Ctrl-C.
    pub interrupted: Arc<AtomicBool>,
}

impl Context {
    /// Reads what there is to read, and connects.
    pub async fn new(place: &Where, people: &People) -> Result<Self> {
        let (lock, settings) = Settings::read(&place.environments, &place.environment)?;
        let missing = |what: &str| format!("{}: [{}] has no {what}", place.environments.display(), place.environment);
        lock.url.as_ref().with_context(|| missing("url"))?;
        lock.functions_url.as_ref().with_context(|| missing("functions_url"))?;
        let member = smoke::subject(&people.token).context("TOKEN_MEMBER")?;
        let outsider = smoke::subject(&people.outsider).context("TOKEN_OUTSIDER")?;
        // The smoke test would fail of it, but only once migrations are applied and components deployed.
        ensure!(
            member != outsider,
            "TOKEN_MEMBER and TOKEN_OUTSIDER are of the same user: sign in as a second one, who belongs to no channel"
        );
        let url = &place.database.database_url;
        Ok(Self {
            environment: place.environment.clone(),
            place: place.clone(),
            people: people.clone(),
            lock,
            settings,
            secrets: Secrets::of(url, [people.token.as_str(), people.outsider.as_str()]),
            store: Store::open(url).await?,
            who: who(),
            interrupted: Arc::default(),
        })
    }

    /// The connection string.
    pub fn database_url(&self) -> &str {
        &self.place.database.database_url
    }

    /// Flags of which the smoke test sees what nobody else does.
    pub fn with_testers(&self, level: Level) -> Result<Flags> {
        let testers = match level {
            Level::Off | Level::On => Vec::new(),
            Level::Percent(_) => {
                let ids = [&self.people.token, &self.people.outsider].map(|token| smoke::subject(token));
                ids.into_iter().map(|id| Ok(id?.to_string())).collect::<Result<_>>()?
            }
        };
        Ok(Flags { level, testers })
    }

    /// Functions that are on, and that no rollout has put there: somebody uses them, and has to say what becomes of them.
    pub async fn refuse_strangers(&self, place: &Place, begin: Begin) -> Result<()> {
        if place.release.is_some() || place.deploying.is_some() || begin.restart_flags || begin.keep_on {
            return Ok(());
        }
        let base = self.lock.functions_url.clone().unwrap_or_default();
        let (url, token) = (format!("{}/messages-list", base.trim_end_matches('/')), self.people.token.clone());
        let answer = tokio::task::spawn_blocking(move || smoke::get(&url, Some(&token))).await?;
        // Nobody there, or something else.
        let Ok(answer) = answer else { return Ok(()) };
        let on = answer.header("sb-error-code").is_some_and(|code| code != "feature_disabled");
        ensure!(
            !on,
            "functions that no rollout has put there are on at {base}. They would be off for everybody but the testers until \
             the first step: say so with --restart-flags, or keep them on with --keep-on"
        );
        Ok(())
    }

    /// The smoke test is made at the end once more: its users have to be signed in then.
    pub fn refuse_short_tokens(&self, levels: usize) -> Result<()> {
        let holds = u64::try_from(levels).unwrap_or(u64::MAX).saturating_mul(self.settings.hold_seconds);
        let needed = holds.saturating_add(ASIDE_FROM_HOLDS);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?.as_secs();
        for (name, token) in [("TOKEN_MEMBER", &self.people.token), ("TOKEN_OUTSIDER", &self.people.outsider)] {
            let left = smoke::expiry(token)?.saturating_sub(now);
            ensure!(
                left >= needed,
                "{name} is good for {left} s more, and this takes {needed} s: sign in again, or let sessions live longer \
                 (Dashboard → Auth → Sessions; config.toml [auth] jwt_expiry)"
            );
        }
        Ok(())
    }

    /// Runs the smoke test.
    pub async fn smoke(&self, disabled: bool) -> Result<smoke::Outcome> {
        let target = Target {
            url: self.lock.functions_url.clone().unwrap_or_default(),
            token: self.people.token.clone(),
            outsider: Some(self.people.outsider.clone()),
            channel: None,
            database_url: Some(self.database_url().to_owned()),
            project: self.lock.url.clone().map(|url| Project { url, apikey: self.people.apikey.clone() }),
            disabled,
            quiet: true,
        };
        let interrupted = self.interrupted.clone();
        tokio::task::spawn_blocking(move || smoke::run(&target, &interrupted)).await?
    }
}

/// Who is doing this.
pub fn who() -> String {
    if let Ok(actor) = env::var("GITHUB_ACTOR") {
        return actor;
    }
    let user = env::var("USER").or_else(|_| env::var("LOGNAME")).unwrap_or_else(|_| "somebody".to_owned());
    let host = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname"));
    let host = host.ok().or_else(|| env::var("HOSTNAME").ok()).unwrap_or_else(|| "some machine".to_owned());
    format!("{user}@{}", host.trim())
}
