//! How the statements inside the RPCs are executed, policies in force, where there are a million messages.
//!
//! PostgreSQL itself says it, for every statement that runs: nobody lists them here, so a new one is judged too. A plan
//! is good when it reads no more than what it is asked for, wherever the table ends.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use it::Installation;
use serde_json::{Value, json};
use stack::{database::Grants, setup};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

/// Each RPC of the contract, on each of its ways. `verify_rank_roles_and_slots` runs inside a staging.
const CALLS: &[&str] = &[
    "public.fetch_social_messages(md5('channel1')::uuid)",
    "public.fetch_social_messages(md5('channel2')::uuid, 200)",
    "public.fetch_social_messages(md5('channel1')::uuid, 50, now() - interval '3 seconds')",
    "public.fetch_social_messages(md5('channel1')::uuid, 50, now() - interval '3 days')",
    "public.fetch_social_messages(md5('channel1')::uuid, 50, now() + interval '1 day')",
    "public.fetch_social_messages_page(md5('channel1')::uuid, now() - interval '2 days', md5('x')::uuid)",
    "public.fetch_social_messages_page(md5('channel1')::uuid, now() - interval '9 years', md5('x')::uuid)",
    "public.insert_social_message(md5('channel1')::uuid, 'without a key')",
    "public.insert_social_message(md5('channel1')::uuid, 'with a key', md5('key')::uuid)",
    "public.insert_social_message(md5('channel1')::uuid, 'with a key', md5('key')::uuid)",
    "public.sync_rank_match_roster(md5('room2000')::uuid, md5('game1')::uuid, md5('one')::uuid, ROSTER, TEMPLATE(2))",
    "public.sync_rank_match_roster(md5('room2000')::uuid, md5('game1')::uuid, md5('one')::uuid, ROSTER, TEMPLATE(2))",
    "public.sync_rank_match_roster(md5('room2000')::uuid, md5('game1')::uuid, md5('one')::uuid, ROSTER, TEMPLATE(3))",
    "public.sync_rank_match_roster(md5('room2000')::uuid, md5('game1')::uuid, md5('two')::uuid, ROSTER, TEMPLATE(4))",
    "public.fetch_rank_session_overlays()",
    "public.renew_rank_session_overlay(md5('session4000')::uuid)",
    "public.end_rank_session(md5('session4000')::uuid)",
    // No RPC, but it runs every ten seconds.
    "lockstep.sweep_rank_overlays()",
];

/// What every connection has that reports how it executes what.
const REPORTING: &str = "load 'auto_explain'; set auto_explain.log_min_duration = 0; \
    set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on; set auto_explain.log_buffers = on; \
    set auto_explain.log_timing = off; set auto_explain.log_format = json; set client_min_messages = log";

/// Overlays live for minutes, and what PostgreSQL knows of their times is older than that: it takes all for over.
const RENEWED: &str =
    "update public.rank_session_overlays set renewed_at = now(), expires_at = now() + interval '5 minutes'";

/// A table with so many rows is one that nobody reads from end to end.
const LARGE: f32 = 10_000.0;

#[tokio::test]
async fn every_statement_of_every_rpc_reads_what_it_is_asked_for_and_no_more() {
    let installation = Installation::migrated(Grants::Today).await;
    let admin = installation.cluster.connect("supabase_admin").await.unwrap();
    let other = installation.cluster.connect("supabase_admin").await.unwrap();
    let (social, rank) = tokio::join!(
        admin.batch_execute(include_str!("plans/social.sql")),
        other.batch_execute(include_str!("plans/rank.sql")),
    );
    social.and(rank).unwrap();
    admin.batch_execute("analyze").await.unwrap();
    admin.batch_execute(RENEWED).await.unwrap();
    admin.batch_execute("vacuum public.rank_session_overlays").await.unwrap();
    // The connection that follows comes by TCP, and that asks for one.
    admin.batch_execute("alter role supabase_admin password 'postgres'").await.unwrap();
    let large = "select oid::regclass::text from pg_class where relkind = 'r' and reltuples >= $1";
    let large: BTreeSet<String> = admin
        .query(large, &[&LARGE])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get::<_, String>(0).rsplit('.').next().unwrap().to_owned())
        .collect();

    let (client, mut plans) = reporting(&installation).await;
    // What a connection's first call reads of the catalog is not what the second one reads.
    for call in CALLS {
        answer(&client, call, "rollback").await;
        while plans.try_recv().is_ok() {}
    }

    let mut faults = Vec::new();
    let mut called = BTreeSet::new();
    for call in CALLS {
        called.extend(names(&answer(&client, call, "commit").await));
        let mut seen = 0;
        while let Ok(plan) = plans.try_recv() {
            seen += 1;
            let found = judge(&plan, &large);
            faults.extend(found.into_iter().map(|fault| format!("{call}\n  {fault}\n  {}", text(&plan))));
        }
        assert!(seen > 2, "{call}: PostgreSQL reported {seen} statements");
    }

    let contract = std::fs::read_to_string(setup::root().join("supabase/rank_required_rpcs.json")).unwrap();
    let contract: Value = serde_json::from_str(&contract).unwrap();
    let rpcs = contract["rpcs"].as_array().unwrap().iter().map(|rpc| rpc["name"].as_str().unwrap().to_owned());
    assert_eq!(called, rpcs.collect(), "each RPC of the contract is called here");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A superuser's connection, and the plans of what it executes.
