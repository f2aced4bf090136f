//! Mutations of tables, policies, triggers, rights, schemas and roles.

use it::Installation;
use stack::database::Grants;

use super::{
    contract,
    mutation::{Mutation, mutations, try_all},
};

pub const RELATIONS: &[Mutation] = mutations! {
    "alter table public.social_messages disable row level security" => ["row_security_off table public.social_messages"];
    "alter table public.heroes disable row level security" => ["row_security_off table public.heroes"];
    "alter table lockstep.settings disable row level security" => ["row_security_off table lockstep.settings"];
    "drop table lockstep.rank_room_templates" => ["relation_missing table lockstep.rank_room_templates"];
    "alter table lockstep.settings rename to options" => ["relation_missing table lockstep.settings"];
    "alter table lockstep.audit_log set schema public" => ["relation_missing table lockstep.audit_log"];
    "alter table public.social_messages owner to social_rpc_owner" => ["relation_owner table public.social_messages"];
    "alter table public.rank_rooms owner to rank_rpc_owner" => ["relation_owner table public.rank_rooms"];
    "alter table public.heroes drop column ability1" => ["column_missing column public.heroes.ability1"];
    "alter table public.rank_participants rename column rating to elo" => ["column_missing column public.rank_participants.rating"];
    "alter table lockstep.audit_log alter column rpc type character varying" => ["column_changed column lockstep.audit_log.rpc"];
    "alter table public.rank_match_roster alter column win_rate type double precision" => ["column_changed column public.rank_match_roster.win_rate"];
    "alter table public.social_messages alter column body drop not null" => ["column_changed column public.social_messages.body"];
    "alter table public.social_messages alter column id drop default" => ["column_changed column public.social_messages.id"];
    "alter table public.social_messages drop constraint one_message_per_client_message_id" => ["constraint_missing constraint one_message_per_client_message_id on public.social_messages"];
    "alter table public.social_messages drop constraint message_body_length, add constraint message_body_length check (char_length(body) between 1 and 8000)" => ["constraint_changed constraint message_body_length on public.social_messages"];
    "drop index public.social_messages_by_channel_and_age" => ["index_missing index social_messages_by_channel_and_age on public.social_messages"];
    "drop index public.social_messages_by_sender_and_age; create index social_messages_by_sender_and_age on public.social_messages (inserted_at)" => ["index_changed index social_messages_by_sender_and_age on public.social_messages"];
    "drop trigger new_messages_are_announced on public.social_messages" => ["trigger_missing trigger new_messages_are_announced on public.social_messages"];
    "alter table public.social_messages disable trigger new_messages_are_announced" => ["trigger_disabled trigger new_messages_are_announced on public.social_messages"];
    "alter table lockstep.audit_log enable trigger audit_log_grows_only" => ["trigger_disabled trigger audit_log_grows_only on lockstep.audit_log"];
    "create or replace trigger new_messages_are_announced after insert on public.social_messages for each row when (new.sender_id is not null) execute function lockstep.announce_social_message()" => ["trigger_changed trigger new_messages_are_announced on public.social_messages"];
    r#"drop policy "the social RPCs read no messages of other channels" on public.social_messages"# => [r#"policy_missing policy "the social RPCs read no messages of other channels" on public.social_messages"#];
    r#"drop policy "the rank RPCs see no other rooms" on public.rank_rooms"# => [r#"policy_missing policy "the rank RPCs see no other rooms" on public.rank_rooms"#];
    r#"alter policy "members hear their channels" on realtime.messages rename to "hear""# => [r#"policy_missing policy "members hear their channels" on realtime.messages"#];
    r#"alter policy "the social RPCs read no messages of other channels" on public.social_messages using (true)"# => [r#"policy_changed policy "the social RPCs read no messages of other channels" on public.social_messages"#];
    r#"alter policy "the social RPCs see no memberships of others" on public.social_channel_members using (user_id <> (select lockstep.caller_id()))"# => [r#"policy_changed policy "the social RPCs see no memberships of others" on public.social_channel_members"#];
    r#"alter policy "the social RPCs write to no other channels and in no other name" on public.social_messages with check (sender_id = (select lockstep.caller_id()))"# => [r#"policy_changed policy "the social RPCs write to no other channels and in no other name" on public.social_messages"#];
    r#"alter policy "the social RPCs read no messages of other channels" on public.social_messages to public"# => [r#"policy_changed policy "the social RPCs read no messages of other channels" on public.social_messages"#];
    r#"drop policy "the rank RPCs see no other heroes" on public.heroes; create policy "the rank RPCs see no other heroes" on public.heroes for all to rank_rpc_owner using (lockstep.plays_game_in_hand(owner_id))"# => [r#"policy_changed policy "the rank RPCs see no other heroes" on public.heroes"#];
    r#"drop policy "room owners see their rooms" on public.rank_rooms; create policy "room owners see their rooms" on public.rank_rooms for all to rank_rpc_owner using (owner_id = (select lockstep.caller_id()))"# => [r#"policy_changed policy "room owners see their rooms" on public.rank_rooms"#];
    r#"alter policy "members hear their channels" on realtime.messages using (extension = 'broadcast')"# => [r#"policy_changed policy "members hear their channels" on realtime.messages"#];
    r#"create policy "everybody reads" on public.social_messages for select to authenticated using (true)"# => [r#"policy_unexpected policy "everybody reads" on public.social_messages"#];
    r#"create policy "an installation's own" on public.rank_rooms for select to public using (true); create policy "of others" on public.rank_rooms as restrictive for select to public using (created_at is not null)"# => [];
    "alter table public.rank_rooms add column note text not null default ''; create trigger own before update on public.rank_rooms for each row execute function suppress_redundant_updates_trigger()" => [];
    "create function pg_temp.swallow() returns trigger language plpgsql as 'begin return null; end'; create trigger mute before insert on public.social_messages for each row execute function pg_temp.swallow()" => ["trigger_unexpected trigger mute on public.social_messages"];
    "create rule nothing as on insert to public.social_messages do instead nothing" => ["rule_unexpected rule nothing on public.social_messages"];
    "alter table public.social_messages add constraint \"no Caps\" check (body = lower(body)) not valid" => ["constraint_unexpected constraint no Caps on public.social_messages"];
    "alter table lockstep.audit_log add column reason text not null" => ["column_unexpected column lockstep.audit_log.reason"];
    "alter table public.rank_match_roster add column \"Seat\" text not null default ''; alter table public.rank_match_roster alter column \"Seat\" drop default" => ["column_unexpected column public.rank_match_roster.Seat"];
    "alter table lockstep.audit_log alter column id drop identity" => ["column_changed column lockstep.audit_log.id"];
    "alter table public.social_messages alter column inserted_at set default clock_timestamp(), alter column body set default 'x'" => ["column_changed column public.social_messages.body", "column_changed column public.social_messages.inserted_at"];
    "grant select on public.social_messages to authenticated" => ["grant_too_wide table public.social_messages"];
    "grant all on public.social_channels to public" => ["grant_too_wide table public.social_channels"];
    "grant truncate on public.social_messages to service_role" => ["grant_too_wide table public.social_messages"];
    "grant update (body) on public.social_messages to social_rpc_owner" => ["grant_too_wide table public.social_messages"];
    "grant insert on public.social_messages to social_rpc_owner" => ["grant_too_wide table public.social_messages"];
    "grant update on public.social_channel_members to public" => ["grant_too_wide table public.social_channel_members"];
    "grant insert on public.rank_rooms to public" => ["grant_too_wide table public.rank_rooms"];
    "grant insert (id) on public.social_messages to social_rpc_owner" => ["grant_too_wide table public.social_messages"];
    "grant insert on public.rank_match_roster to authenticated" => ["grant_too_wide table public.rank_match_roster"];
    "grant update (slot_index) on public.rank_match_roster to anon" => ["grant_too_wide table public.rank_match_roster"];
    "grant update on public.rank_rooms to rank_rpc_owner" => ["grant_too_wide table public.rank_rooms"];
    "grant select on lockstep.settings to authenticated" => ["grant_too_wide table lockstep.settings"];
    "revoke select on public.social_messages from social_rpc_owner" => ["grant_missing table public.social_messages"];
    "revoke insert (body) on public.social_messages from social_rpc_owner" => ["grant_missing table public.social_messages"];
    "revoke delete on public.rank_match_roster from rank_rpc_owner" => ["grant_missing table public.rank_match_roster"];
    "revoke select on public.social_channels from service_role" => ["grant_missing table public.social_channels"];
};

