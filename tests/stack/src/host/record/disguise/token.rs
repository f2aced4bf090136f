//! JSON Web Tokens, taken apart without being believed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::keys::Keys;

/// The same header and claims. A signature that one of the keys has made is made by its test key; any other is replaced
/// by one that nobody has made, and that is as well or badly formed as it was. And whether it is the former.
pub fn signed_again(token: &str, keys: &Keys, stream: impl Fn(&[u8], usize) -> Vec<u8>) -> (String, bool) {
    let Some((signed, signature)) = token.rsplit_once('.') else { return (token.to_owned(), false) };
    let algorithm = object(signed.split('.').next().unwrap_or_default())
        .and_then(|header| Some(header.get("alg")?.as_str()?.to_owned()));
    let mut made = false;
    let test = match URL_SAFE_NO_PAD.decode(signature) {
        Ok(real) => {
            let known = algorithm.and_then(|algorithm| keys.sign(&algorithm, signed.as_bytes(), &real));
            made = known.is_some();
            URL_SAFE_NO_PAD.encode(known.unwrap_or_else(|| stream(token.as_bytes(), real.len())))
        }
        // One character that stands alone, or bits that no byte has: both stay so.
        Err(_) => "A".repeat(signature.len().saturating_sub(1)) + "_",
    };
    (format!("{signed}.{test}"), made)
}

/// Whose token it says it is, as PostgreSQL writes the id.
pub fn subject(token: &str) -> Option<String> {
    let claims = object(token.split('.').nth(1)?)?;
    uuid::Uuid::try_parse(claims.get("sub")?.as_str()?).ok().map(|id| id.to_string())
}

/// How much of a text is header and claims of a token, in bytes: they decide how a malformed one is refused.
pub fn kept(text: &str) -> usize {
    let mut parts = text.split('.');
    let header = parts.next().unwrap_or_default();
    match object(header) {
        Some(_) => header.len() + parts.next().map_or(0, |claims| claims.len() + 1),
        None => 0,
    }
}

fn object(part: &str) -> Option<Value> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok().filter(Value::is_object)
}
