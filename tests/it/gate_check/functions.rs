//! Mutations of functions.

use it::{Installation, Server};
use stack::database::Grants;

use super::{
    contract,
    mutation::{Mutation, mutations, try_all},
};

const CALLS: &[Mutation] = mutations! {
    "drop function public.fetch_social_messages" => ["function_missing function public.fetch_social_messages"];
    "drop function lockstep.verify_rank_roles_and_slots" => ["function_missing function lockstep.verify_rank_roles_and_slots"];
    "drop function lockstep.require_channel_member" => ["function_missing function lockstep.require_channel_member"];
    "drop function lockstep.announce_rpc" => ["function_missing function lockstep.announce_rpc"];
    "alter function public.insert_social_message rename to send_social_message" => ["function_missing function public.insert_social_message"];
    "alter function public.sync_rank_match_roster set schema extensions" => ["function_missing function public.sync_rank_match_roster"];
    "create function public.fetch_social_messages(uuid, integer, timestamptz, text default '') returns setof public.social_messages language sql as 'select * from public.social_messages'" => ["function_overloaded function public.fetch_social_messages"];
    "create function public.verify_rank_roles_and_slots(p_payload jsonb) returns boolean language sql as 'select true'" => ["door_open function public.verify_rank_roles_and_slots(jsonb)"];
    "create function public.sync_rank_match_roster(p_room_id uuid, p_game_id uuid, p_match_instance_id uuid, p_request_owner_id uuid, p_roster jsonb) returns void language sql as ''" => ["door_open function public.sync_rank_match_roster(…)"];
    "create function public.sync_rank_match_roster(p_room_id uuid, p_game_id uuid, p_match_instance_id uuid, p_roster jsonb, p_slot_template jsonb, p_more text default '') returns void language sql as ''; revoke execute on function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb, text) from public" => ["function_overloaded function public.sync_rank_match_roster"];
    "create function lockstep.refuse(integer, text) returns void language sql as ''" => ["function_overloaded function lockstep.refuse"];
    "select pg_temp.remake('public.fetch_social_messages', 'p_channel_id', 'p_channel')" => ["argument_names function public.fetch_social_messages"];
    "select pg_temp.remake('public.fetch_social_messages', ', p_since timestamp with time zone DEFAULT NULL::timestamp with time zone', '')" => ["argument_names function public.fetch_social_messages(…)"];
    "select pg_temp.remake('public.insert_social_message', 'p_client_message_id uuid DEFAULT NULL::uuid', 'p_client_message_id uuid DEFAULT NULL::uuid, p_scope text DEFAULT ''''')" => ["argument_names function public.insert_social_message(…)"];
    "select pg_temp.remake('public.sync_rank_match_roster', 'p_room_id uuid, p_game_id uuid', 'p_game_id uuid, p_room_id uuid')" => ["argument_order function public.sync_rank_match_roster"];
    "select pg_temp.remake('public.fetch_social_messages_page', 'p_before_inserted_at timestamp with time zone, p_before_id uuid', 'p_before_id uuid, p_before_inserted_at timestamp with time zone')" => ["argument_order function public.fetch_social_messages_page(…)"];
    "select pg_temp.remake('public.fetch_social_messages', 'p_limit integer', 'p_limit bigint')" => ["argument_types function public.fetch_social_messages(…)"];
    "select pg_temp.remake('public.insert_social_message', 'p_body text', 'p_body character varying')" => ["argument_types function public.insert_social_message(…)"];
    "select pg_temp.remake('public.fetch_social_messages', 'DEFAULT 50', 'DEFAULT 500')" => ["argument_defaults function public.fetch_social_messages"];
    "select pg_temp.remake('public.insert_social_message', ' DEFAULT NULL::uuid', '')" => ["argument_defaults function public.insert_social_message"];
    "select pg_temp.remake('public.sync_rank_match_roster', 'p_slot_template jsonb', 'p_slot_template jsonb DEFAULT ''{}''::jsonb')" => ["argument_defaults function public.sync_rank_match_roster"];
    "select pg_temp.remake('lockstep.set_header', 'p_value text', 'VARIADIC p_value text[]')" => ["argument_types function lockstep.set_header(…)", "argument_modes function lockstep.set_header(…)"];
    "select pg_temp.remake('public.fetch_social_messages', 'SETOF public.social_messages', 'public.social_messages')" => ["result function public.fetch_social_messages"];
    "select pg_temp.remake('public.insert_social_message', 'RETURNS public.social_messages', 'RETURNS jsonb')" => ["result function public.insert_social_message"];
    "select pg_temp.remake('lockstep.verify_rank_roles_and_slots', 'active_slot_count integer', 'active_slot_count bigint')" => ["result function lockstep.verify_rank_roles_and_slots"];
    "select pg_temp.remake('public.sync_rank_match_roster', ', OUT replayed boolean', '')" => ["result function public.sync_rank_match_roster"];
    "select pg_temp.remake('public.sync_rank_match_roster', 'OUT inserted_count', 'OUT inserted')" => ["result function public.sync_rank_match_roster"];
};

