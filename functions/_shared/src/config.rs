//! What an operator sets: read once per instance, all faults reported together.
//!
//! A variable that is set but malformed is an error; nothing falls back to something weaker.

use std::time::Duration;

use url::{Host, Url};

use crate::platform::Platform;

/// The variables of `spin.toml`, parsed.
#[derive(Debug, Clone)]
pub struct Config {
    /// The project's origin, without a trailing slash.
    pub supabase_url: String,
    /// Sent as `apikey` on every upstream call, as the gateway demands.
    pub publishable_key: String,
    /// The legacy shared secret for HS256.
    pub jwt_secret: Option<String>,
    /// What `iss` must be; `<supabase_url>/auth/v1` unless set.
    pub jwt_issuer: String,
    /// What `aud` must contain.
    pub jwt_audience: String,
    /// Browsers' origins that may call; empty means any.
    pub allowed_origins: Vec<String>,
    /// Where this instance runs, for telemetry and the region header.
    pub region: Option<String>,
    /// The budget of one request, all upstream calls included.
    pub request_timeout: Duration,
}

/// What an HS256 secret must have at least (RFC 7518, section 3.2), in bytes.
const MIN_SECRET: usize = 32;

impl Config {
    /// Reads and checks every variable. The error lists all faults, and no value of a secret.
    pub async fn load(platform: &dyn Platform) -> Result<Self, String> {
        let mut read = Reader { platform, faults: Vec::new() };

        let supabase_url = read.required("supabase_url", origin).await;
        let publishable_key = read.required("supabase_publishable_key", header_text).await;
        let jwt_secret = read.optional("supabase_jwt_secret", secret).await;
        let jwt_issuer = read.optional("jwt_issuer", plain).await;
        let jwt_audience = read.required("jwt_audience", plain).await;
        let allowed_origins = read.required("allowed_origins", origins).await;
        let region = read.optional("region", header_text).await;
        let request_timeout = read.required("request_timeout_ms", milliseconds).await;

        match (supabase_url, publishable_key, jwt_audience, allowed_origins, request_timeout) {
            (Some(url), Some(key), Some(audience), Some(origins), Some(timeout)) if read.faults.is_empty() => {
                Ok(Self {
                    jwt_issuer: jwt_issuer.unwrap_or_else(|| format!("{url}/auth/v1")),
                    supabase_url: url,
                    publishable_key: key,
                    jwt_secret,
                    jwt_audience: audience,
                    allowed_origins: origins,
                    region,
                    request_timeout: timeout,
                })
            }
            _ => Err(read.faults.join("; ")),
        }
    }
}

struct Reader<'p> {
    platform: &'p dyn Platform,
    faults: Vec<String>,
}

impl Reader<'_> {
    /// An empty value is an unset one: Spin has no other way to leave a variable out.
    async fn optional<T>(&mut self, name: &'static str, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        match self.platform.variable(name).await {
            Ok(Some(value)) if !value.is_empty() => {
                parse(&value).map_err(|why| self.faults.push(format!("variable {name}: {why}"))).ok()
            }
            Ok(_) => None,
            Err(provider) => {
                self.faults.push(format!("variable {name}: {provider}"));
                None
            }
        }
    }

    async fn required<T>(&mut self, name: &'static str, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        let before = self.faults.len();
        let value = self.optional(name, parse).await;
        if value.is_none() && self.faults.len() == before {
            self.faults.push(format!("variable {name}: not set"));
        }
        value
    }
}

/// Plain http would show every caller's token to the network, so it is for this machine alone.
fn origin(value: &str) -> Result<String, &'static str> {
    let url = Url::parse(value).map_err(|_| "not a URL")?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        "http" => return Err("http is for loopback only, use https"),
        _ => return Err("neither https nor http"),
    }
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if bare { Ok(url.origin().ascii_serialization()) } else { Err("an origin has no path, query or user") }
}

fn origins(value: &str) -> Result<Vec<String>, &'static str> {
    if value.trim() == "*" {
        return Ok(Vec::new());
    }
    value
        .split(',')
        .map(|entry| match Url::parse(entry.trim()) {
            Ok(url) if url.origin().is_tuple() => Ok(url.origin().ascii_serialization()),
            _ => Err("not `*` or a comma-separated list of origins"),
        })
        .collect()
}

fn plain(value: &str) -> Result<String, &'static str> {
    Ok(value.to_owned())
}

fn header_text(value: &str) -> Result<String, &'static str> {
    let fits = value.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| value.to_owned()).ok_or("only visible ASCII characters are allowed")
}

fn secret(value: &str) -> Result<String, &'static str> {
    (value.len() >= MIN_SECRET).then(|| value.to_owned()).ok_or("an HS256 secret has at least 32 bytes (RFC 7518)")
}

fn milliseconds(value: &str) -> Result<Duration, &'static str> {
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
        assert_eq!(origin("http://127.0.0.1:54321"), Ok("http://127.0.0.1:54321".into()));
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
    fn a_short_secret_is_refused() {
        assert!(secret("too-short").is_err());
        assert!(secret("0123456789abcdef0123456789abcdef").is_ok());
    }
}
