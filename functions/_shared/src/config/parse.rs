//! What a variable's text must be.

use std::{net::IpAddr, time::Duration};

use http::Uri;

use super::{MIN_SECRET, SessionCheck};
use crate::flag::Flag;

/// Plain http would show every caller's token to the network, so it is for this machine alone.
pub fn origin(value: &str) -> Result<String, &'static str> {
    let uri = private(value)?;
    if !["", "/"].contains(&uri.path()) || uri.query().is_some() {
        return Err("an origin has no path and no query");
    }
    serialized(&uri).ok_or("not a URL")
}

/// Keys that come over a network that others can write to are anybody's keys.
pub fn url(value: &str) -> Result<String, &'static str> {
    private(value).map(|uri| uri.to_string())
}

fn private(value: &str) -> Result<Uri, &'static str> {
    let uri: Uri = value.parse().map_err(|_| "not a URL")?;
    let authority = uri.authority().ok_or("not a URL")?;
    if authority.as_str().contains('@') || value.contains('#') {
        return Err("user and fragment have no place in it");
    }
    let local = match authority.host().trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => authority.host() == "localhost",
    };
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if local => Ok(uri),
        Some("http") => Err("http is for loopback only, use https"),
        _ => Err("neither https nor http"),
    }
}

/// As a browser writes it in `Origin` (RFC 6454, section 6.1): lower case, and no port where it is the scheme's.
fn serialized(uri: &Uri) -> Option<String> {
    let (scheme, host) = (uri.scheme_str()?, uri.host()?.to_ascii_lowercase());
    match (scheme, uri.port_u16()) {
        (_, None) | ("https", Some(443)) | ("http", Some(80)) => Some(format!("{scheme}://{host}")),
        (_, Some(port)) => Some(format!("{scheme}://{host}:{port}")),
    }
}

pub fn session_check(value: &str) -> Result<SessionCheck, &'static str> {
    match value {
        "off" => Ok(SessionCheck::Off),
        "writes" => Ok(SessionCheck::Writes),
        "all" => Ok(SessionCheck::All),
        _ => Err("none of off, writes, all"),
    }
}

pub fn boolean(value: &str) -> Result<bool, &'static str> {
    value.parse().map_err(|_| "neither true nor false")
}

pub fn origins(value: &str) -> Result<Vec<String>, &'static str> {
    if value.trim() == "*" {
        return Ok(Vec::new());
    }
    let entry = |entry: &str| entry.trim().parse::<Uri>().ok().as_ref().and_then(serialized);
    value.split(',').map(|text| entry(text).ok_or("not `*` or a comma-separated list of origins")).collect()
}

pub fn plain(value: &str) -> Result<String, &'static str> {
    Ok(value.to_owned())
}

pub fn header_text(value: &str) -> Result<String, &'static str> {
    let fits = value.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| value.to_owned()).ok_or("only visible ASCII characters are allowed")
}

pub fn secret(value: &str) -> Result<String, &'static str> {
    (value.len() >= MIN_SECRET).then(|| value.to_owned()).ok_or("an HS256 secret has at least 32 bytes (RFC 7518)")
}

/// As long as what it makes (RFC 2104, section 3): a short one is found by trying all ids of the project.
pub fn telemetry_key(value: &str) -> Result<String, &'static str> {
    (value.len() >= MIN_SECRET)
        .then(|| value.to_owned())
        .ok_or("a key for HMAC-SHA-256 has at least 32 bytes (RFC 2104)")
}

pub fn flag(value: &str) -> Result<Flag, &'static str> {
    match (value, value.strip_suffix('%').unwrap_or(value).parse()) {
        ("off", _) => Ok(Flag::Off),
        ("on", _) => Ok(Flag::On),
        (_, Ok(percent @ 0..=100)) if value.starts_with(|first: char| first.is_ascii_digit()) => {
            Ok(Flag::Share(percent))
        }
        _ => Err("neither off nor on nor a whole percentage from 0 to 100"),
    }
}

/// In lower case, as PostgreSQL writes them.
pub fn users(value: &str) -> Result<Vec<String>, &'static str> {
    let id = |text: &str| uuid::Uuid::try_parse(text.trim()).map(|id| id.to_string());
    value.split(',').map(|text| id(text).map_err(|_| "not a comma-separated list of user ids")).collect()
}

pub fn milliseconds(value: &str) -> Result<Duration, &'static str> {
    match value.parse::<u64>() {
        Ok(ms @ 1..=60_000) => Ok(Duration::from_millis(ms)),
        _ => Err("not a whole number of milliseconds from 1 to 60000"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_travels_in_the_clear() {
        assert_eq!(origin("https://abc.supabase.co/"), Ok("https://abc.supabase.co".into()));
        assert_eq!(origin("HTTPS://ABC.supabase.co:443"), Ok("https://abc.supabase.co".into()));
        assert_eq!(origin("http://127.0.0.1:54321"), Ok("http://127.0.0.1:54321".into()));
        assert_eq!(origin("http://[::1]:54321"), Ok("http://[::1]:54321".into()));
        assert!(origin("http://127.0.0.1.evil.example").is_err());
        assert!(origin("http://abc.supabase.co").is_err());
        assert!(origin("https://abc.supabase.co/rest/v1").is_err());
        assert!(origin("https://user@abc.supabase.co").is_err());
        assert!(origin("abc.supabase.co").is_err());
    }

    #[test]
    fn an_origin_list_is_a_star_or_origins() {
        assert_eq!(origins("*"), Ok(vec![]));
        assert_eq!(
            origins("https://a.example, http://localhost:3000/"),
            Ok(vec!["https://a.example".into(), "http://localhost:3000".into()])
        );
        assert!(origins("https://a.example,*").is_err());
    }

    #[test]
    fn a_flag_is_off_on_or_a_percentage() {
        for (text, wanted) in [
            ("off", Flag::Off),
            ("on", Flag::On),
            ("0", Flag::Share(0)),
            ("25%", Flag::Share(25)),
            ("100", Flag::Share(100)),
        ] {
            assert_eq!(flag(text), Ok(wanted), "{text}");
        }
        for text in ["", "true", "101", "-1", "+5", "2.5", "%", "on%", "Off"] {
            assert!(flag(text).is_err(), "{text}");
        }
    }

    #[test]
    fn testers_are_ids_of_users() {
        let id = "ada00000-0000-4000-8000-000000000001";
        assert_eq!(users(&format!("{}, {id}", id.to_uppercase())), Ok(vec![id.to_owned(), id.to_owned()]));
        assert!(users("ada@example.com").is_err());
        assert!(users(&format!("{id},")).is_err());
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(telemetry_key("0123456789").is_err());
        assert!(secret("too-short").is_err());
        assert!(secret("0123456789abcdef0123456789abcdef").is_ok());
    }
}