const PROPERTIES: &[Mutation] = mutations! {
    "alter function public.fetch_social_messages volatile" => ["volatility function public.fetch_social_messages"];
    "alter function public.insert_social_message stable" => ["volatility function public.insert_social_message"];
    "alter function public.fetch_social_messages security invoker" => ["security function public.fetch_social_messages"];
    "alter function lockstep.verify_rank_roles_and_slots security definer" => ["security function lockstep.verify_rank_roles_and_slots"];
    "alter function lockstep.caller_id security invoker" => ["security function lockstep.caller_id"];
    "alter function public.fetch_social_messages strict" => ["strictness function public.fetch_social_messages"];
    "alter function public.fetch_social_messages reset search_path" => ["search_path function public.fetch_social_messages"];
    "alter function public.sync_rank_match_roster set search_path = public" => ["search_path function public.sync_rank_match_roster"];
    "alter function lockstep.require_caller set search_path = public, pg_temp" => ["search_path function lockstep.require_caller"];
    "alter function public.insert_social_message reset statement_timeout" => ["statement_timeout function public.insert_social_message"];
    "alter function public.fetch_social_messages set statement_timeout = '60s'" => ["statement_timeout function public.fetch_social_messages"];
    "alter function lockstep.announce_social_message reset timezone" => ["function_settings function lockstep.announce_social_message"];
    "alter function public.insert_social_message set default_transaction_isolation = 'serializable'" => ["function_settings function public.insert_social_message"];
    "alter function public.fetch_social_messages owner to postgres" => ["function_owner function public.fetch_social_messages"];
    "alter function public.sync_rank_match_roster owner to social_rpc_owner" => ["function_owner function public.sync_rank_match_roster"];
    "alter function lockstep.sent_by_caller_at owner to social_rpc_owner" => ["function_owner function lockstep.sent_by_caller_at"];
    "grant execute on function public.fetch_social_messages to public" => ["execute_too_wide function public.fetch_social_messages"];
    "grant execute on function public.insert_social_message to anon" => ["execute_too_wide function public.insert_social_message"];
    "grant execute on function public.sync_rank_match_roster to service_role" => ["execute_too_wide function public.sync_rank_match_roster"];
    "grant execute on function lockstep.verify_rank_roles_and_slots to authenticated" => ["execute_too_wide function lockstep.verify_rank_roles_and_slots"];
    "grant execute on function lockstep.setting to authenticated" => ["execute_too_wide function lockstep.setting"];
    "revoke execute on function public.fetch_social_messages from authenticated" => ["execute_missing function public.fetch_social_messages"];
    "revoke execute on function public.sync_rank_match_roster from authenticated" => ["execute_missing function public.sync_rank_match_roster"];
    "revoke execute on function lockstep.announce_rpc from rank_rpc_owner" => ["execute_missing function lockstep.announce_rpc"];
    "revoke execute on function lockstep.may_hear_social_topic from authenticated" => ["execute_missing function lockstep.may_hear_social_topic"];
};

