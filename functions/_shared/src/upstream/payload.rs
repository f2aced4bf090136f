//! The body of an answer that says success. It is read before it is handed on: a proxy's HTML page with status 200, or half
//! an answer, is neither messages nor a match.

use std::collections::HashMap;

use anyhow::{Context as _, Result, anyhow};
use serde::de::IgnoredAny;
use serde_json::error::Category;

use crate::{platform::Inbound, problem::Problem};

/// How many rows an array has.
pub fn rows(answer: &Inbound) -> Result<u64, Problem> {
    match serde_json::from_str::<Vec<IgnoredAny>>(text(answer).map_err(|why| Problem::UpstreamFailed(why.into()))?) {
        Ok(rows) => Ok(rows.len() as u64),
        Err(error) => Err(Problem::UpstreamFailed(anyhow!("not a JSON array: {}", place(&error)).into())),
    }
}

/// The one object that a writing RPC returns. Whatever stands in its place, the RPC has run.
pub fn object(answer: &Inbound, repeatable: bool) -> Result<(), Problem> {
    let read = text(answer).and_then(|text| {
        let object = serde_json::from_str::<HashMap<String, IgnoredAny>>(text);
        object.map_err(|error| anyhow!("not a JSON object: {}", place(&error)))
    });
    let unusable = if repeatable { Problem::UpstreamFailed } else { Problem::OutcomeUnknown };
    read.map(|_| ()).map_err(|why| unusable(why.into()))
}

/// serde does not validate what it skips: bytes that are no text would be handed on in a string.
fn text(answer: &Inbound) -> Result<&str> {
    std::str::from_utf8(&answer.body).context("not UTF-8")
}

/// Says what is wrong with a body without quoting it; serde's own message quotes the value.
fn place(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Data => "another type",
        Category::Syntax => "a syntax error",
        Category::Eof | Category::Io => "it breaks off",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    #[test]
    fn a_cause_quotes_no_message() {
        let answer = |body: &'static str| Inbound {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        };

        for problem in [
            rows(&answer(r#""hello Ada""#)).unwrap_err(),
            rows(&answer(r#"[{"body":"hello Ada"},x]"#)).unwrap_err(),
            object(&answer(r#"["hello Ada"]"#), true).unwrap_err(),
            object(&answer(r#"["hello Ada"]"#), false).unwrap_err(),
        ] {
            let cause = problem.cause().unwrap().to_string();
            assert!(!cause.contains("Ada"), "{cause}");
        }
    }
}
