//! A stack of its own for what breaks the database under a running system: the gate sees it, and so does a request.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use gate::{
    database::{self, Connection},
    finding::Report,
};
use it::running;
use serde_json::{Value, json};
use stack::{
    demo,
    stack::{Options, Stack},
};

use super::{contract, gate, remake::REMAKE, said, said_in_short};

pub struct Own {
    pub stack: Stack,
    pub admin: Connection,
    pub token: String,
}

impl Own {
    pub async fn start() -> Self {
        running();
        let stack = Stack::start(Options::default()).await.unwrap_or_else(|error| panic!("{error:#}"));
        let admin = database::connect(&stack.cluster().socket_url("supabase_admin")).await.unwrap();
        let token = stack.keys().user(demo::ADA, "ada@example.com").unwrap();
        Self { stack, admin, token }
    }

    pub async fn execute(&mut self, sql: &str) {
        database::run(&mut self.admin, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }

    pub async fn check(&self, more: &[&str]) -> Report {
        self.check_by(&stack::setup::root().join("supabase/rank_required_rpcs.json"), more).await
    }

    async fn check_by(&self, contract: &Path, more: &[&str]) -> Report {
        let url = self.stack.cluster().url("postgres");
        let arguments = ["check", "--contract", contract.to_str().unwrap(), "--database-url", &url];
        gate(&[&arguments[..], more].concat()).await.unwrap_or_else(|error| panic!("{error:#}"))
    }

    async fn probe(&self, token: &str) -> Report {
        self.probe_by(&stack::setup::root().join("supabase/rank_required_rpcs.json"), token).await
    }

    async fn probe_by(&self, contract: &Path, token: &str) -> Report {
        let (url, apikey) = (self.stack.origin(), &self.stack.keys().publishable);
        self.check_by(contract, &["--probe", "--url", url, "--apikey", apikey, "--token", token]).await
    }

    async fn call(&self, path: &str, body: &Value) -> (u16, Value, String) {
        let answer = reqwest::Client::new()
            .post(format!("{}{path}", self.stack.origin()))
            .bearer_auth(&self.token)
            .header("apikey", &self.stack.keys().publishable)
            .json(body)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let id = answer.headers().get("x-request-id").map(|id| id.to_str().unwrap().to_owned()).unwrap_or_default();
        (status, answer.json().await.unwrap(), id)
    }

    /// PostgREST reads its cache again in the background: a member's listing is asked for until it is answered so.
    async fn until_a_listing_answers(&self, status: u16, code: &str) {
        self.until_a_call_answers("fetch_social_messages", &json!({ "p_channel_id": demo::GENERAL }), status, code)
            .await;
    }

    async fn until_a_call_answers(&self, rpc: &str, asked: &Value, status: u16, code: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (answered, body, _) = self.call(&format!("/rest/v1/rpc/{rpc}"), asked).await;
            if answered == status && body["code"].as_str().unwrap_or_default() == code {
                return;
            }
            assert!(Instant::now() < deadline, "PostgREST still answers {answered} {body}");
        }
    }
}

#[tokio::test]
async fn a_probe_finds_what_the_catalog_does_not_show() {
    let mut own = Own::start().await;
    let token = own.token.clone();
    let good = own.probe(&token).await;
    let refused = own.probe("sb_publishable_not_a_token").await;

    // A row, not an object: without it, every message is refused with 500.
    own.execute("delete from lockstep.settings where name = 'messages_per_minute'; alter table public.social_channel_members rename column user_id to member_id").await;
    let broken = own.check(&["--probe"]).await;
    own.execute("alter table public.social_channel_members rename column member_id to user_id").await;

    assert_eq!((said(&good), good.exit_code()), (vec![], 0), "{:?}", good.unseen);
    assert_eq!((said(&refused), refused.exit_code()), (vec![], 2));
    assert!(refused.unseen[0].remedy.contains("--token"), "{:?}", refused.unseen);
    let probed = said_in_short(&broken, &contract());
    let probed: Vec<String> = probed.into_iter().filter(|finding| finding.starts_with("probe_failed")).collect();
    assert_eq!(
        probed,
        [
            "probe_failed function public.fetch_social_messages",
            "probe_failed function public.fetch_social_messages_page",
            "probe_failed function public.insert_social_message",
        ]
    );
    assert!(broken.findings.iter().any(|finding| finding.have.contains("42703")), "{:?}", broken.findings);
}

/// A rollout goes through this state, and the gate has to let it.
#[tokio::test]
async fn what_an_operator_has_switched_off_is_no_finding_as_long_as_it_says_its_version() {
    let mut own = Own::start().await;
    own.execute("update lockstep.settings set value = '\"off\"' where name = 'flag_rank_overlays'").await;

    let report = own.probe(&own.token).await;

    assert_eq!((said(&report), report.unseen.len()), (vec![], 0));
}