const VERSIONS_AND_BODIES: &[Mutation] = mutations! {
    "comment on function public.fetch_social_messages is null" => ["version_comment function public.fetch_social_messages"];
    "comment on function public.insert_social_message is 'sends a message'" => ["version_comment function public.insert_social_message"];
    r#"comment on function public.sync_rank_match_roster is '{"rpc": "sync_rank_match_roster", "version": "2.0.0"}'"# => ["version_comment function public.sync_rank_match_roster"];
    r#"comment on function public.fetch_social_messages is '{"rpc": "insert_social_message", "version": "1.0.0"}'"# => ["version_comment function public.fetch_social_messages"];
    r#"select pg_temp.rebody('public.fetch_social_messages', pg_temp.version('public.fetch_social_messages'), '0.9.0'); comment on function public.fetch_social_messages is '{"rpc": "fetch_social_messages", "version": "0.9.0"}'"# => ["version_comment function public.fetch_social_messages"];
    "select pg_temp.rebody('public.fetch_social_messages', pg_temp.version('public.fetch_social_messages'), '1.999.0')" => ["handshake function public.fetch_social_messages"];
    "select pg_temp.rebody('public.insert_social_message', format('perform lockstep.announce_rpc(%L, %L);', 'insert_social_message', pg_temp.version('public.insert_social_message')), '')" => ["handshake function public.insert_social_message"];
    "select pg_temp.rebody('public.fetch_social_messages', 'perform lockstep.require_channel_member(fetch_social_messages.p_channel_id);', '')" => ["body_changed function public.fetch_social_messages"];
    "create or replace function lockstep.plays_game_in_hand(p_owner_id uuid) returns boolean language sql stable set search_path = '' as 'select true'" => ["body_changed function lockstep.plays_game_in_hand"];
    "create or replace function lockstep.caller_id() returns uuid language sql stable security definer set search_path = '' as 'select null::uuid'" => ["body_changed function lockstep.caller_id"];
    "select pg_temp.rebody('public.insert_social_message', 'v_caller := lockstep.require_caller();', 'raise exception using errcode = ''40001'';')" => ["raises_40001 function public.insert_social_message"];
    "create function public.retry_later() returns trigger language plpgsql as 'begin raise serialization_failure; end'" => ["raises_40001 function public.retry_later()"];
};

#[tokio::test]
async fn each_change_of_a_function_is_found_and_called_by_its_name() {
    let installation = Installation::migrated(Grants::Today).await;

    for mutations in [CALLS, PROPERTIES, VERSIONS_AND_BODIES] {
        try_all(&installation, &contract(), mutations).await;
    }
}

/// The catalog of another version is spelt the same.
#[tokio::test]
async fn the_same_on_another_postgresql_in_an_installation_in_use() {
    let installation = Installation::in_use_on(Server::Npm, Grants::BeforeOctober2026).await;
    // Of a table that the project had, less is asked; and a name must be one function's.
    installation.execute("drop table public.social_messages").await;
    installation
        .execute(
            "do $$ declare v_form regprocedure; begin \
               for v_form in select oid from pg_proc where pronamespace = 'public'::regnamespace \
                 and proname in ('verify_rank_roles_and_slots', 'sync_rank_match_roster') loop \
                 execute 'drop function ' || v_form; \
               end loop; end $$",
        )
        .await;
    installation.migrate().await;
    installation.execute("select lockstep.close_doors()").await;

    for mutations in [
        CALLS,
        PROPERTIES,
        VERSIONS_AND_BODIES,
        super::relations::RELATIONS,
        super::relations::ACCESS,
        super::overlays::OVERLAYS,
    ] {
        try_all(&installation, &contract(), mutations).await;
    }
}

#[tokio::test]
async fn two_faults_at_once_are_both_found() {
    let installation = Installation::migrated(Grants::Today).await;
    let both = Mutation {
        sql: "alter function public.fetch_social_messages volatile; alter table public.social_messages disable row level security",
        findings: &[
            "volatility function public.fetch_social_messages",
            "row_security_off table public.social_messages",
        ],
    };

    try_all(&installation, &contract(), &[both]).await;
}
