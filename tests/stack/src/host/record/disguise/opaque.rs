//! Secrets that are no tokens: something as long, of the same form, takes their place.

use regex::bytes::Regex;
use ring::hmac;

use super::{Disguise, token};
use crate::host::record::format::Text;

impl Disguise {
    /// As long, and with the prefix by which a component knows its kind.
    pub(super) fn opaque(&self, real: &str) -> String {
        const ALPHABET: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ab";
        let prefix = ["sb_publishable_", "sb_secret_"].into_iter().find(|prefix| real.starts_with(prefix));
        let prefix = prefix.unwrap_or_default();
        let bytes = self.stream(real.as_bytes(), real.len() - prefix.len());
        let letters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)]));
        prefix.chars().chain(letters).collect()
    }

    /// A variable that should be JSON and is not: what may be a key in it is gone, and it is wrong at the same place.
    pub(super) fn scrambled(&self, real: &str) -> String {
        let long = Regex::new("[A-Za-z0-9_-]{20,}").expect("a constant pattern");
        let replaced = long.replace_all(real.as_bytes(), |found: &regex::bytes::Captures<'_>| {
            self.opaque(&String::from_utf8_lossy(&found[0])).into_bytes()
        });
        String::from_utf8_lossy(&replaced).into_owned()
    }

    /// A header's value with no token in it that we could sign: everything but its form is replaced.
    pub(super) fn credential(&mut self, value: &Text) -> Text {
        if value.0.eq_ignore_ascii_case(b"bearer") {
            return value.clone();
        }
        let space = value.0.iter().position(|byte| *byte == b' ').map_or(0, |at| at + 1);
        let (scheme, secret) = value.0.split_at(space);
        let text = String::from_utf8_lossy(secret);
        let kept = match token::kept(&text) {
            0 if text.starts_with("sb_publishable_") => "sb_publishable_".len(),
            0 if text.starts_with("sb_secret_") => "sb_secret_".len(),
            kept => kept,
        };
        let hidden = |byte: &u8| if byte.is_ascii_alphanumeric() { b'x' } else { *byte };
        let (kept, secret) = secret.split_at(kept);
        Text(scheme.iter().chain(kept).copied().chain(secret.iter().map(hidden)).collect())
    }
}

/// As many bytes as are wanted, which depend on the seed and tell nothing of it.
pub fn stream(salt: &hmac::Key, seed: &[u8], bytes: usize) -> Vec<u8> {
    let block = |number: usize| {
        let mut context = hmac::Context::with_key(salt);
        context.update(&number.to_le_bytes());
        context.update(seed);
        context.sign().as_ref().to_vec()
    };
    (0..bytes.div_ceil(32)).flat_map(block).take(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_credential_keeps_its_form_and_nothing_else() {
        let mut disguise = Disguise::new().unwrap();
        for (real, test) in [
            ("Bearer", "Bearer"),
            ("bearer a b", "bearer x x"),
            ("Basic YTpi", "Basic xxxx"),
            ("Bearer sb_secret_abc1", "Bearer sb_secret_xxxx"),
            ("Bearer abc.def", "Bearer xxx.xxx"),
            ("Bearer eyJhIjoxfQ.c2VjcmV0.!s3", "Bearer eyJhIjoxfQ.c2VjcmV0.!xx"),
        ] {
            assert_eq!(disguise.credential(&Text::from(real)).lossy(), test);
        }
    }
}
