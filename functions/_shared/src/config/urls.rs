//! URLs and origins by the rules that browsers have (WHATWG URL), because what an operator writes is compared with what
//! they send.

use anyhow::{Context as _, Result, bail, ensure};
use url::{Host, Position, Url};

/// Whose pages send an `Origin` that names them: the web's, and those of apps and extensions.
const SCHEMES: [&str; 8] =
    ["https", "http", "capacitor", "ionic", "tauri", "chrome-extension", "moz-extension", "safari-web-extension"];

/// The project's. Plain http would show every caller's token to the network, so it is for this machine alone.
pub fn project(value: &str) -> Result<String> {
    let url = private(value)?;
    bare(&url)?;
    Ok(serialized(&url))
}

/// Keys that come over a network that others can write to are anybody's keys.
pub fn key_set(value: &str) -> Result<String> {
    private(value).map(String::from)
}

/// `*`, which is an empty list, or the origins that are listed.
pub fn origins(value: &str) -> Result<Vec<String>> {
    if value == "*" {
        return Ok(Vec::new());
    }
    let all = value.split(',').map(str::trim);
    all.map(|entry| origin(entry).with_context(|| format!("`{entry}` is no origin"))).collect()
}

fn origin(entry: &str) -> Result<String> {
    let url = written(entry)?;
    ensure!(SCHEMES.contains(&url.scheme()), "no page has the scheme {}", url.scheme());
    bare(&url)?;
    Ok(serialized(&url))
}

fn private(value: &str) -> Result<Url> {
    let url = written(value)?;
    let local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if local => Ok(url),
        "http" => bail!("http is for loopback only, use https"),
        _ => bail!("neither https nor http"),
    }
}

/// Refuses what other parsers read differently: this one would pass over blanks and missing slashes.
fn written(text: &str) -> Result<Url> {
    ensure!(text.is_ascii(), "not ASCII: write the host as browsers do (`xn--…`)");
    let (_, rest) = text.split_once("://").context("not a URL: `https://` and a host")?;
    ensure!(rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '['), "it names no host");
    ensure!(!text.contains(|c: char| c.is_ascii_control() || " \\".contains(c)), "it has blanks or backslashes");
    let url = Url::parse(text).context("not a URL")?;
    ensure!(url.username().is_empty() && url.password().is_none(), "a user has no place in it");
    ensure!(url.fragment().is_none(), "a fragment has no place in it");
    ensure!(url.port() != Some(0), "0 is no port");
    if let Some(Host::Domain(name)) = url.host() {
        let label =
            |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let named = name.strip_suffix('.').unwrap_or(name).split('.').all(label);
        ensure!(named, "its host is no name; there are no wildcards, and commas stand between origins");
    }
    Ok(url)
}

fn bare(url: &Url) -> Result<()> {
    ensure!(matches!(url.path(), "" | "/") && url.query().is_none(), "an origin has no path and no query");
    Ok(())
}

/// As a browser writes it in `Origin` (RFC 6454, section 6.1): lower case, and no port where it is the scheme's.
fn serialized(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url[Position::BeforeHost..Position::AfterPort].to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_travels_in_the_clear() {
        for (written, origin) in [
            ("https://abc.supabase.co/", "https://abc.supabase.co"),
            ("HTTPS://ABC.supabase.co:443", "https://abc.supabase.co"),
            ("http://127.0.0.1:54321", "http://127.0.0.1:54321"),
            ("http://localhost:54321", "http://localhost:54321"),
            ("http://[::1]:54321", "http://[::1]:54321"),
        ] {
            assert_eq!(project(written).unwrap(), origin);
        }
        for refused in [
            "http://127.0.0.1.evil.example",
            "http://abc.supabase.co",
            "https://abc.supabase.co/rest/v1",
            "https://abc.supabase.co?x",
            "https://abc.supabase.co#x",
            "https://user@abc.supabase.co",
            "https://:secret@abc.supabase.co",
            "https://@abc.supabase.co",
            "https://*.supabase.co",
            "https://abc.supabase.co:99999",
            "https:abc.supabase.co",
            "https://",
            "abc.supabase.co",
            "capacitor://localhost",
        ] {
            assert!(project(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_key_set_may_have_a_path_and_a_query() {
        assert_eq!(key_set("https://keys.example/a/jwks.json?v=2").unwrap(), "https://keys.example/a/jwks.json?v=2");
        for refused in
            ["http://keys.example/jwks.json", "ftp://keys.example/", "https://a:b@keys.example/", "/jwks.json"]
        {
            assert!(key_set(refused).is_err(), "{refused}");
        }
    }

    /// What a browser sends for each of those that are accepted; what no browser would ever send for the others.
    #[test]
    fn an_origin_is_what_a_browser_sends() {
        assert_eq!(origins("*").unwrap(), [] as [&str; 0]);
        for (written, sent) in [
            ("https://a.example, http://localhost:3000/", &["https://a.example", "http://localhost:3000"][..]),
            ("HTTPS://App.Example:443", &["https://app.example"]),
            ("http://app.example:80", &["http://app.example"]),
            ("https://app.example:8443", &["https://app.example:8443"]),
            ("https://xn--bcher-kva.example", &["https://xn--bcher-kva.example"]),
            ("http://127.0.0.1:3000,http://[::1]:3000", &["http://127.0.0.1:3000", "http://[::1]:3000"]),
            ("capacitor://localhost", &["capacitor://localhost"]),
            (
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
                &["chrome-extension://abcdefghijklmnopabcdefghijklmnop"],
            ),
        ] {
            assert_eq!(origins(written).unwrap(), sent);
        }
        for refused in [
            "https://a.example,*",
            "https://*.example.com",
            "*.example.com",
            "https://*",
            "https://.example.com",
            "https://a..example",
            "https://a.example;https://b.example",
            "https://a.example https://b.example",
            "https://a.example,",
            "https://a.example/app",
            "https://a.example/*",
            "https://a.example?x=1",
            "https://a.example#x",
            "https://user@a.example",
            "https://user:secret@a.example",
            "https://a.example:99999",
            "https://a.example:0",
            "https://a.example:80a",
            "https://a.exa\nmple",
            "https:a.example",
            "https:\\\\a.example",
            "https:///a.example",
            "https://bücher.example",
            "ftp://a.example",
            "ws://a.example",
            "file:///index.html",
            "htps://a.example",
            "a.example",
            "localhost:3000",
            "//a.example",
            "null",
            "",
        ] {
            assert!(origins(refused).is_err(), "{refused:?} is accepted");
        }
    }
}
