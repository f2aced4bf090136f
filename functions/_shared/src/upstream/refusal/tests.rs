//! Which refusal becomes which problem.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::*;

const ASKED: Asked = Asked { repeatable: true, expired: false };

fn refusal(status: u16, body: &'static str) -> Refusal {
    let answer = Inbound {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(body.as_bytes()),
    };
    Refusal::parse(&answer, UtcDateTime::UNIX_EPOCH)
}

#[test]
fn a_cause_quotes_no_message() {
    let raised = refusal(500, r#"{"code":"P0002","message":"hello Ada is not allowed"}"#).problem(ASKED);
    let known = refusal(404, r#"{"code":"42883","message":"function public.f() does not exist"}"#).problem(ASKED);

    assert!(!raised.cause().unwrap().to_string().contains("Ada"), "{raised:?}");
    assert!(known.cause().unwrap().to_string().contains("public.f()"), "{known:?}");
}

#[test]
fn what_the_project_refuses_is_the_callers_and_its_text_is_for_the_caller_only() {
    for (status, body, given) in [
        (400, r#"{"code":"P0001","message":"not that word","details":null,"hint":null}"#, 400),
        (409, r#"{"code":"23505","message":"not that word","details":"Key (a)=(b) already exists."}"#, 409),
        (400, r#"{"code":"23514","message":"not that word","details":"Failing row contains (…)."}"#, 400),
        (422, r#"{"code":"PT422","message":"not that word","hint":"another word"}"#, 422),
        (401, r#"{"code":"PT401","message":"not that word"}"#, 403),
        (415, r#"{"code":"muted","message":"not that word","details":{"until":"noon"}}"#, 400),
    ] {
        let problem = refusal(status, body).problem(Asked { repeatable: false, ..ASKED });
        assert_eq!((problem.code(), problem.status().as_u16()), ("refused_by_project", given), "{body}");
        assert_eq!(problem.message(), "not that word", "{body}");
        assert!(problem.cause().is_none(), "{body}");
    }
    for (status, body, code) in [
        (500, r#"{"code":"P0002","message":"query returned no rows"}"#, "upstream_failed"),
        (500, r#"{"code":"PT500","message":"-"}"#, "upstream_failed"),
        (400, r#"{"code":"42P17","message":"infinite recursion detected in policy"}"#, "upstream_failed"),
        (400, r#"{"code":"22023","message":"role \"gone\" does not exist"}"#, "upstream_misconfigured"),
        (401, r#"{"code":"22023","message":"role \"gone\" does not exist"}"#, "upstream_misconfigured"),
        (403, r#"{"code":"42501","message":"permission denied to set role \"postgres\""}"#, "upstream_misconfigured"),
        (403, r#"{"code":"42501","message":"permission denied for table heroes"}"#, "forbidden"),
        (400, r#"{"code":"22023","message":"-"}"#, "invalid_parameter"),
        (400, r#"{"code":"22012","message":"division by zero"}"#, "invalid_parameter"),
    ] {
        assert_eq!(refusal(status, body).problem(ASKED).code(), code, "{body}");
    }
}

/// A write without a key: whoever cannot know whether it was made is not told to make it again.
#[test]
fn what_was_surely_not_stored_is_told_from_what_may_have_been() {
    let unkeyed = Asked { repeatable: false, ..ASKED };
    for (status, body, code) in [
        (502, "<html>Bad Gateway</html>", "outcome_unknown"),
        (504, "", "outcome_unknown"),
        (500, "<html>Oops</html>", "outcome_unknown"),
        (524, "", "outcome_unknown"),
        (544, r#"{"message":"Project timed out"}"#, "outcome_unknown"),
        (503, r#"{"code":"08006","message":"server closed the connection"}"#, "outcome_unknown"),
        (503, r#"{"code":"PGRST001","message":"database client error"}"#, "outcome_unknown"),
        (503, r#"{"code":"PGRST000","message":"no connection"}"#, "upstream_unavailable"),
        (504, r#"{"code":"PGRST003","message":"pool"}"#, "upstream_unavailable"),
        (500, r#"{"code":"57014","message":"canceling statement due to statement timeout"}"#, "deadline_exceeded"),
        (500, r#"{"code":"XX000","message":"relation 17 is gone"}"#, "upstream_failed"),
        (521, "", "upstream_unavailable"),
        (540, r#"{"message":"Project paused"}"#, "upstream_unavailable"),
        (429, "{}", "upstream_unavailable"),
        (401, r#"{"message":"No API key found in request"}"#, "upstream_misconfigured"),
        (403, r#"{"code":"not_channel_member","message":"-"}"#, "not_channel_member"),
    ] {
        assert_eq!(refusal(status, body).problem(unkeyed).code(), code, "{status} {body}");
    }
}
