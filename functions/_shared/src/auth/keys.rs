//! The keys in force, and when to ask for them again.
//!
//! A set is fresh for ten minutes. The request that finds it old fetches it. Between two attempts lies half a minute, so that
//! forged key ids cause no stampede: three seconds while there is no key, or the set is in doubt. While the source fails, the
//! old keys stay in force. Nobody waits for another request's fetch: an instance takes one request at a time.

use std::{cell::RefCell, rc::Rc, time::Duration};

use anyhow::{Context as _, Error, Result, anyhow, bail};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::jwk::{self, Key, Set, Source};
use crate::{
    config::{Config, KeySet},
    context::Context,
    platform::{Outbound, OutboundError},
    problem::{Cause, Problem},
    upstream,
};

/// As long as the edge in front of Auth caches it.
const FRESH: Duration = Duration::from_secs(600);
/// Between two attempts, whatever became of the first.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// The same while there is no key at all, or the set is in doubt: nobody is served until the source is asked again, and
/// nobody can bring that about with a forged token.
const SHORT_COOL_DOWN: Duration = Duration::from_secs(3);
/// A key set has one to two kilobytes; nobody's is larger than this.
const MAX_SET: usize = 256 * 1024;

/// How long a request waits for newer keys when it has usable ones.
const PATIENCE: Duration = Duration::from_secs(2);

/// What an instance knows about keys.
pub struct Keys {
    secret: Option<Key>,
    /// The keys of the variable that cannot be used, and why.
    passed_over: Option<String>,
    state: RefCell<State>,
}

#[derive(Clone, Default)]
struct State {
    keys: Option<Rc<Vec<Key>>>,
    fetched: Option<Duration>,
    /// Auth or the database does not accept a token that these keys have verified.
    doubted: bool,
    attempted: Option<Duration>,
    /// How the last attempt failed.
    failure: Option<Cause>,
    /// When the source has asked to be asked again. It is told to clients, who need not come sooner; we look sooner.
    not_before: Duration,
    /// What the keys were read from, and how often that has changed.
    text: String,
    generation: u64,
}

impl Keys {
    /// Before the first request: a set in a variable is complete, any other has to be fetched.
    pub fn of(config: &Config) -> Result<Self> {
        let inline = match &config.key_set {
            KeySet::Inline(set) => Some(jwk::set(set, Source::Variable).context("variable supabase_jwks")?),
            KeySet::Url(_) => None,
        };
        // An empty set is what a project serves that signs with the secret.
        if let Some(set) = &inline
            && set.keys.is_empty()
            && (config.jwt_secret.is_none() || !set.passed_over.is_empty())
        {
            bail!("variable supabase_jwks: {}", set.of_no_use());
        }
        let (keys, passed_over) = inline.map(|set| (set.keys, set.passed_over)).unzip();
        Ok(Self {
            secret: config.jwt_secret.as_deref().map(Key::secret),
            passed_over: passed_over.filter(|keys| !keys.is_empty()).map(|keys| keys.join("; ")),
            state: RefCell::new(State { keys: keys.map(Rc::new), ..State::default() }),
        })
    }

    /// What an operator should mend in the variable, although others of its keys can be used.
    pub fn passed_over(&self) -> Option<&str> {
        self.passed_over.as_deref()
    }

    /// Runs `with` on the keys that a token with this header may be verified with. An empty list is a token that no key
    /// of the project can have signed.
    pub async fn fitting<T>(
        &self,
        context: &Context,
        algorithm: &str,
        key_id: Option<&str>,
        with: impl FnOnce(&[&Key]) -> T,
    ) -> Result<T, Problem> {
        let fits = |key: &Key| key.fits(algorithm, key_id);
        // The secret needs no set; legacy tokens name a key that is in none.
        if let (Some(secret), KeySet::Url(_)) = (&self.secret, &context.config().key_set)
            && fits(secret)
        {
            return Ok(with(&[secret]));
        }
        let mut set = self.current(context).await?;
        if !set.iter().any(fits) {
            set = self.after_rotation(context, &fits).await?;
        }
        let keys: Vec<&Key> = set.iter().chain(&self.secret).filter(|key| fits(key)).collect();
        Ok(with(&keys))
    }

    /// Which set is in force, to tell one from the next.
    pub fn generation(&self) -> u64 {
        self.state.borrow().generation
    }

    /// Marks the set in force as perhaps old, even if it was fetched a moment ago.
    pub fn doubt(&self) {
        self.state.borrow_mut().doubted = true;
    }

    /// Asks for a newer set when the one in force is old. After a failure the old one stays in force.
    pub async fn refresh(&self, context: &Context) {
        let KeySet::Url(url) = &context.config().key_set else { return };
        let old = {
            let state = self.state.borrow();
            state.fetched.is_some_and(|at| state.doubted || context.elapsed().saturating_sub(at) >= FRESH)
        };
        if old && self.pause_left(context).is_zero() {
            self.fetch(context, url).await;
        }
    }

