//! Settings that take effect in a new session: with a real PostgREST that logs in after each, and what it then answers.

use gate::database;
use serde_json::{Value, json};
use stack::demo;

use super::{probe::Own, said};

/// Statements that set, and that undo it.
type Change = (&'static str, &'static str);

/// Somebody is answered otherwise.
const CHANGES: &[Change] = &[
    ("alter role authenticator set pgrst.db_tx_end = 'rollback'", "alter role authenticator reset pgrst.db_tx_end"),
    ("alter role authenticator set pgrst.db_max_rows = '2'", "alter role authenticator reset pgrst.db_max_rows"),
    (
        "alter role authenticator in database postgres set pgrst.db_anon_role = 'service_role'",
        "alter role authenticator in database postgres reset pgrst.db_anon_role",
    ),
    ("alter role authenticator set pgrst.db_schemas = 'extensions'", "alter role authenticator reset pgrst.db_schemas"),
    (
        "create function public.deny() returns void language plpgsql as 'begin raise exception using errcode = ''PT403''; end'; \
         alter role authenticator set pgrst.db_pre_request = 'public.deny'",
        "alter role authenticator reset pgrst.db_pre_request; drop function public.deny()",
    ),
    (
        "alter role authenticator set pgrst.jwt_role_claim_key = '.app_role'",
        "alter role authenticator reset pgrst.jwt_role_claim_key",
    ),
    (
        "alter database postgres set session_replication_role = replica",
        "alter database postgres reset session_replication_role",
    ),
    ("alter database postgres set row_security = off", "alter database postgres reset row_security"),
    ("alter role authenticated set timezone = 'America/New_York'", "alter role authenticated reset timezone"),
    // PostgREST hands a role's settings on in lower case, in which no unit of memory is known.
    ("alter role authenticated set work_mem = '64MB'", "alter role authenticated reset work_mem"),
];

/// Nobody is, or nobody here.
const HARMLESS: &[Change] = &[
    ("alter role authenticated set search_path = 'extensions'", "alter role authenticated reset search_path"),
    ("alter database postgres set search_path = 'extensions'", "alter database postgres reset search_path"),
    (
        "alter role authenticated set datestyle = 'German, DMY'; alter database postgres set intervalstyle = 'sql_standard'",
        "alter role authenticated reset datestyle; alter database postgres reset intervalstyle",
    ),
    (
        "alter role authenticator set pgrst.openapi_mode = 'disabled'; alter role authenticator set pgrst.db_pool = '7'",
        "alter role authenticator reset pgrst.openapi_mode; alter role authenticator reset pgrst.db_pool",
    ),
    (
        "alter role authenticator set work_mem = '64MB'; alter role authenticator set statement_timeout = '30s'; \
         alter role authenticated set work_mem = 65536; alter role authenticated set client_encoding = 'LATIN1'",
        "alter role authenticator reset work_mem; alter role authenticator set statement_timeout = '8s'; \
         alter role authenticated reset work_mem; alter role authenticated reset client_encoding",
    ),
];

impl Own {
    /// After PostgREST has logged in again: what callers are answered, and what they leave.
    async fn answers(&mut self) -> Value {
        self.stack.postgrest().kill().await.unwrap();
        self.stack.postgrest().again().await.unwrap();
        self.execute("delete from realtime.messages where true").await;
        let count = "select to_jsonb(count(*))::text from public.social_messages";
        let before = database::read(&mut self.admin, count).await.unwrap();
        let channel = json!({ "p_channel_id": demo::GENERAL, "p_limit": 4 });
        let list = self.asked("fetch_social_messages", &channel, true).await;
        let nobody = self.asked("fetch_social_messages", &channel, false).await;
        let body = json!({ "p_channel_id": demo::GENERAL, "p_body": "caf\u{e9} \u{2713}" });
        let sent = self.asked("insert_social_message", &body, true).await;
        let read = self.read("social_messages?select=id&limit=1").await;
        let told = "select to_jsonb(count(*))::text from realtime.messages";
        let told = database::read(&mut self.admin, told).await.unwrap();
        let after = database::read(&mut self.admin, count).await.unwrap();
        let kept = after.as_i64().unwrap() - before.as_i64().unwrap();
        self.execute("delete from public.social_messages where body like 'caf%'").await;
        json!({ "list": list, "nobody": nobody, "sent": sent, "read": read, "told": told, "kept": kept })
    }

    async fn asked(&self, rpc: &str, body: &Value, signed_in: bool) -> Value {
        let url = format!("{}/rest/v1/rpc/{rpc}", self.stack.origin());
        let request = reqwest::Client::new().post(url).header("apikey", &self.stack.keys().publishable).json(body);
        let request = if signed_in { request.bearer_auth(&self.token) } else { request };
        answered(request).await
    }

    /// Of a table, without having signed in.
    async fn read(&self, path: &str) -> Value {
        let url = format!("{}/rest/v1/{path}", self.stack.origin());
        answered(reqwest::Client::new().get(url).header("apikey", &self.stack.keys().publishable)).await
    }
}

/// Status and body, without what differs from one message to the next.
async fn answered(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let mut body: Value = answer.json().await.unwrap_or_default();
    if let Some(message) = body.as_object_mut().filter(|message| message.contains_key("client_message_id")) {
        let zone = message["inserted_at"].as_str().map(|at| at[at.len() - 6..].to_owned());
        message.retain(|name, _| name == "body");
        message.insert("zone".to_owned(), json!(zone));
    }
    json!([status, body])
}

#[tokio::test]
async fn what_postgrest_answers_otherwise_after_it_has_logged_in_is_found_and_nothing_else() {
    let mut own = Own::start().await;
    let before = own.answers().await;
    assert_eq!((&before["told"], &before["kept"], &before["list"][0]), (&json!(1), &json!(1), &json!(200)), "{before}");
    let mut wrong = Vec::new();

    for (changes, (set, undo)) in
        CHANGES.iter().map(|change| (true, change)).chain(HARMLESS.iter().map(|change| (false, change)))
    {
        own.execute(set).await;
        let after = own.answers().await;
        let found = said(&own.check(&[]).await);
        own.execute(undo).await;
        let unexpected = found.iter().any(|finding| finding.starts_with("setting_unexpected "));
        if (after != before) != changes || unexpected != changes || found.is_empty() == changes {
            wrong.push(format!("{set}\n  found {found:?}\n  answers {after}"));
        }
    }

    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}\nbefore {before}",
        wrong.len(),
        CHANGES.len() + HARMLESS.len(),
        wrong.join("\n")
    );
    assert_eq!(own.answers().await, before, "all is undone");
}
