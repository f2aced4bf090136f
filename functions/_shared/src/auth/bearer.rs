//! The token in the header (RFC 6750, section 2.1). A bad credential is never treated as none.

use http::{HeaderMap, header};

use crate::problem::Problem;

/// Longer ones are refused before anything is computed from them. Supabase's own tokens have one to two kilobytes, more
/// where a hook adds claims. PostgREST's server (Warp) takes 50 KiB of headers, and a call has two of its own.
pub const MAX_TOKEN: usize = 48 * 1024;

/// The one token of the one `Authorization` header, whose scheme may be written in any case (RFC 9110, section 11.1).
pub fn token(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Problem::AuthRequired)?;
    if values.next().is_some() {
        return Err(Problem::InvalidToken("there is more than one Authorization header"));
    }
    let text = value.to_str().map_err(|_| Problem::InvalidToken("the Authorization header is not ASCII"))?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::InvalidToken("the scheme is not Bearer"));
    }
    let token = token.trim_matches(' ');
    match token {
        "" => Err(Problem::InvalidToken("the Authorization header has no token")),
        // Not JWTs: supabase-js before 2.110.4 sends the publishable key when nobody is signed in.
        key if key.starts_with("sb_") => Err(Problem::NotAUserToken),
        long if long.len() > MAX_TOKEN => Err(Problem::InvalidToken("it is longer than 48 KiB")),
        spaced if spaced.contains(' ') => Err(Problem::InvalidToken("there is more than one token")),
        token => Ok(token),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<String, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        token(&headers).map(str::to_owned)
    }

    #[test]
    fn the_scheme_may_be_written_in_any_case() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(read(&[&format!("{scheme} a.b.c")]), Ok("a.b.c".into()));
        }
    }

    #[test]
    fn a_bad_credential_is_never_treated_as_none() {
        assert_eq!(read(&[]), Err(Problem::AuthRequired));
        let long = format!("Bearer {}", "x".repeat(MAX_TOKEN + 1));
        for bad in [
            &["Basic YTpi"][..],
            &["Bearer"],
            &["Bearer  "],
            &["Bearer a b"],
            &["Bearer a", "Bearer b"],
            &["Bearer é"],
            &[&long],
        ] {
            assert!(matches!(read(bad), Err(Problem::InvalidToken(_))), "{bad:?}");
        }
    }

    #[test]
    fn a_key_of_the_project_is_told_to_sign_in() {
        assert_eq!(read(&["Bearer sb_publishable_abc"]), Err(Problem::NotAUserToken));
    }
}