pub const ACCESS: &[Mutation] = mutations! {
    "grant usage on schema lockstep to authenticated" => ["schema_access_too_wide schema lockstep"];
    "grant usage on schema lockstep to public" => ["schema_access_too_wide schema lockstep"];
    "grant create on schema lockstep to social_rpc_owner" => ["schema_access_too_wide schema lockstep"];
    "alter schema lockstep owner to supabase_admin" => ["schema_owner schema lockstep"];
    "revoke usage on schema public from public, authenticated" => ["schema_access_missing schema public"];
    "alter function realtime.send rename to send_away" => ["platform_missing function realtime.send(jsonb,text,text,boolean)"];
    "alter role authenticated bypassrls" => ["role_bypasses_rls role authenticated"];
    "alter role anon superuser" => ["role_bypasses_rls role anon"];
    "revoke authenticated from authenticator" => ["role_member_missing role authenticated"];
    "alter table public.rank_rooms owner to authenticated" => ["relation_owner table public.rank_rooms"];
    "grant social_rpc_owner to authenticated; grant truncate on public.social_messages to authenticated" => ["grant_too_wide table public.social_messages", "role_member_too_many role social_rpc_owner"];
    "revoke usage on schema lockstep from rank_rpc_owner" => ["schema_access_missing schema lockstep"];
    "alter role social_rpc_owner bypassrls" => ["role_bypasses_rls role social_rpc_owner"];
    "alter role rank_rpc_owner superuser" => ["role_bypasses_rls role rank_rpc_owner"];
    "alter role rank_rpc_owner login" => ["role_login role rank_rpc_owner"];
    "grant social_rpc_owner to authenticated" => ["role_member_too_many role social_rpc_owner"];
    "grant rank_rpc_owner to authenticator" => ["role_member_too_many role rank_rpc_owner"];
    "grant rank_rpc_owner to social_rpc_owner" => ["role_member_too_many role rank_rpc_owner"];
};

#[tokio::test]
async fn each_change_of_a_table_and_of_rights_is_found_and_called_by_its_name() {
    let installation = Installation::migrated(Grants::Today).await;

    for mutations in [RELATIONS, ACCESS] {
        try_all(&installation, &contract(), mutations).await;
    }
}
