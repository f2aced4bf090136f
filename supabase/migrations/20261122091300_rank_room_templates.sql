-- The slot template that each room was last staged with: its version, and for which match.
--
-- A table of its own in the unexposed schema, not columns of rank_rooms: in an installation, clients may update their
-- rows of rank_rooms directly, and whoever can set the version back decides which staging wins.
-- Contract: none by itself.
-- Called by: sync_rank_match_roster
-- Undo: drop table lockstep.rank_room_templates;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.rank_room_templates (
  -- No foreign key, here and below: a project may truncate its rooms and sessions. Triggers do what a key would.
  room_id uuid primary key,
  version bigint not null,
  source text not null,
  updated_at timestamptz not null,
  -- A match is one room's. In the roster, two rooms could fill different slots of it.
  match_instance_id uuid unique,
  -- SHA-256 of template, roster and match. Like the match, null where the roster was written before there was an RPC to
  -- keep it: then nothing can be shown to be the same content, and the version is taken.
  digest bytea,
  staged_at timestamptz not null default now(),
  -- Which session the room is in, and whether it has ended. Not only in the status of the session, for which an
  -- installation may have words of its own.
  session_id uuid,
  session_ended boolean not null default false,
  -- The status that the session was opened with, whatever word a project has for it: it goes on while it has this one.
  session_status text,

  constraint template_version_is_not_negative check (version >= 0),
  constraint digest_is_sha_256 check (octet_length(digest) = 32)
);

create index if not exists rank_room_templates_by_session on lockstep.rank_room_templates (session_id);

alter table lockstep.rank_room_templates enable row level security;
revoke all on lockstep.rank_room_templates from public, anon, authenticated, service_role;
grant select, insert, update on lockstep.rank_room_templates to rank_rpc_owner;

drop policy if exists "room owners keep the template of their rooms" on lockstep.rank_room_templates;
create policy "room owners keep the template of their rooms" on lockstep.rank_room_templates
  for all to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid))
  with check (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid));

comment on table lockstep.rank_room_templates is
  'The slot template a room was last staged with. Written by sync_rank_match_roster only.';

-- Rooms that were staged before: the version that their roster carries is the one to be newer than.
insert into lockstep.rank_room_templates (room_id, version, source, updated_at)
select distinct on (roster.room_id)
  roster.room_id,
  roster.slot_template_version,
  coalesce(roster.slot_template_source, 'room-stage'),
  coalesce(roster.slot_template_updated_at, now())
from public.rank_match_roster as roster
where roster.room_id is not null and roster.slot_template_version >= 0
order by roster.room_id, roster.slot_template_version desc
on conflict (room_id) do nothing;