/// A migration that forgot to tell PostgREST, on a server without the event triggers that do.
#[tokio::test]
async fn a_stale_schema_cache_is_a_finding_with_its_remedy() {
    let mut own = Own::start().await;
    let token = own.token.clone();
    own.execute("alter function public.fetch_social_messages set schema extensions; notify pgrst, 'reload schema'")
        .await;
    own.until_a_listing_answers(404, "PGRST202").await;
    own.execute("alter event trigger pgrst_ddl_watch disable; alter event trigger pgrst_drop_watch disable").await;
    own.execute("alter function extensions.fetch_social_messages set schema public").await;

    let stale = own.probe(&token).await;
    own.execute("notify pgrst, 'reload schema'").await;
    own.until_a_listing_answers(200, "").await;
    let fresh = own.probe(&token).await;

    assert_eq!(said(&stale), ["schema_cache_stale fetch_social_messages through PostgREST"]);
    assert!(stale.findings[0].remedy.contains("notify pgrst, 'reload schema'"), "{:?}", stale.findings);
    assert_eq!((said(&fresh), fresh.exit_code()), (vec![], 0));
}

/// A call without the new argument would be answered by what the cache has: the probe gives each argument.
#[tokio::test]
async fn an_optional_argument_that_postgrest_has_not_been_told_of_is_a_stale_cache_too() {
    let mut own = Own::start().await;
    own.execute("alter event trigger pgrst_ddl_watch disable; alter event trigger pgrst_drop_watch disable").await;
    let remake = "select pg_temp.remake('public.insert_social_message', 'DEFAULT NULL::uuid', \
        'DEFAULT NULL::uuid, p_scope text DEFAULT NULL::text')";
    own.execute(&format!("begin; {REMAKE} {remake}; commit")).await;
    let mut contract = contract();
    let insert = contract.rpcs.iter_mut().find(|rpc| rpc.name == "insert_social_message").unwrap();
    let scope = json!({ "name": "p_scope", "type": "text", "mode": "in", "default": "NULL::text" });
    insert.arguments.push(serde_json::from_value(scope).unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), serde_json::to_string(&contract).unwrap()).unwrap();

    let token = own.token.clone();
    let stale = own.probe_by(file.path(), &token).await;
    own.execute("notify pgrst, 'reload schema'").await;
    own.until_a_call_answers(
        "insert_social_message",
        &json!({ "p_channel_id": demo::GENERAL, "p_body": "x", "p_scope": "" }),
        201,
        "",
    )
    .await;
    let fresh = own.probe_by(file.path(), &token).await;

    assert_eq!(said(&stale), ["schema_cache_stale insert_social_message through PostgREST"]);
    assert_eq!((said(&fresh), fresh.exit_code()), (vec![], 0), "{:?}", fresh.findings);
}

/// The playbook's drift: the deploy is blocked, and what is deployed already fails closed and says what is missing.
#[tokio::test]
async fn without_the_verification_the_gate_fails_and_a_staging_answers_503_and_writes_nothing() {
    let mut own = Own::start().await;
    let mut records = own.stack.telemetry();
    let rows = "select jsonb_build_array((select count(*) from public.rank_match_roster), \
         (select count(*) from lockstep.rank_room_templates), (select count(*) from lockstep.audit_log))::text";
    let before = database::read(&mut own.admin, rows).await.unwrap();
    let staging = json!({
        "room_id": demo::ROOM, "game_id": demo::GAME, "match_instance_id": uuid::Uuid::new_v4(),
        "roster": [{ "slot_index": 0, "role": "tank", "owner_id": demo::ADA }],
        "slot_template": { "version": 1, "roles": [{ "name": "tank", "slot_count": 1 }], "slots": [{ "slot_index": 0, "role": "tank" }] },
    });
    own.execute("drop function lockstep.verify_rank_roles_and_slots").await;

    let report = own.check(&[]).await;
    let (status, body, id) = own.call("/functions/v1/stage-room-match", &staging).await;

    assert_eq!(said_in_short(&report, &contract()), ["function_missing function lockstep.verify_rank_roles_and_slots"]);
    assert_eq!(report.exit_code(), 1);
    assert_eq!((status, &body["code"]), (503, &json!("rpc_contract_mismatch")), "{body}");
    let mine = async {
        loop {
            let line: Value = serde_json::from_str(&records.recv().await.unwrap()).unwrap();
            if line["app.request_id"] == id.as_str() {
                return line;
            }
        }
    };
    let record = tokio::time::timeout(Duration::from_secs(10), mine).await.expect("a record of the request");
    assert_eq!(record["error.type"], "rpc_contract_mismatch");
    assert!(record["app.error.cause"].as_str().unwrap().contains("verify_rank_roles_and_slots"), "{record}");
    assert_eq!(record["db.stored_procedure.name"], "sync_rank_match_roster");
    assert_eq!(database::read(&mut own.admin, rows).await.unwrap(), before);
}
