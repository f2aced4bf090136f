//! Real keys, as far as they are public, and the test key that stands for each.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jwt_simple::prelude::{ES256PublicKey, Ed25519PublicKey, RS256KeyPair, RS256PublicKey};
use ring::{
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
    },
};
use serde_json::{Map, Value};

/// In the order in which they became known.
#[derive(Default)]
pub struct Keys {
    pairs: Vec<Pair>,
}

struct Pair {
    /// What is public of the real key, or its digest where nothing is.
    id: Vec<u8>,
    real: Real,
    test: Test,
}

enum Real {
    Ec(UnparsedPublicKey<Vec<u8>>),
    Ed(UnparsedPublicKey<Vec<u8>>),
    Rsa(rsa::PublicKeyComponents<Vec<u8>>),
    Secret(hmac::Key),
}

enum Test {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
    Secret(Vec<u8>),
}

/// What is private in a JWK (RFC 7518, section 6).
const PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

impl Keys {
    /// How many are known.
    pub fn count(&self) -> usize {
        self.pairs.len()
    }

    /// A shared secret, and the one that stands for it.
    pub fn secret(&mut self, real: &[u8], test: &[u8]) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, real);
        let id = hmac::sign(&key, b"id").as_ref().to_vec();
        self.pair(id, || Some((Real::Secret(key), Test::Secret(test.to_vec()))));
    }

    /// The test key's signature, if the key behind it has made the real one.
    pub fn sign(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
        self.pairs.iter().find(|pair| pair.real.has_made(algorithm, signed, signature)).and_then(|pair| {
            let random = SystemRandom::new();
            match &pair.test {
                Test::Ec(key) => key.sign(&random, signed).ok().map(|signature| signature.as_ref().to_vec()),
                Test::Ed(key) => Some(key.sign(signed).as_ref().to_vec()),
                Test::Rsa(key) => {
                    let mut signature = vec![0; key.public().modulus_len()];
                    key.sign(&RSA_PKCS1_SHA256, &random, signed, &mut signature).ok().map(|()| signature)
                }
                Test::Secret(key) => {
                    Some(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed).as_ref().to_vec())
                }
            }
        })
    }

    /// Makes a test key of a JWK in its place. One that is of no known kind, or not usable, keeps what is public of it.
    pub fn disguise(&mut self, jwk: &mut Value, stream: impl Fn(&[u8], usize) -> Vec<u8>) -> bool {
        let Some(members) = jwk.as_object_mut() else { return false };
        let mut replaced = false;
        for name in PRIVATE {
            if let Some(value) = members.get_mut(name) {
                let length = value.as_str().map_or(0, str::len);
                *value = "A".repeat(length).into();
                replaced = true;
            }
        }
        let kind = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        // What a component cannot use stays as unusable as it was.
        let mut bare = members.clone();
        bare.retain(|name, _| ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str()));
        let bare = Value::Object(bare).to_string();
        let test = match (kind("kty").as_str(), kind("crv").as_str()) {
            ("EC", "P-256") if ES256PublicKey::from_jwk(&bare).is_ok() => self.ec(members),
            ("OKP", "Ed25519") if Ed25519PublicKey::from_jwk(&bare).is_ok() => self.ed(members),
            ("RSA", _) if RS256PublicKey::from_jwk(&bare).is_ok() => self.rsa(members),
            ("oct", _) => self.oct(members, stream),
            _ => None,
        };
        for (name, value) in test.into_iter().flatten() {
            members.insert(name.to_owned(), URL_SAFE_NO_PAD.encode(value).into());
            replaced = true;
        }
        replaced
    }

    fn ec(&mut self, members: &Map<String, Value>) -> Option<Vec<(&'static str, Vec<u8>)>> {
        let (x, y) = (bytes(members, "x")?, bytes(members, "y")?);
        let point = [vec![4], x, y].concat();
        let pair = self.pair(point.clone(), || {
            let random = SystemRandom::new();
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).ok()?;
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).ok()?;
            let real = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            Some((Real::Ec(real), Test::Ec(key)))
        })?;
        let Test::Ec(key) = &pair.test else { return None };
        let (x, y) = key.public_key().as_ref().get(1..)?.split_at_checked(32)?;
        Some(vec![("x", x.to_vec()), ("y", y.to_vec())])
    }

    fn ed(&mut self, members: &Map<String, Value>) -> Option<Vec<(&'static str, Vec<u8>)>> {
        let x = bytes(members, "x").filter(|x| x.len() == 32)?;
        let pair = self.pair(x.clone(), || {
            let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok()?;
            let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).ok()?;
            Some((Real::Ed(UnparsedPublicKey::new(&ED25519, x)), Test::Ed(key)))
        })?;
        let Test::Ed(key) = &pair.test else { return None };
        Some(vec![("x", key.public_key().as_ref().to_vec())])
    }

    fn rsa(&mut self, members: &Map<String, Value>) -> Option<Vec<(&'static str, Vec<u8>)>> {
        let (n, e) = (bytes(members, "n")?, bytes(members, "e")?);
        let bits = n.len() * 8;
        let pair = self.pair(n.clone(), || {
            let key = RS256KeyPair::generate(bits).ok()?.to_der().ok()?;
            let key = RsaKeyPair::from_pkcs8(&key).or_else(|_| RsaKeyPair::from_der(&key)).ok()?;
            Some((Real::Rsa(rsa::PublicKeyComponents { n, e }), Test::Rsa(Box::new(key))))
        })?;
        let Test::Rsa(key) = &pair.test else { return None };
        let public = rsa::PublicKeyComponents::<Vec<u8>>::from(key.public());
        Some(vec![("n", public.n), ("e", public.e)])
    }

    fn oct(
        &mut self,
        members: &Map<String, Value>,
        stream: impl Fn(&[u8], usize) -> Vec<u8>,
    ) -> Option<Vec<(&'static str, Vec<u8>)>> {
        let real = bytes(members, "k")?;
        let test = stream(&real, real.len());
        self.secret(&real, &test);
        Some(vec![("k", test)])
    }

    fn pair(&mut self, id: Vec<u8>, make: impl FnOnce() -> Option<(Real, Test)>) -> Option<&Pair> {
        let known = self.pairs.iter().position(|pair| pair.id == id);
        let index = match known {
            Some(index) => index,
            None => {
                let (real, test) = make()?;
                self.pairs.push(Pair { id, real, test });
                self.pairs.len() - 1
            }
        };
        self.pairs.get(index)
    }
}

impl Real {
    fn has_made(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Ec(key), "ES256") | (Self::Ed(key), "EdDSA") => key.verify(signed, signature).is_ok(),
            (Self::Rsa(key), "RS256") => key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok(),
            (Self::Secret(key), "HS256") => hmac::verify(key, signed, signature).is_ok(),
            _ => false,
        }
    }
}

fn bytes(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(members.get(name)?.as_str()?.trim_end_matches('=')).ok()
}
