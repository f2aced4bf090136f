//! Mutations of what overlays stand on: times, announcements, topics, jobs.

use it::{Installation, running};
use stack::database::Grants;

use super::{
    contract,
    mutation::{Mutation, mutations, try_all},
};

pub const OVERLAYS: &[Mutation] = mutations! {
    "drop function public.end_rank_session" => ["function_missing function public.end_rank_session"];
    "alter function public.renew_rank_session_overlay security invoker" => ["security function public.renew_rank_session_overlay"];
    "grant execute on function public.fetch_rank_session_overlays to anon" => ["execute_too_wide function public.fetch_rank_session_overlays"];
    "grant execute on function lockstep.sweep_rank_overlays to authenticated" => ["execute_too_wide function lockstep.sweep_rank_overlays"];
    "revoke execute on function lockstep.is_own_topic from public" => ["execute_missing function lockstep.is_own_topic"];
    "alter function lockstep.send_overlay_events reset timezone" => ["function_settings function lockstep.send_overlay_events"];
    "select pg_temp.rebody('lockstep.room_of_session', 'room.owner_id = auth.uid()', 'true')" => ["body_changed function lockstep.room_of_session"];
    "select pg_temp.rebody('lockstep.seated_in_hand', 'slot.room_id = v_room', 'true')" => ["body_changed function lockstep.seated_in_hand"];
    "alter function lockstep.session_in_hand security invoker" => ["security function lockstep.session_in_hand"];
    "select pg_temp.rebody('lockstep.is_own_topic', '^(social:', '^(')" => ["body_changed function lockstep.is_own_topic"];
    "alter table public.rank_session_overlays drop constraint overlay_lives_five_minutes_at_most" => ["constraint_missing constraint overlay_lives_five_minutes_at_most on public.rank_session_overlays"];
    "alter table public.rank_session_overlays drop constraint overlay_lives_five_minutes_at_most, add constraint overlay_lives_five_minutes_at_most check (expires_at <= renewed_at + interval '5 hours')" => ["constraint_changed constraint overlay_lives_five_minutes_at_most on public.rank_session_overlays"];
    "alter table public.rank_session_overlays drop constraint one_overlay_per_player" => ["constraint_missing constraint one_overlay_per_player on public.rank_session_overlays"];
    "drop index public.rank_session_overlays_by_expiry" => ["index_missing index rank_session_overlays_by_expiry on public.rank_session_overlays"];
    "alter table public.rank_session_overlays disable row level security" => ["row_security_off table public.rank_session_overlays"];
    "alter table public.rank_session_overlays disable trigger new_overlays_are_announced" => ["trigger_disabled trigger new_overlays_are_announced on public.rank_session_overlays"];
    "drop trigger overlay_changes_are_announced on public.rank_session_overlays" => ["trigger_missing trigger overlay_changes_are_announced on public.rank_session_overlays"];
    "drop trigger overlay_ends_are_announced on public.rank_session_overlays" => ["trigger_missing trigger overlay_ends_are_announced on public.rank_session_overlays"];
    "drop trigger overlays_keep_their_times on public.rank_session_overlays" => ["trigger_missing trigger overlays_keep_their_times on public.rank_session_overlays"];
    r#"alter policy "room owners open overlays for who sits in their rooms" on public.rank_session_overlays with check (room_id is not null)"# => [r#"policy_changed policy "room owners open overlays for who sits in their rooms" on public.rank_session_overlays"#];
    r#"drop policy "players renew their overlays" on public.rank_session_overlays"# => [r#"policy_missing policy "players renew their overlays" on public.rank_session_overlays"#];
    r#"drop policy "the rank RPCs change no other sessions" on public.rank_sessions"# => [r#"policy_missing policy "the rank RPCs change no other sessions" on public.rank_sessions"#];
    "drop trigger seats_given_are_noted on public.rank_room_slots" => ["trigger_missing trigger seats_given_are_noted on public.rank_room_slots"];
    "select pg_temp.rebody('lockstep.still_plays', 'and not template.session_ended', '')" => ["body_changed function lockstep.still_plays"];
    r#"drop policy "our topics are heard by whom they are for" on realtime.messages"# => [r#"policy_missing policy "our topics are heard by whom they are for" on realtime.messages"#];
    r#"drop policy "nobody sends on our topics" on realtime.messages"# => [r#"policy_missing policy "nobody sends on our topics" on realtime.messages"#];
    r#"alter policy "players hear of their overlays" on realtime.messages using (extension = 'broadcast')"# => [r#"policy_changed policy "players hear of their overlays" on realtime.messages"#];
    "grant select on public.rank_session_overlays to authenticated" => ["grant_too_wide table public.rank_session_overlays"];
    "grant select on public.rank_session_overlays_live to authenticated" => ["grant_too_wide view public.rank_session_overlays_live"];
    "revoke update (expires_at) on public.rank_session_overlays from rank_rpc_owner" => ["grant_missing table public.rank_session_overlays"];
    "grant update (owner_id) on public.rank_sessions to rank_rpc_owner" => ["grant_too_wide table public.rank_sessions"];
    "alter view public.rank_session_overlays_live set (security_invoker = false)" => ["security_invoker_off view public.rank_session_overlays_live"];
    "create or replace view public.rank_session_overlays_live with (security_invoker = true) as select id, session_id, room_id, owner_id, version, expires_at from public.rank_session_overlays" => ["view_changed view public.rank_session_overlays_live"];
};

const JOBS: &[Mutation] = mutations! {
    "select cron.unschedule(jobid) from cron.job where jobname = 'rank_overlay_sweep'" => ["cron_job_missing cron job rank_overlay_sweep"];
    "update cron.job set schedule = '0 * * * *' where jobname = 'rank_overlay_sweep'" => ["cron_job_changed cron job rank_overlay_sweep"];
    "update cron.job set active = false where jobname = 'rank_overlay_log_purge'" => ["cron_job_inactive cron job rank_overlay_log_purge"];
};

#[tokio::test]
async fn each_change_of_what_overlays_stand_on_is_found_and_called_by_its_name() {
    let installation = Installation::migrated(Grants::Today).await;

    try_all(&installation, &contract(), OVERLAYS).await;
    if running().has_test_extensions() {
        try_all(&installation, &contract(), JOBS).await;
    }
}
