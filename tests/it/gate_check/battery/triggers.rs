//! Triggers of somebody else's, which run in the RPCs.

use super::Case;

pub const TRIGGERS: &[Case] = &[
    Case::changes(
        "trigger_unexpected",
        "create function public.note() returns trigger language plpgsql as $$ begin return old; end $$; create trigger note before update on public.rank_sessions for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.note() returns trigger language plpgsql as $$ begin new = old; return new; end $$; create trigger note before update on public.rank_sessions for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.note() returns trigger language plpgsql as $$ begin select 'waiting' into new.status; return new; end $$; create trigger note before insert on public.rank_sessions for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        r#"create function public.note() returns trigger language plpgsql as $$ begin new := jsonb_populate_record(new, '{"status": "waiting"}'); return new; end $$; create trigger note before insert on public.rank_sessions for each row execute function public.note()"#,
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.note() returns trigger language plpgsql as $$ declare r public.rank_sessions; begin return r; end $$; create trigger note before insert on public.rank_sessions for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.note() returns trigger language plpgsql as $$ begin return new; end $$; create trigger note before delete on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.note() returns trigger language plpgsql as $$ begin insert into public.nowhere values (1); return new; end $$; create trigger note after insert on public.rank_sessions for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create table public.history (room uuid, at timestamptz); create function public.note() returns trigger language plpgsql as $$ begin insert into history (room, at) values (new.room_id, now()); return new; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create table public.history (room uuid, at timestamptz); create function public.note() returns trigger language plpgsql security definer as $$ begin insert into history (room, at) values (new.room_id, now()); return new; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create table public.history (room uuid, at timestamptz); revoke all on public.history from public, anon, authenticated, service_role; create function public.note() returns trigger language plpgsql as $$ begin insert into public.history (room, at) values (new.room_id, now()); return new; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create table public.history (room uuid, at timestamptz); alter table public.history enable row level security; grant insert on public.history to public; create function public.note() returns trigger language plpgsql as $$ begin insert into public.history (room, at) values (new.room_id, now()); return new; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.note() returns trigger language plpgsql as $$ begin if auth.uid() is null then return new; end if; return new; end $$; create trigger note before insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.note() returns trigger language plpgsql as $$ begin update public.rank_rooms set filled_count = filled_count + 1 where id = new.room_id; return new; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::harmless(
        "create table public.history (room uuid, at timestamptz); create function public.note() returns trigger language plpgsql security definer set search_path = public as $$ begin insert into history (room, at) values (new.room_id, now()); return new; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::harmless(
        "create function public.note() returns trigger language plpgsql as $$ begin perform coalesce(max(x), 0), extract(epoch from now()) from generate_series(1, 3) as x; return new; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::harmless(
        "create function public.note() returns trigger language plpgsql as $$ begin if tg_op = 'DELETE' then return old; end if; return new; end $$; create trigger note before insert or delete on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::harmless(
        "create function public.note() returns trigger language plpgsql as $$ begin perform pg_notify('x', new.room_id::text); return null; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::harmless(
        "create table public.history (who uuid); create function public.note() returns trigger language plpgsql as $$ begin insert into public.history values (new.owner_id); return new; end $$; create trigger note after insert on public.heroes for each row execute function public.note()",
    ),
    Case::harmless(
        "create trigger same before update on public.rank_sessions for each row execute function suppress_redundant_updates_trigger()",
    ),
];
