//! The project's keys: what Auth signs with, what PostgREST and the components verify with, and the two API keys.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use anyhow::{Context as _, Result};
use jwt_simple::{
    prelude::{
        Claims, Duration, ECDSAP256KeyPairLike as _, ECDSAP256PublicKeyLike as _, ES256KeyPair, HS256Key, JWTClaims,
        MACLike as _, VerificationOptions,
    },
    reexports::ct_codecs::{Base64UrlSafeNoPadding, Encoder as _},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Longer than anybody leaves a local stack running.
pub const LIFETIME_HOURS: u64 = 24;

/// Made anew for each stack.
pub struct Keys {
    secret: String,
    ring: RwLock<Ring>,
    /// What makes pseudonyms of users in telemetry.
    pub telemetry: String,
    /// What browsers send as `apikey`.
    pub publishable: String,
    issuer: String,
}

/// The signing keys, in the states that Supabase has for them.
struct Ring {
    used: ES256KeyPair,
    standby: Option<ES256KeyPair>,
    previous: Vec<ES256KeyPair>,
}

impl Ring {
    fn all(&self) -> impl Iterator<Item = &ES256KeyPair> {
        std::iter::once(&self.used).chain(&self.standby).chain(&self.previous)
    }
}

fn es256() -> ES256KeyPair {
    ES256KeyPair::generate().with_key_id(&Uuid::new_v4().to_string())
}

/// What Supabase Auth puts into an access token besides the registered claims
/// (https://supabase.com/docs/guides/auth/jwt-fields).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserClaims {
    /// `authenticated`, `anon` or `service_role`.
    pub role: String,
    /// For people to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Which sign-in the token belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// Authenticator assurance level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aal: Option<String>,
    /// A guest.
    #[serde(default)]
    pub is_anonymous: bool,
}

impl Keys {
    /// New keys for an issuer: `<origin>/auth/v1`.
    pub fn generate(origin: &str) -> Self {
        let random = || Uuid::new_v4().simple().to_string();
        Self {
            secret: random() + &random(),
            ring: RwLock::new(Ring { used: es256(), standby: None, previous: Vec::new() }),
            telemetry: random(),
            publishable: format!("sb_publishable_{}", random()),
            issuer: format!("{origin}/auth/v1"),
        }
    }

    /// The variables that an operator would set for a deployment against this origin.
    pub fn variables(&self, origin: &str) -> BTreeMap<String, String> {
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        BTreeMap::from([
            set("supabase_url", origin),
            set("supabase_publishable_key", &self.publishable),
            set("supabase_jwt_secret", &self.secret),
            set("jwks_host", origin),
            set("region", "local"),
            set("telemetry_key", &self.telemetry),
        ])
    }

    /// A new key stands by: it is published, and nothing is signed with it yet.
    pub fn stand_by(&self) {
        self.change(|ring| ring.standby = Some(es256()));
    }

    /// The key that stands by signs from now on; the one before it stays good.
    pub fn rotate(&self) {
        self.change(|ring| {
            let next = ring.standby.take().unwrap_or_else(es256);
            ring.previous.push(std::mem::replace(&mut ring.used, next));
        });
    }

    /// Only what the present key has signed is good from now on.
    pub fn revoke_previous(&self) {
        self.change(|ring| ring.previous.clear());
    }

    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Ring)) {
        change(&mut self.ring.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The legacy shared secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// What `iss` is.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The private ES256 key, for tests that sign.
    pub fn private_jwk(&self) -> String {
        self.ring().used.to_jwk()
    }

    /// What `/auth/v1/.well-known/jwks.json` serves: public keys only.
    pub fn public_set(&self) -> Result<Value> {
        let jwk = |key: &ES256KeyPair| serde_json::from_str::<Value>(&key.public_key().to_jwk());
        let keys = self.ring().all().map(jwk).collect::<Result<Vec<_>, _>>().context("a JWK is JSON")?;
        Ok(json!({ "keys": keys }))
    }

    /// What PostgREST verifies with: the public keys and the shared secret, as on a project that has both.
    pub fn verification_set(&self) -> Result<String> {
        let mut set = self.public_set()?;
        let secret = Base64UrlSafeNoPadding::encode_to_string(&self.secret)?;
        let keys = set["keys"].as_array_mut().context("a set has keys")?;
        keys.push(json!({ "kty": "oct", "alg": "HS256", "k": secret }));
        Ok(set.to_string())
    }

    /// A signed-in user's access token, signed as projects of today do.
    pub fn user(&self, id: Uuid, email: &str) -> Result<String> {
        let claims = UserClaims {
            role: "authenticated".into(),
            email: Some(email.into()),
            session_id: Some(Uuid::new_v4()),
            aal: Some("aal1".into()),
            is_anonymous: false,
        };
        self.ring().used.sign(self.claims(claims).with_subject(id).with_audience("authenticated"))
    }

    /// A legacy key of the project: a JWT too, of nobody.
    pub fn project(&self, role: &str) -> Result<String> {
        let claims = UserClaims { role: role.into(), email: None, session_id: None, aal: None, is_anonymous: false };
        self.sign(self.claims(claims))
    }

    /// Claims that a test may change before it has them signed.
    pub fn claims(&self, custom: UserClaims) -> JWTClaims<UserClaims> {
        Claims::with_custom_claims(custom, Duration::from_hours(LIFETIME_HOURS)).with_issuer(&self.issuer)
    }

    /// Signs with the shared secret, as older projects do.
    pub fn sign(&self, claims: JWTClaims<UserClaims>) -> Result<String> {
        HS256Key::from_bytes(self.secret.as_bytes()).authenticate(claims)
    }

    /// Whose token this is, if it is one of ours: Auth's own check.
    pub fn verify(&self, token: &str) -> Result<JWTClaims<UserClaims>> {
        let options = || Some(VerificationOptions::default());
        HS256Key::from_bytes(self.secret.as_bytes()).verify_token(token, options()).or_else(|error| {
            let ring = self.ring();
            let verified = ring.all().find_map(|key| key.public_key().verify_token(token, options()).ok());
            verified.ok_or(error)
        })
    }
}