    async fn current(&self, context: &Context) -> Result<Rc<Vec<Key>>, Problem> {
        if let KeySet::Url(url) = &context.config().key_set
            && self.state.borrow().keys.is_none()
            && self.pause_left(context).is_zero()
        {
            self.fetch(context, url).await;
        }
        self.known(context)
    }

    /// The token names a key that nobody knows: perhaps a new one.
    async fn after_rotation(&self, context: &Context, fits: &impl Fn(&Key) -> bool) -> Result<Rc<Vec<Key>>, Problem> {
        let KeySet::Url(url) = &context.config().key_set else { return self.known(context) };
        let known = self.known(context)?;
        if !known.iter().any(fits) && self.pause_left(context).is_zero() {
            self.fetch(context, url).await;
        }
        // While the source fails, an unknown key may be a new one as well as a forged one.
        let known = self.known(context)?;
        if !known.iter().any(fits) && self.state.borrow().failure.is_some() {
            return Err(self.unavailable(context));
        }
        Ok(known)
    }

    fn known(&self, context: &Context) -> Result<Rc<Vec<Key>>, Problem> {
        let keys = self.state.borrow().keys.clone();
        keys.ok_or_else(|| self.unavailable(context))
    }

    fn unavailable(&self, context: &Context) -> Problem {
        let cause = self.state.borrow().failure.clone();
        let cause = cause.unwrap_or_else(|| "supabase_jwks_url: no time left to ask for it".into());
        // In whole seconds, rounded up; the next one at the least.
        let asked = self.state.borrow().not_before.saturating_sub(context.elapsed());
        let left = self.pause_left(context).max(asked).as_secs_f64().ceil().max(1.0);
        Problem::KeySetUnavailable { cause, retry_after: left as u32 }
    }

    /// How long nobody may ask, after the last attempt.
    fn pause_left(&self, context: &Context) -> Duration {
        let state = self.state.borrow();
        let pause = if state.keys.is_some() && !state.doubted { COOL_DOWN } else { SHORT_COOL_DOWN };
        state.attempted.map_or(Duration::ZERO, |at| (at + pause).saturating_sub(context.elapsed()))
    }

    async fn fetch(&self, context: &Context, url: &str) {
        let known = self.state.borrow().keys.is_some();
        // A request that has hardly any time left says nothing about the source when it gets no answer.
        let Ok(left) = context.remaining() else { return };
        let result = match fetch_set(context, url, if known { left.min(PATIENCE) } else { left }).await {
            Err(Unread::TimedOut) if left < PATIENCE => return,
            Err(Unread::TimedOut) => Err((anyhow!(upstream::described(&OutboundError::TimedOut)), None)),
            Err(Unread::Unusable(why, retry_after)) => Err((why, retry_after)),
            Ok(read) => Ok(read),
        };
        let now = context.elapsed();
        let mut state = self.state.borrow_mut();
        state.attempted = Some(now);
        state.failure = None;
        match result {
            // Without keys nobody can be let in, and no caller is to blame. A project that signs with the secret serves none.
            Ok((_, set)) if set.keys.is_empty() && self.secret.is_none() => {
                state.failure = Some(anyhow!("supabase_jwks_url: {}", set.of_no_use()).into());
            }
            Ok((text, set)) => {
                (state.fetched, state.doubted) = (Some(now), false);
                if state.keys.is_none() || state.text != text {
                    (state.keys, state.text) = (Some(Rc::new(set.keys)), text);
                    state.generation += 1;
                }
            }
            Err((why, retry_after)) => {
                state.failure = Some(why.context("supabase_jwks_url").into());
                state.not_before = now + Duration::from_secs(retry_after.unwrap_or_default().into());
            }
        }
    }
}

enum Unread {
    TimedOut,
    /// Why, and what `Retry-After` said.
    Unusable(Error, Option<u32>),
}

impl From<Error> for Unread {
    fn from(why: Error) -> Self {
        Self::Unusable(why, None)
    }
}

async fn fetch_set(context: &Context, url: &str, within: Duration) -> Result<(String, Set), Unread> {
    let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
    let call = Outbound { method: Method::GET, uri: url.to_owned(), headers, body: None, within, limit: MAX_SET };
    let answer = match context.send(call, true).await.0 {
        Err(OutboundError::TimedOut) => return Err(Unread::TimedOut),
        answer => answer.map_err(|error| anyhow!(upstream::described(&error)))?,
    };
    if answer.status != StatusCode::OK {
        let retry_after = upstream::retry_after(&answer.headers, context.now());
        return Err(Unread::Unusable(anyhow!("it answers {}", answer.status), retry_after));
    }
    let set = std::str::from_utf8(&answer.body).context("it is not UTF-8")?;
    let read = jwk::set(set, Source::Network)?;
    Ok((set.to_owned(), read))
}
