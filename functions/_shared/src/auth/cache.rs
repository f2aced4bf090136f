//! Tokens that were verified before. An ES256 signature costs most of a millisecond inside a component; a repeated
//! token costs a hash.

use std::collections::HashMap;

use time::UtcDateTime;

use super::claims::Verified;

/// An instance answers 128 requests, so this is never reached under Spin; elsewhere it bounds the memory.
const MOST: usize = 512;

/// By SHA-256 of the whole token, so that one character more or less is another token.
#[derive(Default)]
pub struct Cache {
    generation: u64,
    tokens: HashMap<[u8; 32], Verified>,
}

/// The name of a token in here.
pub fn digest(token: &str) -> [u8; 32] {
    hmac_sha256::Hash::hash(token.as_bytes())
}

impl Cache {
    /// A token that was verified with the keys of this generation and has not expired since.
    pub fn get(&mut self, digest: &[u8; 32], generation: u64, now: UtcDateTime) -> Option<Verified> {
        if self.generation != generation {
            self.tokens.clear();
            self.generation = generation;
        }
        self.tokens.get(digest).filter(|token| token.is_valid(now)).cloned()
    }

    /// Remembers a token.
    pub fn put(&mut self, digest: [u8; 32], token: Verified, now: UtcDateTime) {
        if self.tokens.len() >= MOST {
            self.tokens.retain(|_, token| token.is_valid(now));
        }
        if self.tokens.len() >= MOST {
            self.tokens.clear();
        }
        self.tokens.insert(digest, token);
    }
}
