//! Nothing that opens a door is written: keys and tokens become test ones, which say and prove the same.
//!
//! A token keeps its header and its claims and is signed by a test key in the place of the key that had signed it; one
//! that no key had signed stays so. Key sets and secrets change likewise, and what was computed from a secret is computed
//! from the test one. What a person wrote, and the claims that name them, stay.

mod keys;
mod opaque;
mod token;

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use anyhow::{Result, anyhow};
use regex::bytes::Regex;
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};

use self::{keys::Keys, opaque::stream};
use super::format::{Entry, Message, Outcome, Text};

/// The variables that are secret, and one that is not but opens the gateway.
pub const SECRET: [&str; 4] = ["supabase_jwt_secret", "supabase_jwks", "telemetry_key", "supabase_publishable_key"];

/// A shorter one is no key to anything, and may be part of any word.
const SHORTEST: usize = 16;

/// What has been put in the place of what.
pub struct Disguise {
    /// So that nobody gets back to what was replaced.
    salt: hmac::Key,
    keys: Keys,
    /// What a token became, and how many keys were known when none of them had signed it: a signature never changes,
    /// since an instance knows a token again by all of its bytes.
    tokens: HashMap<String, (Option<usize>, String)>,
}

/// What a component has in its variables, and what stands for it.
#[derive(Default)]
pub struct Secrets {
    by_variable: BTreeMap<String, (String, String)>,
    /// The longest first: one may be part of another.
    literals: Vec<(String, String)>,
}

impl Disguise {
    pub fn new() -> Result<Self> {
        let mut salt = [0; 32];
        SystemRandom::new().fill(&mut salt).map_err(|_| anyhow!("the system has no randomness"))?;
        Ok(Self { salt: hmac::Key::new(hmac::HMAC_SHA256, &salt), keys: Keys::default(), tokens: HashMap::new() })
    }

    /// Test values for a component's secrets. The same value has the same one everywhere.
    pub fn secrets(&mut self, variables: &BTreeMap<String, String>) -> Secrets {
        let mut secrets = Secrets::default();
        for name in SECRET {
            let Some(real) = variables.get(name).filter(|value| !value.is_empty()) else { continue };
            let test = match name {
                "supabase_jwks" => self.key_set(real.as_bytes()).unwrap_or_else(|| self.scrambled(real)),
                _ => self.opaque(real),
            };
            if name == "supabase_jwt_secret" {
                self.keys.secret(real.as_bytes(), test.as_bytes());
            }
            if real.len() >= SHORTEST {
                secrets.literals.push((real.clone(), test.clone()));
            }
            secrets.by_variable.insert(name.to_owned(), (real.clone(), test));
        }
        secrets.literals.sort_by_key(|(real, _)| std::cmp::Reverse(real.len()));
        secrets
    }

    /// Remembers the keys of a set, if the answer is one.
    pub fn learn(&mut self, answer: &Text) {
        self.key_set(&answer.0);
    }

    /// Everything that is about to be written of a request.
    pub fn entry(&mut self, entry: &mut Entry, secrets: &Secrets) {
        let mut subjects = Vec::new();
        for variable in &mut entry.variables {
            if let (Some((real, test)), Some(value)) = (secrets.by_variable.get(&variable.name), &mut variable.value)
                && value.0 == real.as_bytes()
            {
                *value = Text::from(test.as_str());
            }
        }
        for call in &mut entry.calls {
            self.message(&mut call.request, secrets, &mut subjects);
            if let Some(Outcome::Answer(answer)) = &mut call.outcome {
                if let Some(set) = self.key_set(&answer.body.data.0) {
                    let length = set.len().to_string();
                    answer.body.data = Text(set.into_bytes());
                    answer.headers.iter_mut().filter(|(name, _)| name == "content-length").for_each(|(_, value)| {
                        *value = Text::from(length.as_str());
                    });
                }
                self.headers(&mut answer.headers, secrets, &mut subjects);
                self.text(&mut answer.body.data, secrets, &mut subjects);
            }
        }
        self.message(&mut entry.request, secrets, &mut subjects);
        if let Some(response) = &mut entry.response {
            self.headers(&mut response.headers, secrets, &mut subjects);
            self.text(&mut response.body.data, secrets, &mut subjects);
        }
        for line in &mut entry.telemetry {
            self.text(line, secrets, &mut subjects);
            if let Some((real, test)) = secrets.by_variable.get("telemetry_key") {
                for subject in &subjects {
                    let pseudonym = |key| ::record::pseudonym(subject, key);
                    replace(line, &pseudonym(real), &pseudonym(test));
                }
            }
        }
    }

    fn message(&mut self, message: &mut Message, secrets: &Secrets, subjects: &mut Vec<String>) {
        self.text(&mut message.uri, secrets, subjects);
        self.headers(&mut message.headers, secrets, subjects);
        self.text(&mut message.body.data, secrets, subjects);
    }

