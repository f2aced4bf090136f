//! The keys in force, and when to ask for them again. Ten minutes fresh; one fetch at a time, made by the request that
//! finds the set old, while others go on with what there is; half a minute between attempts, so that forged key ids
//! cause no stampede; stale keys while the source fails.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::jwk::{self, Key, Source};
use crate::{
    config::{Config, KeySet},
    edge::Edge,
    platform::Outbound,
    problem::Problem,
    upstream,
};

/// As long as the edge in front of Auth caches it.
const FRESH: Duration = Duration::from_secs(600);
/// Between two attempts, whatever became of the first.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// A key set has one to two kilobytes; nobody's is larger than this.
const MAX_SET: usize = 256 * 1024;

/// What a request that has keys to go on with gives up for newer ones.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a request looks whether the fetch of another has ended. It cannot be woken by it: a component's task can
/// wait for the host, but not for another task of the same instance.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What an instance knows about keys.
pub struct Keys {
    secret: Option<Key>,
    state: RefCell<State>,
    /// Whether a request is fetching right now.
    fetching: Cell<bool>,
}

#[derive(Clone, Default)]
struct State {
    keys: Option<Rc<Vec<Key>>>,
    fetched: Option<Duration>,
    attempted: Option<Duration>,
    /// How often a fetch has ended, and how the last one did.
    attempts: u64,
    failure: Option<String>,
    /// What the keys were read from, and how often that has changed.
    text: String,
    generation: u64,
}

impl Keys {
    /// Before the first request: a set in a variable is complete, any other has to be fetched.
    pub fn of(config: &Config) -> Result<Self, String> {
        let inline = match &config.key_set {
            KeySet::Inline(set) => {
                Some(jwk::keys(set, Source::Variable).map_err(|why| format!("variable supabase_jwks: {why}"))?)
            }
            KeySet::Url(_) => None,
        };
        if inline.as_ref().is_some_and(Vec::is_empty) && config.jwt_secret.is_none() {
            return Err("variable supabase_jwks: there is no key in it that could verify a token".into());
        }
        Ok(Self {
            secret: config.jwt_secret.as_deref().map(Key::secret),
            state: RefCell::new(State { keys: inline.map(Rc::new), ..State::default() }),
            fetching: Cell::new(false),
        })
    }

    /// Runs `with` on the keys that a token with this header may be verified with. An empty list is a token that no key
    /// of the project can have signed.
    pub async fn fitting<T>(
        &self,
        edge: &Edge,
        algorithm: &str,
        key_id: Option<&str>,
        with: impl FnOnce(&[&Key]) -> T,
    ) -> Result<T, Problem> {
        let fits = |key: &Key| key.fits(algorithm, key_id);
        // The secret needs no set; legacy tokens name a key that is in none.
        if let (Some(secret), KeySet::Url(_)) = (&self.secret, &edge.config().key_set)
            && fits(secret)
        {
            return Ok(with(&[secret]));
        }
        let mut set = self.current(edge).await?;
        if !set.iter().any(fits) {
            set = self.after_rotation(edge, &fits).await?;
        }
        let keys: Vec<&Key> = set.iter().chain(&self.secret).filter(|key| fits(key)).collect();
        Ok(with(&keys))
    }

    /// Which set is in force, to tell one from the next.
    pub fn generation(&self) -> u64 {
        self.state.borrow().generation
    }

    async fn current(&self, edge: &Edge) -> Result<Rc<Vec<Key>>, Problem> {
        let KeySet::Url(url) = &edge.config().key_set else { return self.known() };
        let (known, old, attempts) = {
            let state = self.state.borrow();
            let old = state.fetched.is_none_or(|at| edge.elapsed().saturating_sub(at) >= FRESH);
            (state.keys.is_some(), old, state.attempts)
        };
        if !known {
            self.wait(edge).await?;
            // Whoever waited shares what became of the fetch.
            if self.state.borrow().attempts == attempts {
                self.fetch(edge, url).await;
            }
        } else if old && self.may_ask_again(edge) && !self.fetching.get() {
            self.fetch(edge, url).await;
        }
        self.known()
    }

    /// The token names a key that nobody knows: perhaps a new one.
    async fn after_rotation(&self, edge: &Edge, fits: &impl Fn(&Key) -> bool) -> Result<Rc<Vec<Key>>, Problem> {
        let KeySet::Url(url) = &edge.config().key_set else { return self.known() };
        self.wait(edge).await?;
        let known = self.known()?;
        if !known.iter().any(fits) && self.may_ask_again(edge) {
            self.fetch(edge, url).await;
        }
        // While the source fails, an unknown key may be a new one as well as a forged one.
        match &self.state.borrow().failure {
            Some(failure) if !self.known()?.iter().any(fits) => Err(Problem::KeySetUnavailable(failure.clone())),
            _ => self.known(),
        }
    }

    fn known(&self) -> Result<Rc<Vec<Key>>, Problem> {
        let state = self.state.borrow();
        let unavailable = || Problem::KeySetUnavailable(state.failure.clone().unwrap_or_default());
        state.keys.clone().ok_or_else(unavailable)
    }

    fn may_ask_again(&self, edge: &Edge) -> bool {
        self.state.borrow().attempted.is_none_or(|at| edge.elapsed().saturating_sub(at) >= COOL_DOWN)
    }

    /// Until no other request is fetching.
    async fn wait(&self, edge: &Edge) -> Result<(), Problem> {
        while self.fetching.get() {
            edge.remaining()?;
            edge.pause(LOOK_AGAIN).await;
        }
        Ok(())
    }

    async fn fetch(&self, edge: &Edge, url: &str) {
        let _turn = Turn::take(&self.fetching);
        let known = self.state.borrow().keys.is_some();
        let result = read(edge, url, known).await;
        let now = edge.elapsed();
        let mut state = self.state.borrow_mut();
        state.attempted = Some(now);
        state.attempts += 1;
        state.failure = None;
        match result {
            // Nobody could be let in by it, and no caller is to blame; a project of the legacy secret serves it rightly.
            Ok((_, keys)) if keys.is_empty() && self.secret.is_none() => {
                state.failure = Some("supabase_jwks_url: there is no key in it that could verify a token".into());
            }
            Ok((text, keys)) => {
                state.fetched = Some(now);
                if state.keys.is_none() || state.text != text {
                    (state.keys, state.text) = (Some(Rc::new(keys)), text);
                    state.generation += 1;
                }
            }
            Err(why) => state.failure = Some(format!("supabase_jwks_url: {why}")),
        }
    }
}

/// Given back even when the request that took it goes away in the middle.
struct Turn<'k>(&'k Cell<bool>);

impl<'k> Turn<'k> {
    fn take(fetching: &'k Cell<bool>) -> Self {
        fetching.set(true);
        Self(fetching)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

async fn read(edge: &Edge, url: &str, known: bool) -> Result<(String, Vec<Key>), String> {
    let left = edge.remaining().map_err(|_| "no time left to ask for it")?;
    let within = if known { left.min(PATIENCE) } else { left };
    let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
    let call = Outbound { method: Method::GET, uri: url.to_owned(), headers, body: None, within, limit: MAX_SET };
    let answer = edge.send(call, false).await.0.map_err(|error| upstream::described(&error))?;
    if answer.status != StatusCode::OK {
        return Err(format!("it answers {}", answer.status));
    }
    let set = std::str::from_utf8(&answer.body).map_err(|_| "it is not UTF-8")?;
    Ok((set.to_owned(), jwk::keys(set, Source::Network)?))
}
