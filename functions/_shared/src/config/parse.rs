//! What a variable's text must be.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use http::HeaderName;

use super::{MIN_SECRET, SessionCheck};
use crate::flag::Flag;

pub fn session_check(value: &str) -> Result<SessionCheck> {
    match value {
        "off" => Ok(SessionCheck::Off),
        "writes" => Ok(SessionCheck::Writes),
        "all" => Ok(SessionCheck::All),
        _ => bail!("none of off, writes, all"),
    }
}

pub fn boolean(value: &str) -> Result<bool> {
    value.parse().context("neither true nor false")
}

/// Refuses line breaks, blanks and quotes around a value: a secret that is mounted as a file ends in a line break, and an
/// `.env` file may have quotes. With them, no token would ever fit.
pub fn bare(value: &str) -> Result<()> {
    let blank = |c: char| c.is_whitespace() || c.is_control() || "\u{200b}\u{2060}\u{feff}".contains(c);
    ensure!(!value.starts_with(blank) && !value.ends_with(blank), "there are blanks or line breaks around it");
    let quoted = |quote| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote);
    ensure!(!['"', '\'', '`'].into_iter().any(quoted), "there are quotes around it");
    Ok(())
}

pub fn plain(value: &str) -> Result<String> {
    Ok(value.to_owned())
}

pub fn header_text(value: &str) -> Result<String> {
    ensure!(value.bytes().all(|b| b.is_ascii_graphic()), "only visible ASCII characters are allowed");
    Ok(value.to_owned())
}

/// In lower case, as a browser asks for them (WHATWG Fetch). `*` would be one, too, and is none of a browser's.
pub fn header_names(value: &str) -> Result<String> {
    let name = |text: &str| {
        let name = HeaderName::try_from(text.trim()).ok().filter(|name| name != "*");
        name.map(|name| name.to_string()).with_context(|| format!("`{text}` is no header's name"))
    };
    let names: Vec<String> = value.split(',').map(name).collect::<Result<_>>()?;
    Ok(names.join(", "))
}

pub fn secret(value: &str) -> Result<String> {
    ensure!(value.len() >= MIN_SECRET, "an HS256 secret has at least 32 bytes (RFC 7518)");
    Ok(value.to_owned())
}

/// As long as what it makes (RFC 2104, section 3): a short one is found by trying all ids of the project.
pub fn telemetry_key(value: &str) -> Result<String> {
    ensure!(value.len() >= MIN_SECRET, "a key for HMAC-SHA-256 has at least 32 bytes (RFC 2104)");
    Ok(value.to_owned())
}

pub fn flag(value: &str) -> Result<Flag> {
    match (value, value.strip_suffix('%').unwrap_or(value).parse()) {
        ("off", _) => Ok(Flag::Off),
        ("on", _) => Ok(Flag::On),
        (_, Ok(percent @ 0..=100)) if value.starts_with(|first: char| first.is_ascii_digit()) => {
            Ok(Flag::Share(percent))
        }
        _ => bail!("neither off nor on nor a whole percentage from 0 to 100"),
    }
}

/// In lower case, as PostgreSQL writes them.
pub fn users(value: &str) -> Result<Vec<String>> {
    let id = |text: &str| uuid::Uuid::try_parse(text.trim()).map(|id| id.to_string());
    value.split(',').map(|text| id(text).context("not a comma-separated list of user ids")).collect()
}

pub fn milliseconds(value: &str) -> Result<Duration> {
    match value.parse::<u64>() {
        Ok(ms @ 1..=60_000) => Ok(Duration::from_millis(ms)),
        _ => bail!("not a whole number of milliseconds from 1 to 60000"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_meant_stands_around_no_value() {
        for around in ["abc\n", "abc\r\n", " abc", "abc ", "\tabc", "\u{feff}abc", "abc\u{a0}", "\"abc\"", "'abc'", " "]
        {
            assert!(bare(around).is_err(), "{around:?}");
        }
        for meant in ["abc", "a b", "\"", "it's", "\"a\" or 'b'", "*"] {
            assert!(bare(meant).is_ok(), "{meant:?}");
        }
    }

    #[test]
    fn more_headers_are_names_of_headers() {
        assert_eq!(header_names("X-Trace, x-tenant").unwrap(), "x-trace, x-tenant");
        for refused in ["x-trace;x-tenant", "x-trace,", "*", "x trace", "x-trace: 1", "authorization,*"] {
            assert!(header_names(refused).is_err(), "{refused}");
        }
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
            assert_eq!(flag(text).unwrap(), wanted, "{text}");
        }
        for text in ["", "true", "101", "-1", "+5", "2.5", "%", "on%", "Off"] {
            assert!(flag(text).is_err(), "{text}");
        }
    }

    #[test]
    fn testers_are_ids_of_users() {
        let id = "ada00000-0000-4000-8000-000000000001";
        assert_eq!(users(&format!("{}, {id}", id.to_uppercase())).unwrap(), [id, id]);
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