async fn reporting(installation: &Installation) -> (Client, UnboundedReceiver<Value>) {
    let config: Config = installation.cluster.url("supabase_admin").parse().unwrap();
    let (client, mut connection) = config.connect(NoTls).await.unwrap();
    let (sender, plans) = unbounded_channel();
    tokio::spawn(async move {
        let mut messages = futures::stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notice(notice) = message
                && let Some((_, plan)) = notice.message().split_once("plan:\n")
            {
                let _unheard = sender.send(serde_json::from_str(plan).unwrap());
            }
        }
    });
    client.batch_execute(REPORTING).await.unwrap();
    (client, plans)
}

/// Calls an RPC as PostgREST would on behalf of `user1`, and gives the headers that it answers with. PostgreSQL has reported
/// all plans by then.
async fn answer(client: &Client, call: &str, end: &str) -> String {
    let seats: Vec<Value> =
        (0..4).map(|seat| json!({ "slot_index": seat, "role": "attack", "active": true })).collect();
    let template =
        json!({ "version": 0, "roles": [{ "name": "attack", "slot_count": 4 }], "slots": seats }).to_string();
    let roster = "(select jsonb_agg(jsonb_build_object('slot_index', seat, 'role', 'attack', \
            'owner_id', md5('user' || 1 + seat)::uuid, 'hero_id', md5('hero' || seat)::uuid)) from generate_series(0, 3) as seat)";
    let template = format!("jsonb_set('{template}'::jsonb, '{{version}}', '$1'::jsonb)");
    let call = call.replace("ROSTER", roster);
    let call = regex::Regex::new(r"TEMPLATE\((\d)\)").unwrap().replace(&call, template);
    let role = if call.starts_with("lockstep.") { "supabase_admin" } else { "authenticated" };
    let request = format!(
        "begin; \
         select set_config('request.jwt.claims', json_build_object('sub', md5('user1')::uuid)::text, true), \
           set_config('request.headers', '{{}}', true); \
         set local role {role}; \
         select from {call}"
    );
    client.batch_execute(&request).await.unwrap_or_else(|error| panic!("{call}: {:?}", error.as_db_error()));
    let headers = "select coalesce(current_setting('response.headers', true), '')";
    let headers = client.query_one(headers, &[]).await.unwrap().get(0);
    client.batch_execute(end).await.unwrap();
    headers
}

/// Of the RPCs that an answer's `X-RPC-Version` names.
fn names(headers: &str) -> Vec<String> {
    let tags = headers.split(&['"', ',', ' '][..]);
    tags.filter_map(|tag| tag.split_once('/')).map(|(name, _)| name.to_owned()).collect()
}

/// All that is wrong with how a statement was executed.
fn judge(statement: &Value, large: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    if !statement["JIT"].is_null() {
        faults.push("was compiled".to_owned());
    }
    let top = &statement["Plan"];
    let given = if top["Node Type"] == "ModifyTable" { &top["Plans"][0] } else { top };
    let given = rows(given);
    let mut nodes = vec![(top, false)];
    while let Some((node, writes)) = nodes.pop() {
        // What is written is computed on the way: functions, triggers and checks, which read for themselves.
        let writes = writes || node["Node Type"] == "ModifyTable";
        nodes.extend(node["Plans"].as_array().into_iter().flatten().map(|child| (child, writes)));
        // A bitmap names its index only.
        let Some(table) = node["Relation Name"].as_str().or(node["Index Name"].as_str()) else { continue };
        if node["Node Type"] == "Seq Scan" && large.contains(table) {
            faults.push(format!("reads {table} from end to end"));
        }
        let loops = node["Actual Loops"].as_f64().unwrap_or(0.0);
        let removed = node["Rows Removed by Filter"].as_f64().unwrap_or(0.0) * loops;
        if rows(node) + removed > 100.0 + 4.0 * given {
            faults.push(format!("reads {} rows of {table} to give {given}", rows(node) + removed));
        }
        let pages =
            node["Shared Hit Blocks"].as_f64().unwrap_or(0.0) + node["Shared Read Blocks"].as_f64().unwrap_or(0.0);
        if !writes && pages > 200.0 + 10.0 * (rows(node) + loops) {
            faults.push(format!("reads {pages} pages of {table} for {} rows", rows(node)));
        }
    }
    faults
}

/// How many rows a node gave, in all its loops.
fn rows(node: &Value) -> f64 {
    node["Actual Rows"].as_f64().unwrap_or(0.0) * node["Actual Loops"].as_f64().unwrap_or(0.0)
}

/// The statement in one line.
fn text(statement: &Value) -> String {
    let text = statement["Query Text"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}
