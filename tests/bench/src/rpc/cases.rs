//! What is called of each RPC, what its bare form is, and of which parts it is made.

use serde_json::json;

/// One call, and what it is compared with.
pub struct Case {
    pub rpc: &'static str,
    /// What of it is called, where there is more to call.
    pub case: Option<&'static str>,
    /// As PostgREST puts it. Constants stand in it, since the statement is prepared once.
    pub call: String,
    /// By a role that no policy stops.
    pub bare: String,
    /// Rows that both must give.
    pub rows: usize,
    pub limit: Limit,
    /// Those that it has, by name.
    pub parts: &'static [&'static str],
}

/// How much an RPC may take.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// So much above its bare form.
    Above(f64),
    /// Twice its bare form, and so much.
    TwiceAnd(f64),
}

impl Limit {
    /// In milliseconds.
    pub fn over(self, bare_ms: f64) -> f64 {
        match self {
            Self::Above(more) => bare_ms + more,
            Self::TwiceAnd(more) => 2.0 * bare_ms + more,
        }
    }
}

pub const ADA: &str = "ada00000-0000-4000-8000-000000000001";
const BOB: &str = "b0b00000-0000-4000-8000-000000000002";
const CHANNEL: &str = "c4a00000-0000-4000-8000-000000000003";
const GAME: &str = "9a3e0000-0000-4000-8000-000000000004";
const ROOM: &str = "40030000-0000-4000-8000-000000000005";
const NEXT_MATCH: &str = "3a7c0000-0000-4000-8000-000000000006";
/// Four seconds before the newest message.
const SINCE: &str = "2026-01-03 07:33:16.5+00";
/// Half way through the channel.
const MIDDLE: &str = "2026-01-02 03:46:40+00";
const SENTENCE: &str = "Thursday, same time as always. I am ten minutes late, start without me.";

const READ: Limit = Limit::Above(0.15);
const WRITE: Limit = Limit::TwiceAnd(0.2);

/// Stages the room with a template of this version, for another match: what the session and its overlays come from.
pub fn staging(version: i64, of_match: &str) -> String {
    let template = json!({
        "version": version,
        "source": "room-stage",
        "roles": [{ "name": "tank", "slot_count": 1 }, { "name": "healer", "slot_count": 1 }],
        "slots": [{ "slot_index": 0, "role": "tank" }, { "slot_index": 1, "role": "healer" }],
    });
    format!(
        "select * from public.sync_rank_match_roster(p_room_id := '{ROOM}', p_game_id := '{GAME}', \
         p_match_instance_id := '{of_match}', p_roster := '{}', p_slot_template := '{template}')",
        roster()
    )
}

fn roster() -> serde_json::Value {
    json!([
        { "slot_index": 0, "role": "tank", "owner_id": ADA, "ready": true },
        { "slot_index": 1, "role": "healer", "owner_id": BOB, "ready": false },
    ])
}

/// All of them. `session` is the one that the room was staged into.
pub fn all(session: &str) -> Vec<Case> {
    let list = "fetch_social_messages";
    let read = ["handshake", "membership", "RLS"].as_slice();
    vec![
        Case {
            rpc: list,
            case: Some("50 rows"),
            call: format!("select * from public.{list}(p_channel_id := '{CHANNEL}', p_limit := 50)"),
            bare: format!("select * from bench.list('{CHANNEL}', 50)"),
            rows: 50,
            limit: READ,
            parts: read,
        },
        Case {
            rpc: list,
            case: Some("since"),
            call: format!(
                "select * from public.{list}(p_channel_id := '{CHANNEL}', p_limit := 50, p_since := '{SINCE}')"
            ),
            bare: format!("select * from bench.since('{CHANNEL}', 50, '{SINCE}')"),
            rows: 4,
            limit: READ,
            parts: read,
        },
        Case {
            rpc: "fetch_social_messages_page",
            case: Some("50 rows"),
            call: format!(
                "select * from public.fetch_social_messages_page(p_channel_id := '{CHANNEL}', \
                 p_before_inserted_at := '{MIDDLE}', p_before_id := '{CHANNEL}', p_limit := 50)"
            ),
            bare: format!("select * from bench.page('{CHANNEL}', '{MIDDLE}', '{CHANNEL}', 50)"),
            rows: 50,
            limit: READ,
            parts: read,
        },
        Case {
            rpc: "insert_social_message",
            case: None,
            call: format!(
                "select * from public.insert_social_message(p_channel_id := '{CHANNEL}', p_body := '{SENTENCE}', \
                 p_client_message_id := gen_random_uuid())"
            ),
            bare: format!(
                "insert into public.social_messages (channel_id, sender_id, body, client_message_id) \
                 values ('{CHANNEL}', '{ADA}', '{SENTENCE}', gen_random_uuid()) returning *"
            ),
            rows: 1,
            limit: WRITE,
            parts: &["handshake", "caller", "membership", "rate limit", "audit", "RLS"],
        },
        Case {
            rpc: "sync_rank_match_roster",
            case: Some("2 players"),
            call: staging(2, NEXT_MATCH),
            bare: format!("select bench.stage('{ROOM}', '{GAME}', '{NEXT_MATCH}', '{}', 2)", roster()),
            rows: 1,
            limit: WRITE,
            parts: &["handshake", "caller", "roster", "flag", "audit", "RLS"],
        },
        Case {
            rpc: "fetch_rank_session_overlays",
            case: None,
            call: "select * from public.fetch_rank_session_overlays()".to_owned(),
            bare: format!(
                "select clock_timestamp(), coalesce(jsonb_agg(jsonb_build_object('session_id', session_id, 'version', \
                 version, 'expires_at', expires_at) order by expires_at desc, session_id), '[]') \
                 from public.rank_session_overlays where owner_id = '{ADA}' and expires_at > clock_timestamp()"
            ),
            rows: 1,
            limit: WRITE,
            parts: &["handshake", "caller", "flag", "RLS"],
        },
        Case {
            rpc: "renew_rank_session_overlay",
            case: None,
            call: format!("select * from public.renew_rank_session_overlay(p_session_id := '{session}')"),
            bare: format!(
                "update public.rank_session_overlays set renewed_at = now(), expires_at = now() + interval '5 minutes' \
                 where session_id = '{session}' and owner_id = '{ADA}' and expires_at > clock_timestamp() \
                 returning session_id, version, expires_at, clock_timestamp()"
            ),
            rows: 1,
            limit: WRITE,
            parts: &["handshake", "caller", "flag", "still plays", "RLS"],
        },
        Case {
            rpc: "end_rank_session",
            case: None,
            call: format!("select * from public.end_rank_session(p_session_id := '{session}')"),
            bare: format!("select bench.end_session('{session}')"),
            rows: 1,
            limit: WRITE,
            parts: &["handshake", "caller", "audit", "RLS"],
        },
    ]
}
