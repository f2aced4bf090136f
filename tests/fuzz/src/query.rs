//! What of a query reaches the database is of its type, and in a spelling that is read again as the same.

use std::collections::BTreeMap;

use http::Method;

use crate::world::{Asked, Function};

/// Panics where it does not hold. Says whether the query was accepted.
pub fn holds(data: &[u8]) -> bool {
    let Ok(query) = std::str::from_utf8(data) else { return false };
    let Some(sent) = sent(query) else { return false };

    let given = |name: &str| sent.get(name).map(String::as_str);
    let is_id = |text: &str| uuid::Uuid::try_parse(text).is_ok_and(|id| id.hyphenated().to_string() == text);
    assert!(given("p_channel_id").is_some_and(is_id), "{sent:?}");
    assert!(given("p_limit").is_none_or(|limit| limit.parse::<i32>().is_ok()), "{sent:?}");
    assert_eq!(given("p_before_id").is_some(), given("p_before_inserted_at").is_some(), "{sent:?}");
    assert!(given("p_before_id").is_none_or(is_id), "{sent:?}");
    for moment in ["p_since", "p_before_inserted_at"] {
        let whole = |text: &str| text.len() <= 35 && !text.contains(['\0', ' ', '&']);
        assert!(given(moment).is_none_or(whole), "{sent:?}");
    }

    let cursor = sent.get("p_before_id").map(|id| format!("{},{id}", sent["p_before_inserted_at"]));
    let fields = [("channel_id", given("p_channel_id")), ("limit", given("p_limit")), ("since", given("p_since"))];
    let fields = fields.into_iter().chain([("before", cursor.as_deref())]);
    let fields = fields.filter_map(|(name, value)| Some((name, value?)));
    let again = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    assert_eq!(self::sent(&again).as_ref(), Some(&sent), "{again}");
    true
}

/// The arguments of the call that the query leads to.
fn sent(query: &str) -> Option<BTreeMap<String, String>> {
    let mut asked = Asked::by_a_user(Function::List, Method::GET);
    asked.uri = format!("/messages-list?{query}").parse().ok()?;

    let answer = asked.ask(Ok(Function::List.content()));

    let Some(call) = answer.call() else {
        assert_eq!(answer.code(), Some("invalid_parameter"));
        assert!(answer.body["details"].is_string(), "a field is named: {}", answer.body);
        return None;
    };
    assert_eq!(answer.status, 200);
    let (_, query) = call.uri.split_once('?').expect("there is an argument at least");
    Some(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}
