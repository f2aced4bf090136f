//! Ways around the policies: views, functions and copies of somebody else's.

use super::Case;

pub const WAYS: &[Case] = &[
    Case::changes(
        "way_around",
        "set local role postgres; create view public.feed as select * from public.social_messages; grant select on public.feed to anon; reset role",
    ),
    Case::changes(
        "way_around",
        "set local role postgres; create view public.inner_feed as select * from public.social_messages; create view public.feed as select body from public.inner_feed; revoke all on public.inner_feed from anon, authenticated; grant select on public.feed to authenticated; reset role",
    ),
    Case::changes(
        "way_around",
        "set local role postgres; create materialized view public.feed as select * from public.social_messages; grant select on public.feed to anon, authenticated; refresh materialized view public.feed; reset role",
    ),
    Case::changes(
        "way_around",
        "set local role postgres; create view public.members as select * from public.social_channel_members; grant select (user_id), select on public.members to public; reset role",
    ),
    Case::changes(
        "way_around",
        "set local role postgres; create view public.configuration with (security_invoker = false) as select * from lockstep.settings; grant select on public.configuration to anon; reset role",
    ),
    Case::latent(
        "way_around",
        "set local role postgres; create function public.everything() returns setof public.social_messages language sql security definer as 'select * from social_messages'; grant execute on function public.everything() to anon, authenticated; reset role",
    ),
    Case::changes(
        "way_around",
        "set local role postgres; create function public.everything() returns bigint language plpgsql security definer set search_path = '' as $$ begin return (select count(*) from public.\"social_messages\"); end $$; reset role",
    ),
    Case::changes(
        "way_around",
        "set local role postgres; create function public.everything() returns bigint language sql security definer begin atomic select count(*) from public.social_messages; end; grant execute on function public.everything() to authenticated; reset role",
    ),
    Case::changes(
        "way_around",
        "set local role postgres; create function public.limits() returns jsonb language sql security definer as $$ select lockstep.setting('messages_per_minute') $$; reset role",
    ),
    Case::latent(
        "way_around",
        "set local role postgres; create view public.one_overlay as select * from public.rank_session_overlays_live; grant select on public.one_overlay to authenticated; reset role",
    ),
    Case::harmless(
        "set local role postgres; create view public.feed with (security_invoker = true) as select * from public.social_messages; grant select on public.feed to anon, authenticated; reset role",
    ),
    Case::harmless(
        "set local role postgres; create view public.feed as select * from public.social_messages; revoke all on public.feed from public, anon, authenticated; grant select on public.feed to service_role; reset role",
    ),
    Case::harmless(
        "set local role postgres; create view public.rooms as select id from public.rank_rooms where false; grant select on public.rooms to anon; reset role",
    ),
    Case::harmless(
        "set local role postgres; create function public.everything() returns bigint language sql security invoker as 'select count(*) from public.social_messages'; reset role",
    ),
    Case::harmless(
        "set local role postgres; create function public.everything() returns bigint language sql security definer as 'select count(*) from public.social_messages'; revoke all on function public.everything() from public, anon, authenticated; reset role",
    ),
    Case::harmless(
        "set local role postgres; create schema backroom; create view backroom.feed as select * from public.social_messages; grant select on backroom.feed to anon; reset role",
    ),
    Case::harmless(
        "set local role postgres; create function public.one() returns integer language sql security definer as $$ select 1 /* social_messages */ $$; revoke all on function public.one() from anon, authenticated, public; reset role",
    ),
    Case::harmless(
        "create table public.notes (id bigint primary key); create function public.add(a integer, b integer) returns integer language sql as 'select a + b'",
    ),
    Case::latent(
        "way_around",
        "set local role postgres; create view public.heard as select * from realtime.messages; grant select on public.heard to anon; reset role",
    ),
    Case::latent(
        "way_around",
        "set local role postgres; create function public.tell(p text) returns void language sql security definer as $$ insert into realtime.messages (topic, extension, private, event) values (p, 'broadcast', true, 'message') $$; grant execute on function public.tell(text) to anon; reset role",
    ),
    Case::harmless(
        "set local role postgres; create function public.tell(p text) returns void language sql security definer as $$ select realtime.send('{}', 'x', 'game:' || p, true) $$; revoke all on function public.tell(text) from anon; reset role",
    ),
];