    fn headers(&mut self, headers: &mut [(String, Text)], secrets: &Secrets, subjects: &mut Vec<String>) {
        for (name, value) in headers {
            let before = value.clone();
            self.text(value, secrets, subjects);
            // Whatever is in these is a credential, also where it is none that we know.
            if *value == before && ["authorization", "apikey", "cookie", "set-cookie"].contains(&name.as_str()) {
                *value = self.credential(&before);
            }
        }
    }

    /// Anything: what is known in it, and what looks like a token.
    fn text(&mut self, text: &mut Text, secrets: &Secrets, subjects: &mut Vec<String>) {
        static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"ey[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*").expect("a constant pattern")
        });
        for (real, test) in &secrets.literals {
            replace(text, real, test);
        }
        if TOKEN.is_match(&text.0) {
            let token = |found: &regex::bytes::Captures<'_>| {
                let found = String::from_utf8_lossy(&found[0]).into_owned();
                subjects.extend(token::subject(&found));
                self.token(&found).into_bytes()
            };
            text.0 = TOKEN.replace_all(&text.0, token).into_owned();
        }
    }

    /// The same claims, signed by the test key in the place of the real one.
    fn token(&mut self, token: &str) -> String {
        let known = self.keys.count();
        if let Some((unsigned, test)) = self.tokens.get(token)
            && unsigned.is_none_or(|at| at == known)
        {
            return test.clone();
        }
        let (test, signed) = token::signed_again(token, &self.keys, |seed, bytes| self.stream(seed, bytes));
        self.tokens.insert(token.to_owned(), ((!signed).then_some(known), test.clone()));
        test
    }
}

/// Puts something in the place of every occurrence, also where it stands in JSON.
fn replace(text: &mut Text, real: &str, test: &str) {
    let quoted = serde_json::to_string(real).expect("a string is JSON");
    for real in [real, quoted.trim_matches('"')] {
        if memchr::memmem::find(&text.0, real.as_bytes()).is_some() {
            let pattern = Regex::new(&format!("(?-u){}", regex::escape(real))).expect("an escaped pattern");
            text.0 = pattern.replace_all(&text.0, regex::bytes::NoExpand(test.as_bytes())).into_owned();
        }
    }
}

impl Disguise {
    /// As a set, as its bare list, or as one key.
    fn key_set(&mut self, text: &[u8]) -> Option<String> {
        memchr::memmem::find(text, b"\"kty\"")?;
        let mut set: serde_json::Value = serde_json::from_slice(text).ok()?;
        let keys = if set.get("keys").is_some() { set.get_mut("keys")? } else { &mut set };
        let list = match keys {
            serde_json::Value::Array(list) => list.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        let salt = self.salt.clone();
        let mut replaced = false;
        for jwk in list {
            replaced |= self.keys.disguise(jwk, |seed, bytes| stream(&salt, seed, bytes));
        }
        replaced.then(|| set.to_string())
    }

    /// Bytes that depend on these, and tell nothing of them.
    fn stream(&self, seed: &[u8], bytes: usize) -> Vec<u8> {
        stream(&self.salt, seed, bytes)
    }
}

#[cfg(test)]
mod tests {
    use jwt_simple::prelude::{Claims, Duration, ECDSAP256KeyPairLike as _, ES256KeyPair};

    use super::*;

    /// Else an instance that had verified it would not know it again.
    #[test]
    fn a_token_becomes_the_same_one_whatever_keys_are_learned_meanwhile() {
        let mut disguise = Disguise::new().unwrap();
        let set = |key: &ES256KeyPair| format!("{{\"keys\":[{}]}}", key.public_key().to_jwk());
        let (key, other) = (ES256KeyPair::generate(), ES256KeyPair::generate());
        let real = key.sign(Claims::create(Duration::from_hours(1))).unwrap();

        let unknown = disguise.token(&real);
        disguise.learn(&Text::from(set(&key).as_str()));
        let test = disguise.token(&real);
        disguise.learn(&Text::from(set(&other).as_str()));

        assert_ne!(unknown, test);
        assert_eq!(disguise.token(&real), test);
    }

    /// A variable that is added there as a secret is one here.
    #[test]
    fn every_secret_of_the_manifest_is_replaced() {
        let manifest = std::fs::read_to_string(crate::setup::root().join("spin.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let secret = |variable: &toml::Value| variable.get("secret").and_then(toml::Value::as_bool) == Some(true);
        let variables = manifest["variables"].as_table().unwrap().iter();
        let names: Vec<&str> =
            variables.filter(|(_, variable)| secret(variable)).map(|(name, _)| name.as_str()).collect();

        assert!(!names.is_empty());
        assert!(names.iter().all(|name| SECRET.contains(name)), "{names:?}");
    }
}
