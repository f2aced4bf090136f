//! Roles, memberships, and what Supabase's own schemas and functions let them do.

use super::Case;

pub const ROLES: &[Case] = &[
    Case::changes("role_login", "alter role authenticator nologin"),
    Case::changes("role_login", "alter role authenticator connection limit 0"),
    Case::changes("role_login", "alter role authenticator valid until '2020-01-01'"),
    Case::changes(
        "role_login",
        "revoke connect on database postgres from public; revoke connect on database postgres from authenticator",
    ),
    Case::latent("role_login", "alter role authenticator connection limit 2"),
    Case::latent("role_login", "alter role anon login"),
    Case::changes("role_member_missing", "revoke service_role from authenticator"),
    Case::changes("role_member_missing", "revoke anon from authenticator"),
    Case::latent("role_member_too_many", "create role reporter login; grant social_rpc_owner to reporter"),
    Case::latent(
        "role_member_too_many",
        "create role team nologin; create role reporter login in role team; grant rank_rpc_owner to team",
    ),
    Case::changes("role_bound_by_rls", "alter role service_role nobypassrls"),
    Case::changes("schema_access_missing", "revoke usage on schema realtime from authenticated"),
    Case::changes("schema_access_missing", "revoke usage on schema realtime from anon"),
    Case::harmless("revoke usage on schema realtime from postgres"),
    Case::harmless("revoke usage on schema auth from postgres"),
    Case::changes("schema_access_missing", "revoke usage on schema auth from supabase_auth_admin"),
    Case::changes("schema_access_missing", "revoke usage on schema public from public, service_role"),
    Case::changes("platform_changed", "revoke execute on function realtime.topic() from public"),
    Case::harmless("revoke execute on function realtime.send(jsonb, text, text, boolean) from public"),
    Case::changes("platform_changed", "revoke execute on function auth.uid() from public"),
    Case::changes("platform_changed", "revoke execute on function auth.jwt() from public"),
    Case::changes(
        "platform_changed",
        "create or replace function auth.uid() returns uuid language sql stable as 'select null::uuid'",
    ),
    Case::changes(
        "platform_changed",
        "create or replace function auth.uid() returns uuid language sql stable as $$ select 'ada00000-0000-4000-8000-000000000001'::uuid $$",
    ),
    Case::changes(
        "platform_changed",
        "create or replace function auth.jwt() returns jsonb language sql stable as $$ select '{}'::jsonb $$",
    ),
    Case::changes(
        "platform_changed",
        "create or replace function realtime.topic() returns text language sql stable as $$ select 'game:1' $$",
    ),
    Case::changes("platform_missing", "alter function realtime.send(jsonb, text, text, boolean) rename to send_away"),
    Case::harmless("revoke insert on realtime.messages from postgres"),
    Case::changes("grant_missing", "revoke select on realtime.messages from authenticated"),
    Case::changes("grant_too_wide", "grant service_role to anon"),
    Case::changes("role_member_too_many", "grant supabase_realtime_admin to authenticated"),
    Case::latent("grant_too_wide", "grant pg_read_all_data to authenticated"),
    Case::latent(
        "grant_too_wide",
        "create role helpers; grant select on public.social_messages to helpers; grant helpers to anon",
    ),
    Case::latent(
        "role_member_too_many",
        "create role owners; alter table public.rank_rooms owner to owners; grant owners to postgres; alter role rank_rpc_owner inherit; grant owners to rank_rpc_owner",
    ),
    Case::latent(
        "schema_access_too_wide",
        "create role helpers; grant usage on schema lockstep to helpers; grant helpers to authenticated; grant select on lockstep.rank_seats_given to helpers",
    ),
    Case::changes(
        "execute_too_wide",
        "create role helpers; grant execute on function public.insert_social_message to helpers; grant helpers to anon",
    ),
    Case::changes("execute_too_wide", "grant execute on function public.fetch_social_messages to anon"),
    Case::latent("role_bypasses_rls", "alter role social_rpc_owner bypassrls"),
    Case::changes("execute_missing", "revoke execute on function lockstep.setting from social_rpc_owner"),
    Case::harmless("revoke execute on function lockstep.caller_id from postgres"),
    Case::changes("execute_missing", "revoke execute on function lockstep.may_hear_topic from public"),
    Case::harmless("revoke usage on schema lockstep from postgres"),
    Case::harmless("create role reporter login; create role team; grant team to reporter"),
    Case::harmless("grant authenticated to supabase_auth_admin; create role custom; grant custom to authenticator"),
    Case::harmless("create role readers; grant select on public.heroes to readers; grant readers to authenticated"),
    Case::harmless(
        "alter role authenticator connection limit 60; alter role authenticator valid until '2100-01-01'; alter role authenticator password 'x'",
    ),
    Case::harmless("create role reporter login; grant postgres to reporter"),
    Case::harmless("revoke usage on schema extensions from anon"),
];
