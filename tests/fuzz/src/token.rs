//! Whoever is accepted has a token that the project has signed, and that says all that it must.
//!
//! The bytes: a line that says who signs, then a line with the JWT's header, and its claims. `raw`: what follows is the
//! whole value of `Authorization`.

use http::{HeaderValue, Method, header};
use jwt_simple::reexports::ct_codecs::{Base64UrlSafeNoPadding, Decoder as _};
use serde_json::Value;

use crate::world::{Asked, Function, ISSUER, NOW, PUBLIC_KEY, SECRET, signed};

/// Panics where it does not hold. Says whether the caller was accepted.
pub fn holds(data: &[u8]) -> bool {
    let Some(value) = authorization(data) else { return false };
    let mut asked = Asked::by_a_user(Function::List, Method::GET);
    asked.uri = "/messages-list?channel_id=c0000000-0000-4000-8000-000000000001".parse().expect("a URI");
    asked.headers.insert(header::AUTHORIZATION, value.clone());

    let answer = asked.ask(Ok(Function::List.content()));

    match answer.code() {
        None => {
            let text = value.to_str().expect("what is accepted is ASCII");
            let (scheme, token) = text.split_once(' ').expect("a scheme and a token");
            assert!(scheme.eq_ignore_ascii_case("bearer"));
            assert!(is_in_order(token.trim_matches(' ')), "accepted: {text}");
            let sent = &answer.call().expect("the database decides").headers[header::AUTHORIZATION];
            assert_eq!(sent.to_str().ok(), Some(format!("Bearer {}", token.trim_matches(' ')).as_str()));
        }
        Some(code) => {
            let refusals = ["auth_required", "invalid_token", "token_expired", "not_a_user_token", "guest_not_allowed"];
            assert!(refusals.contains(&code), "{code}");
            assert!(answer.call().is_none(), "nobody was accepted, and the database was asked");
            assert_eq!(answer.status == 401, answer.headers.contains_key(header::WWW_AUTHENTICATE));
        }
    }
    answer.status == 200
}

fn authorization(data: &[u8]) -> Option<HeaderValue> {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let (signer, rest) = (lines.next()?, lines.next()?);
    let secret = match signer {
        b"raw" => return HeaderValue::from_bytes(&data[4..]).ok(),
        b"project" => SECRET,
        // The oldest trick: a public key, taken for a secret.
        b"public" => PUBLIC_KEY.as_bytes(),
        _ => signer,
    };
    format!("Bearer {}", signed(rest, lines.next()?, secret)).parse().ok()
}

/// Looked at by other code than what is tested, and without its leniency.
fn is_in_order(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, tag] = parts[..] else { return false };
    let decoded = |part: &str| Base64UrlSafeNoPadding::decode_to_vec(part, None).ok();
    let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).ok();
    let (Some(head), Some(said), Some(tag)) = (json(header), json(claims), decoded(tag)) else { return false };
    let expected = hmac_sha256::HMAC::mac(format!("{header}.{claims}").as_bytes(), SECRET);
    let audience = match &said["aud"] {
        Value::Array(all) => all.iter().any(|one| one == "authenticated"),
        one => one == "authenticated",
    };
    let seconds = |claim: &str| said[claim].as_f64();
    let of_now = seconds("exp").is_some_and(|exp| exp + 31.0 > NOW as f64)
        && seconds("nbf").is_none_or(|nbf| nbf - 31.0 < NOW as f64);
    head["alg"] == "HS256"
        && tag == expected
        && said["role"].as_str().is_some_and(|role| !["", "anon", "service_role", "postgres"].contains(&role))
        && said["iss"] == ISSUER
        && audience
        && of_now
        && !said["is_anonymous"].as_bool().unwrap_or_default()
        && said["sub"].as_str().is_some_and(|sub| uuid::Uuid::try_parse(sub).is_ok())
}
