-- Heroes, games, rooms and matches: created where they are missing, taken as they are where an installation has them.
--
-- A table that exists keeps its columns, constraints, policies, rights and rows. It is given the columns that the RPCs
-- use, should one be missing.
-- Contract: none by itself, the rank RPCs read and write them.
-- Called by: the rank RPCs, and whatever an installation has.
-- Undo: select lockstep.drop_what_was_made('rank_sessions', 'rank_match_roster', 'rank_participants', 'rank_room_slots',
--     'rank_rooms', 'rank_games', 'heroes');

set local role postgres;
set local search_path = '';
-- Several tables are locked one after the other, and a reader of the first waits for all of them.
set local lock_timeout = '100ms';

create table if not exists public.heroes (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references auth.users (id) on delete cascade,
  name text not null,
  description text default '',
  ability1 text,
  ability2 text,
  ability3 text,
  ability4 text,
  image_url text,
  background_url text,
  bgm_url text,
  bgm_duration_seconds integer,
  bgm_mime text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists public.rank_games (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references auth.users (id) on delete set null,
  name text not null,
  description text default '',
  image_url text,
  prompt_set_id uuid,
  roles jsonb not null default '[]',
  rules jsonb not null default '{}',
  rules_prefix text,
  realtime_match text not null default 'off',
  likes_count integer not null default 0,
  play_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists public.rank_rooms (
  id uuid primary key default gen_random_uuid(),
  game_id uuid not null,
  owner_id uuid not null references auth.users (id) on delete cascade,
  code text not null unique,
  mode text not null default 'casual',
  realtime_mode text not null default 'standard',
  status text not null default 'open',
  slot_count integer not null default 0,
  filled_count integer not null default 0,
  ready_count integer not null default 0,
  host_role_limit integer,
  brawl_rule text,
  blind_mode boolean not null default false,
  host_last_active_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists public.rank_room_slots (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null,
  slot_index integer not null,
  role text,
  occupant_owner_id uuid references auth.users (id) on delete set null,
  occupant_hero_id uuid,
  occupant_ready boolean not null default false,
  joined_at timestamptz,
  updated_at timestamptz not null default now(),

  unique (room_id, slot_index)
);

create table if not exists public.rank_participants (
  id uuid primary key default gen_random_uuid(),
  game_id uuid not null,
  owner_id uuid not null references auth.users (id) on delete cascade,
  hero_id uuid,
  hero_ids uuid[] not null default '{}',
  slot_no integer,
  role text,
  rating integer not null default 1000,
  score integer,
  battles integer not null default 0,
  likes integer not null default 0,
  win_rate numeric,
  status text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  unique (game_id, owner_id)
);

create table if not exists public.rank_match_roster (
  id uuid primary key default gen_random_uuid(),
  match_instance_id uuid not null,
  room_id uuid,
  game_id uuid not null,
  slot_id uuid,
  slot_index integer not null,
  role text not null,
  owner_id uuid references auth.users (id) on delete set null,
  hero_id uuid,
  hero_name text,
  hero_summary jsonb not null default '{}',
  ready boolean not null default false,
  joined_at timestamptz,
  score integer,
  rating integer,
  battles integer,
  win_rate numeric,
  status text,
  standin boolean not null default false,
  match_source text,
  slot_template_version bigint not null default 0,
  slot_template_source text not null default 'room-stage',
  slot_template_updated_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  unique (match_instance_id, slot_index)
);

create table if not exists public.rank_sessions (
  id uuid primary key default gen_random_uuid(),
  game_id uuid not null,
  owner_id uuid references auth.users (id) on delete set null,
  status text not null default 'active',
  turn integer not null default 0,
  rating_hint integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

select lockstep.refer('heroes', '{rank_room_slots occupant_hero_id null, rank_participants hero_id null,
  rank_match_roster hero_id null}');
select lockstep.refer('rank_games', '{rank_rooms game_id cascade, rank_sessions game_id cascade,
  rank_participants game_id cascade, rank_match_roster game_id cascade}');
select lockstep.refer('rank_rooms', '{rank_room_slots room_id cascade, rank_match_roster room_id cascade}');

-- What the RPCs use, for installations that were left behind. Nullable, because their rows have no value for it.
select lockstep.add_missing_column(used.relation, unnest(used.names), used.type)
from (
  values
    ('heroes', '{description, ability1, ability2, ability3, ability4, image_url, background_url}'::text[], 'text'),
    ('rank_participants', '{rating, score, battles}', 'integer'),
    ('rank_participants', '{win_rate}', 'numeric'),
    ('rank_match_roster', '{slot_id}', 'uuid'),
    ('rank_match_roster', '{hero_summary}', 'jsonb'),
    ('rank_match_roster', '{ready, standin}', 'boolean'),
    ('rank_match_roster', '{score, rating, battles}', 'integer'),
    ('rank_match_roster', '{win_rate}', 'numeric'),
    ('rank_match_roster', '{status, match_source, slot_template_source}', 'text'),
    ('rank_match_roster', '{slot_template_version}', 'bigint'),
    ('rank_match_roster', '{joined_at, slot_template_updated_at}', 'timestamptz'),
    ('rank_sessions', '{status}', 'text'),
    ('rank_sessions', '{updated_at}', 'timestamptz')
) as used (relation, names, type);

do $$
declare
  v_table text;
  v_column text;
begin
  -- Clients have no rights here, they come through the RPCs. `service_role` is the team's own back office; what is in
  -- the roster was checked by the RPC, so the back office removes rows there and writes none.
  foreach v_table in array array[
    'heroes', 'rank_games', 'rank_rooms', 'rank_room_slots', 'rank_participants', 'rank_match_roster', 'rank_sessions'
  ] loop
    continue when lockstep.has_adopted(v_table);
    perform lockstep.keep_clients_out(v_table);
    execute format(
      case v_table
        when 'rank_match_roster' then 'grant select, delete on public.%I to service_role'
        else 'grant select, insert, update, delete on public.%I to service_role'
      end,
      v_table
    );
  end loop;

  -- A foreign key is followed backwards when a user, a game, a room or a hero goes; that is looked after on tables that
  -- are made here. By which columns the RPCs search, on whatever table, the next files look after.
  for v_table, v_column in
    select owned.conrelid::regclass::text, attribute.attname
    from pg_catalog.pg_constraint as owned
    join pg_catalog.pg_class as class on class.oid = owned.conrelid
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = owned.conrelid and attribute.attnum = owned.conkey[1]
    where owned.contype = 'f'
      and class.relnamespace = 'public'::regnamespace
      and class.relname ~ '^(heroes|rank_(games|rooms|room_slots|participants|match_roster|sessions))$'
      and not lockstep.has_adopted(class.relname)
      and (class.relname, attribute.attname) not in (('rank_rooms', 'owner_id'), ('rank_match_roster', 'room_id'))
      and not exists (
        select from pg_catalog.pg_index where indrelid = owned.conrelid and indkey[0] = owned.conkey[1] and indpred is null
      )
    order by 1, 2
  loop
    execute format('create index on %s (%I)', v_table, v_column);
  end loop;
end;
$$;
