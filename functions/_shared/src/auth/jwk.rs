//! Key sets (RFC 7517): which keys of a set can verify a token, and which of them may be tried for a given token.

use jwt_simple::{
    JWTError,
    prelude::{
        ECDSAP256PublicKeyLike as _, ES256PublicKey, Ed25519PublicKey, EdDSAPublicKeyLike as _, HS256Key, JWTClaims,
        MACLike as _, RS256PublicKey, RSAPublicKeyLike as _, VerificationOptions,
    },
    reexports::ct_codecs::{Base64UrlSafeNoPadding, Decoder as _},
};
use serde_json::Value;

use super::claims::Supabase;

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
    pub fn verify(&self, token: &str, options: VerificationOptions) -> Result<JWTClaims<Supabase>, jwt_simple::Error> {
        match &self.kind {
            Kind::Es256(key) => key.verify_token(token, Some(options)),
            Kind::Rs256(key) => key.verify_token(token, Some(options)),
            Kind::EdDsa(key) => key.verify_token(token, Some(options)),
            Kind::Hs256(key) => key.verify_token(token, Some(options)),
        }
    }
}

/// The keys of a set. Keys of unknown kinds, for other uses, or unusable, are passed over as RFC 7517, section 5, wants
/// it; in a variable, an unusable key of a known kind is an error.
pub fn keys(set: &str, source: Source) -> Result<Vec<Key>, String> {
    let set: Value = serde_json::from_str(set).map_err(|error| format!("not JSON: {error}"))?;
    let list = set["keys"].as_array().ok_or("not a JWK set: there is no array `keys`")?;
    let mut keys = Vec::new();
    for jwk in list {
        match key(jwk, source) {
            Ok(Some(key)) => keys.push(key),
            Ok(None) => {}
            Err(error) if source == Source::Variable => return Err(format!("a key cannot be used: {error}")),
            Err(_) => {}
        }
    }
    Ok(keys)
}

fn key(jwk: &Value, source: Source) -> Result<Option<Key>, jwt_simple::Error> {
    let text = |name: &str| jwk[name].as_str();
    let verifies = jwk["key_ops"].as_array().is_none_or(|operations| operations.iter().any(|op| op == "verify"));
    if text("use").is_some_and(|usage| usage != "sig") || !verifies {
        return Ok(None);
    }
    // Its name is compared by us, with the token's.
    let mut bare = jwk.clone();
    if let Some(members) = bare.as_object_mut() {
        members.remove("kid");
    }
    let bare = bare.to_string();
    let kind = match (text("kty"), text("crv"), text("alg")) {
        (Some("EC"), Some("P-256"), None | Some("ES256")) => Kind::Es256(ES256PublicKey::from_jwk(&bare)?),
        (Some("RSA"), _, None | Some("RS256")) => Kind::Rs256(RS256PublicKey::from_jwk(&bare)?),
        (Some("OKP"), Some("Ed25519"), None | Some("EdDSA" | "Ed25519")) => {
            Kind::EdDsa(Ed25519PublicKey::from_jwk(&bare)?)
        }
        (Some("oct"), _, None | Some("HS256")) if source == Source::Variable => {
            let secret = text("k").ok_or(JWTError::InvalidPublicKey)?;
            let secret = Base64UrlSafeNoPadding::decode_to_vec(secret.trim_end_matches('='), None)?;
            if secret.len() < crate::config::MIN_SECRET {
                return Err(JWTError::WeakKey.into());
            }
            Kind::Hs256(HS256Key::from_bytes(&secret))
        }
        _ => return Ok(None),
    };
    let id = text("kid").map_or(Id::Unnamed, |id| Id::Named(id.to_owned()));
    Ok(Some(Key { id, kind }))
}
