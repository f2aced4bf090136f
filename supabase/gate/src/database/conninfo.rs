//! A connection string as libpq reads it: a URL, or `key=value` pairs.
//!
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>. No error shows a value: any of them may
//! be a piece of a password that was not encoded.

use anyhow::{Context as _, Result, anyhow, bail, ensure};

/// What is given, in its order. A name that comes twice counts as it stands last.
pub type Given = Vec<(String, String)>;

const ENCODE: &str =
    "what is special in a user, a password or a database has to be percent-encoded (/ is %2F, @ is %40)";

/// Reads either form.
pub fn parse(text: &str) -> Result<Given> {
    let rest = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"));
    match rest {
        Some(rest) => url(rest).context("the database URL cannot be read"),
        None if text.contains('=') => pairs(text).context("the connection string cannot be read"),
        None => bail!("the database URL cannot be read: it begins with postgresql://"),
    }
}

fn url(rest: &str) -> Result<Given> {
    let mut given = Given::new();
    let mut rest = rest;
    // What ends the user and the password is the first @, unless a / comes before it.
    if let Some(at) = rest.find(['@', '/']).filter(|at| rest[*at..].starts_with('@')) {
        let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
        put(&mut given, "user", user)?;
        put(&mut given, "password", password)?;
        rest = &rest[at + 1..];
    }
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    // Else a piece of a password would be taken for a host or a database, and shown.
    ensure!(!before.contains('@'), ENCODE);
    let (authority, database) = before.split_once('/').unwrap_or((before, ""));
    let (hosts, ports) = authority.split(',').map(host_and_port).collect::<Result<(Vec<_>, Vec<_>)>>()?;
    put(&mut given, "host", &joined(&hosts))?;
    put(&mut given, "port", &joined(&ports))?;
    put(&mut given, "dbname", database)?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').context("a parameter of the query has no =")?;
        ensure!(!value.contains('='), "a parameter of the query has more than one =: encode those of its value as %3D");
        let (name, value) = (decoded(name)?, decoded(value)?);
        // The JDBC driver's spelling.
        match (name.as_str(), value.as_str()) {
            ("ssl", "true") => given.push(("sslmode".to_owned(), "require".to_owned())),
            _ => given.push((name, value)),
        }
    }
    Ok(given)
}

fn put(given: &mut Given, name: &str, encoded: &str) -> Result<()> {
    if !encoded.is_empty() {
        given.push((name.to_owned(), decoded(encoded)?));
    }
    Ok(())
}

/// A list of nothing but nothing is no list.
fn joined(parts: &[&str]) -> String {
    if parts.iter().all(|part| part.is_empty()) { String::new() } else { parts.join(",") }
}

/// `host`, `host:port`, `[::1]:port`.
fn host_and_port(text: &str) -> Result<(&str, &str)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (host, port) = bracketed.split_once(']').context("an IPv6 address has no closing ]")?;
            ensure!(!host.is_empty(), "there is no IPv6 address between [ and ]");
            (host, port)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port,
        None if port.is_empty() => "",
        None => bail!("after the ] of an IPv6 address comes a port, a database or nothing"),
    };
    ensure!(port.bytes().all(|digit| digit.is_ascii_digit()), "a port is a number; {ENCODE}");
    Ok((host, port))
}

fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let high = digit().and_then(|high| Some(high * 16 + digit()?)).and_then(|byte| u8::try_from(byte).ok());
        let byte = high.context("after a % come two hexadecimal digits; % itself is %25")?;
        ensure!(byte != 0, "%00 is not allowed");
        bytes.push(byte);
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("what is percent-encoded is not UTF-8"))
}

fn pairs(text: &str) -> Result<Given> {
    let mut given = Given::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=').context(NOT_A_PAIR)?;
        let name = name.trim_end();
        ensure!(!name.is_empty() && !name.contains(char::is_whitespace), NOT_A_PAIR);
        let (value, left) = value_of(value.trim_start())?;
        given.push((name.to_owned(), value));
        rest = left.trim_start();
    }
    Ok(given)
}

const NOT_A_PAIR: &str = "it is a URL, or pairs of key=value; a value with spaces stands in 'quotes'";

/// A value and what comes after it. A backslash takes the next character as it is.
fn value_of(text: &str) -> Result<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            _ if !quoted && character.is_whitespace() => return Ok((value, &text[at..])),
            _ => value.push(character),
        }
    }
    ensure!(!quoted, "a value has an opening ' and no closing one");
    Ok((value, ""))
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn given(text: &str) -> Vec<String> {
        parse(text).unwrap().into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn both_forms_are_read_as_libpq_reads_them() {
        for (text, expected) in [
            ("postgres://", vec![]),
            ("postgresql://u:p%40%2F%3A@h:1/d", vec!["user=u", "password=p@/:", "host=h", "port=1", "dbname=d"]),
            ("postgres://u:a?b:c#@h", vec!["user=u", "password=a?b:c#", "host=h"]),
            ("postgres://[::1]:5433,b,c:1/", vec!["host=::1,b,c", "port=5433,,1"]),
            ("postgres://u@/d?host=/tmp&port=1", vec!["user=u", "dbname=d", "host=/tmp", "port=1"]),
            ("postgres://%2Fvar%2Frun/d", vec!["host=/var/run", "dbname=d"]),
            ("postgres://h?ssl=true&options=-c%20a%3Db", vec!["host=h", "sslmode=require", "options=-c a=b"]),
            ("host=h password = 'a b\\'c\\\\' user=u\\ v", vec!["host=h", "password=a b'c\\", "user=u v"]),
            ("sslmode=", vec!["sslmode="]),
        ] {
            assert_eq!(given(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_being_shown() {
        for text in [
            "hunter2",
            "mysql://u:hunter2@h",
            "postgres://u:hun/ter2@h/d",
            "postgres://u:1/hunter2@h/d",
            "postgres://u:hun@ter2@h/d",
            "postgres://u:hunter2%zz@h",
            "postgres://u:hunter2%00@h",
            "postgres://u:hunter2%f0@h",
            "postgres://[::1/d?password=hunter2",
            "postgres://[]/?password=hunter2",
            "postgres://[::1]hunter2",
            "postgres://h?hunter2",
            "postgres://h?password=hunter=2",
            "password=a hunter2",
            "password=a hunter2 b=c",
            "password='hunter2",
            "=hunter2",
        ] {
            let said = format!("{:#}", parse(text).unwrap_err());

            assert!(said.contains("cannot be read") && !said.contains("ter2"), "{text}: {said}");
        }
    }
}
