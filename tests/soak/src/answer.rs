//! One answer as a client got it, and what every answer must obey whatever is broken behind it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One line of the clients.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// All are signed in.
    Ready,
    /// A call that will be repeated until it succeeds.
    Begun(Call),
    /// One answer, or none.
    Attempt(Attempt),
    /// The call has succeeded.
    Settled(Call),
}

/// One call of a client, with all its repetitions.
#[derive(Debug, Clone, Deserialize)]
pub struct Call {
    /// `send`, `list` or `stage`.
    pub kind: String,
    /// Its own; of a message the `client_message_id`.
    pub key: String,
}

/// One HTTP request and what came of it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Attempt {
    /// Which client.
    pub client: usize,
    /// As in [`Call`].
    pub kind: String,
    /// As in [`Call`].
    pub key: String,
    /// When it began, in milliseconds since 1970.
    pub at: u64,
    /// How long it took.
    pub ms: u64,
    /// Absent where no whole answer came.
    pub status: Option<u16>,
    /// With names in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// As text.
    #[serde(default)]
    pub body: String,
    /// Why no answer came.
    pub failure: Option<String>,
}

/// The fields of an error, in the order of the alphabet.
const PROBLEM: [&str; 6] = ["code", "details", "hint", "message", "msg", "request_id"];

/// What belongs to no answer.
const SECRETS: [&str; 5] = ["select ", "SQLSTATE", "127.0.0.1", "postgres", "panicked"];

impl Attempt {
    /// Whether what was asked for has been done.
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// The code of the refusal.
    pub fn code(&self) -> Option<&str> {
        self.headers.get("sb-error-code").map(String::as_str)
    }

    /// What is wrong with the answer's form.
    pub fn form_error(&self) -> Option<String> {
        let status = self.status?;
        self.check(status).err().map(|why| format!("{} answered {status}: {why}", self.kind))
    }

    fn check(&self, status: u16) -> Result<(), String> {
        let header = |name: &str| self.headers.get(name).map_or("", String::as_str);
        let equal = |name: &str, wanted: &str| match header(name) {
            value if value == wanted => Ok(()),
            value => Err(format!("{name} is {value:?} and not {wanted:?}")),
        };
        equal("content-type", "application/json")?;
        equal("content-length", &self.body.len().to_string())?;
        equal("access-control-allow-origin", "*")?;
        if header("x-request-id").is_empty() {
            return Err("there is no x-request-id".into());
        }
        let body: Value = serde_json::from_str(&self.body).map_err(|error| format!("its body: {error}"))?;
        if self.succeeded() {
            let wanted = if self.kind == "send" { 201 } else { 200 };
            let replayed = header("x-idempotent-replay") == "true" && status == 200;
            return if status == wanted || replayed { Ok(()) } else { Err("another status than a success has".into()) };
        }
        let fields: Vec<&str> = body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        if fields != PROBLEM {
            return Err(format!("an error has the fields {PROBLEM:?}, this one {fields:?}"));
        }
        equal("sb-error-code", body["code"].as_str().unwrap_or_default())?;
        equal("x-request-id", body["request_id"].as_str().unwrap_or_default())?;
        match SECRETS.into_iter().find(|secret| self.body.contains(secret)) {
            Some(secret) => Err(format!("{secret:?} is in it")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal() -> Attempt {
        let body = r#"{"code":"upstream_failed","message":"m","msg":"m","details":null,"hint":null,"request_id":"r"}"#;
        let headers = [
            ("content-type", "application/json"),
            ("content-length", &body.len().to_string()),
            ("access-control-allow-origin", "*"),
            ("x-request-id", "r"),
            ("sb-error-code", "upstream_failed"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Attempt { kind: "send".into(), status: Some(503), headers, body: body.into(), ..Attempt::default() }
    }

    #[test]
    fn an_answer_that_lacks_something_is_noticed() {
        assert_eq!(refusal().form_error(), None);
        for name in refusal().headers.keys() {
            let mut without = refusal();
            without.headers.remove(name);
            assert!(without.form_error().is_some(), "{name} is not missed");
        }
        assert!(Attempt { body: "{}".into(), ..refusal() }.form_error().is_some());
        assert!(Attempt { status: Some(204), ..refusal() }.form_error().is_some());
    }

    #[test]
    fn what_is_not_for_callers_is_noticed() {
        let mut telling = refusal();
        telling.body = telling.body.replace(r#""details":null"#, r#""details":"postgres""#);
        telling.headers.insert("content-length".into(), telling.body.len().to_string());

        assert!(telling.form_error().unwrap().contains("postgres"));
    }
}
