//! Key sets (RFC 7517): which keys of a set can verify a token, and which of them may be tried for a given token.

use anyhow::{Context as _, Result, bail, ensure};
use jwt_simple::{
    prelude::{
        ECDSAP256PublicKeyLike as _, ES256PublicKey, Ed25519PublicKey, EdDSAPublicKeyLike as _, HS256Key, JWTClaims,
        MACLike as _, RS256PublicKey, RSAPublicKeyLike as _, VerificationOptions,
    },
    reexports::ct_codecs::{Base64UrlSafeNoPadding, Decoder as _},
};
use serde_json::Value;

use super::claims::Supabase;
use crate::config::MIN_SECRET;

/// A key that can verify, of one kind: jwt-simple pins the header's `alg` to it, so a public key can never be taken for
/// an HMAC secret.
pub struct Key {
    id: Id,
    kind: Kind,
}

enum Id {
    /// The set's `kid`: a token that names a key is verified with that one only.
    Named(String),
    /// A key of a set that names none.
    Unnamed,
    /// The legacy secret, whose tokens may name a key that is in no set.
    Any,
}

enum Kind {
    Es256(ES256PublicKey),
    Rs256(RS256PublicKey),
    EdDsa(Ed25519PublicKey),
    Hs256(HS256Key),
}

/// Where a set comes from decides what may be in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A variable: the operator's own, and every fault in it is the operator's.
    Variable,
    /// The network: whoever can read it could sign with a secret in it, so there is none.
    Network,
}

impl Key {
    /// The legacy shared secret.
    pub fn secret(secret: &str) -> Self {
        Self { id: Id::Any, kind: Kind::Hs256(HS256Key::from_bytes(secret.as_bytes())) }
    }

    /// Whether a token with this header may be verified with this key.
    pub fn fits(&self, algorithm: &str, key_id: Option<&str>) -> bool {
        let same_key = match (&self.id, key_id) {
            (Id::Named(own), Some(named)) => own == named,
            (Id::Unnamed, Some(_)) => false,
            (Id::Any, _) | (_, None) => true,
        };
        same_key && algorithm == self.algorithm()
    }

    fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Es256(_) => "ES256",
            Kind::Rs256(_) => "RS256",
            Kind::EdDsa(_) => "EdDSA",
            Kind::Hs256(_) => "HS256",
        }
    }

    /// Signature and registered claims.
    pub fn verify(&self, token: &str, options: VerificationOptions) -> Result<JWTClaims<Supabase>> {
        match &self.kind {
            Kind::Es256(key) => key.verify_token(token, Some(options)),
            Kind::Rs256(key) => key.verify_token(token, Some(options)),
            Kind::EdDsa(key) => key.verify_token(token, Some(options)),
            Kind::Hs256(key) => key.verify_token(token, Some(options)),
        }
    }
}

/// What is in a set.
pub struct Set {
    /// With which tokens can be verified.
    pub keys: Vec<Key>,
    /// Each of the others by its name, and why: of an unknown kind, for another use, or unusable (RFC 7517, section 5).
    pub passed_over: Vec<String>,
}

impl Set {
    /// What is wrong with a set that has no key.
    pub fn of_no_use(&self) -> String {
        let why = self.passed_over.join("; ");
        let colon = if why.is_empty() { "" } else { ": " };
        format!("there is no key in it that could verify a token{colon}{why}")
    }
}

/// Reads `{"keys":[…]}`, a bare array as the platform has it in `SUPABASE_JWKS`, or a single key.
pub fn set(text: &str, source: Source) -> Result<Set> {
    let value: Value = serde_json::from_str(text).context("not JSON")?;
    let list = match &value {
        Value::Array(list) => list,
        Value::Object(members) if members.contains_key("kty") => std::slice::from_ref(&value),
        _ => value["keys"].as_array().context("not a JWK set: there is no array `keys`")?,
    };
    let mut set = Set { keys: Vec::new(), passed_over: Vec::new() };
    for jwk in list {
        match key(jwk, source) {
            Ok(key) => set.keys.push(key),
            Err(why) => {
                let name = jwk["kid"].as_str().map_or_else(|| "without a kid".to_owned(), |kid| format!("`{kid}`"));
                set.passed_over.push(format!("key {name}: {why:#}"));
            }
        }
    }
    Ok(set)
}

/// Members that are null are not there. Those that say nothing of what a key can verify are not looked at.
fn key(jwk: &Value, source: Source) -> Result<Key> {
    let text = |name: &str| jwk[name].as_str();
    let bytes = |name: &str| {
        let text = text(name).with_context(|| format!("it has no `{name}`"))?;
        let bytes = Base64UrlSafeNoPadding::decode_to_vec(text.trim_end_matches('='), None);
        bytes.with_context(|| format!("`{name}` is not base64url"))
    };
    let verifies = jwk["key_ops"].as_array().is_none_or(|operations| operations.iter().any(|op| op == "verify"));
    ensure!(jwk["d"].is_null(), "it is a private key, and who has it can sign: only its public half belongs here");
    ensure!(text("use").is_none_or(|usage| usage == "sig") && verifies, "it is not there to verify signatures");
    let kind = match (text("kty"), text("crv"), text("alg")) {
        (Some("EC"), Some("P-256"), None | Some("ES256")) => {
            let (x, y) = (bytes("x")?, bytes("y")?);
            ensure!(x.len() == 32 && y.len() == 32, "`x` and `y` have 32 bytes each");
            // Uncompressed (SEC 1, section 2.3.3).
            Kind::Es256(ES256PublicKey::from_bytes(&[&[4][..], &x, &y].concat())?)
        }
        (Some("RSA"), _, None | Some("RS256")) => {
            Kind::Rs256(RS256PublicKey::from_components(&bytes("n")?, &bytes("e")?)?)
        }
        (Some("OKP"), Some("Ed25519"), None | Some("EdDSA" | "Ed25519")) => {
            Kind::EdDsa(Ed25519PublicKey::from_bytes(&bytes("x")?)?)
        }
        (Some("oct"), _, None | Some("HS256")) if source == Source::Variable => {
            let secret = bytes("k")?;
            ensure!(secret.len() >= MIN_SECRET, "a secret has at least {MIN_SECRET} bytes (RFC 7518)");
            Kind::Hs256(HS256Key::from_bytes(&secret))
        }
        (kind, curve, algorithm) => {
            let named: Vec<&str> = [kind, curve, algorithm].into_iter().flatten().collect();
            bail!("its kind is not accepted ({})", named.join(" "))
        }
    };
    let id = text("kid").map_or(Id::Unnamed, |id| Id::Named(id.to_owned()));
    Ok(Key { id, kind })
}
