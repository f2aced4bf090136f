-- installation: the product in use for years, as the rank functions find it: the tables, and what its clients may do.
--
-- Each table has columns of the installation's own, policies that let everybody read, and the direct grants that
-- Supabase once gave by default. Its functions and rows are in installation_rows.sql.
-- Run by: postgres, after one of the grants_*.sql and before the migrations, then installation_rows.sql.

create table public.heroes (
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
  portrait_prompt text,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table public.rank_games (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references auth.users (id) on delete set null,
  name text not null,
  description text default '',
  image_url text,
  prompt_set_id uuid,
  roles jsonb default '[]',
  rules jsonb default '{}',
  rules_prefix text,
  realtime_match text default 'off',
  likes_count integer default 0,
  play_count integer default 0,
  published boolean default false,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table public.rank_rooms (
  id uuid primary key default gen_random_uuid(),
  game_id uuid references public.rank_games (id) on delete cascade,
  owner_id uuid references auth.users (id) on delete cascade,
  code text unique,
  mode text default 'casual',
  realtime_mode text default 'standard',
  status text default 'open',
  slot_count integer default 0,
  filled_count integer default 0,
  ready_count integer default 0,
  host_role_limit integer,
  brawl_rule text,
  blind_mode boolean default false,
  score_window integer,
  host_last_active_at timestamptz default now(),
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

-- The installation has looked after this one itself, under a name of its own.
create index rooms_of_owner on public.rank_rooms (owner_id);

create table public.rank_room_slots (
  id uuid primary key default gen_random_uuid(),
  room_id uuid references public.rank_rooms (id) on delete cascade,
  slot_index integer not null,
  role text,
  occupant_owner_id uuid references auth.users (id) on delete set null,
  occupant_hero_id uuid references public.heroes (id) on delete set null,
  occupant_ready boolean default false,
  invited_by uuid,
  joined_at timestamptz,
  updated_at timestamptz default now(),

  unique (room_id, slot_index)
);

create table public.rank_participants (
  id uuid primary key default gen_random_uuid(),
  game_id uuid references public.rank_games (id) on delete cascade,
  owner_id uuid references auth.users (id) on delete cascade,
  hero_id uuid references public.heroes (id) on delete set null,
  hero_ids uuid[] default '{}',
  slot_no integer,
  role text,
  rating integer default 1000,
  score integer,
  battles integer default 0,
  likes integer default 0,
  win_rate numeric,
  status text default 'alive',
  last_opponent uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),

  unique (game_id, owner_id)
);

create table public.rank_match_roster (
  id uuid primary key default gen_random_uuid(),
  match_instance_id uuid not null,
  room_id uuid references public.rank_rooms (id) on delete cascade,
  game_id uuid references public.rank_games (id) on delete cascade,
  slot_id uuid,
  slot_index integer not null,
  role text not null,
  owner_id uuid references auth.users (id) on delete set null,
  hero_id uuid references public.heroes (id) on delete set null,
  hero_name text,
  hero_summary jsonb default '{}',
  ready boolean default false,
  joined_at timestamptz,
  score integer,
  rating integer,
  battles integer,
  win_rate numeric,
  status text,
  standin boolean default false,
  match_source text,
  slot_template_version bigint default 0,
  slot_template_source text default 'room-stage',
  slot_template_updated_at timestamptz default now(),
  drop_in boolean default false,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),

  unique (match_instance_id, slot_index)
);

create table public.rank_sessions (
  id uuid primary key default gen_random_uuid(),
  game_id uuid references public.rank_games (id) on delete cascade,
  owner_id uuid references auth.users (id) on delete set null,
  status text default 'active',
  turn integer default 0,
  rating_hint integer,
  vote_snapshot jsonb,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

-- Tables of its own: one that hangs on ours, and two that its policies look up.
create table public.rank_turns (
  id bigint generated always as identity primary key,
  session_id uuid references public.rank_sessions (id) on delete cascade,
  body text
);

create table public.rank_blocks (
  blocker_id uuid,
  blocked_id uuid,
  reason text,

  primary key (blocker_id, blocked_id)
);

create table public.moderators (
  user_id uuid primary key,
  phone text
);

-- A chat that clients read and write directly, and hear of through the publication.
create table public.social_messages (
  id uuid primary key default gen_random_uuid(),
  channel_id uuid not null,
  sender_id uuid references auth.users (id) on delete set null,
  body text,
  inserted_at timestamptz not null default now(),
  edited_at timestamptz
);

create publication supabase_realtime for table public.social_messages;

-- Who may do what -------------------------------------------------------------------------------------------------

do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'heroes', 'rank_games', 'rank_rooms', 'rank_room_slots', 'rank_participants', 'rank_match_roster', 'rank_sessions',
    'rank_turns', 'rank_blocks', 'moderators', 'social_messages'
  ] loop
    execute format('alter table public.%I enable row level security', v_table);
    execute format('grant all on public.%I to anon, authenticated, service_role', v_table);
  end loop;

  foreach v_table in array array[
    'heroes', 'rank_games', 'rank_rooms', 'rank_room_slots', 'rank_match_roster', 'rank_sessions', 'rank_turns'
  ] loop
    execute format('create policy %I on public.%I for select using (true)', v_table || '_read', v_table);
  end loop;

  foreach v_table in array array['heroes', 'rank_games', 'rank_rooms', 'rank_participants', 'rank_sessions'] loop
    execute format(
      'create policy %I on public.%I for all using (auth.uid() = owner_id) with check (auth.uid() = owner_id)',
      v_table || '_own', v_table
    );
  end loop;
end;
$$;

create policy rank_room_slots_sit on public.rank_room_slots
  for update
  using (occupant_owner_id is null or occupant_owner_id = auth.uid())
  with check (occupant_owner_id = auth.uid());

create policy rank_room_slots_host on public.rank_room_slots
  for all
  using (exists (select from public.rank_rooms where id = room_id and owner_id = auth.uid()));

-- Asks a table that no function of ours knows, whose own policy asks the next one.
create policy rank_participants_read on public.rank_participants
  for select
  using (
    not exists (select from public.rank_blocks where blocker_id = owner_id and blocked_id = auth.uid())
  );

create policy rank_blocks_read on public.rank_blocks
  for select
  using (
    auth.uid() = blocker_id or auth.uid() = blocked_id
    or exists (select from public.moderators where user_id = auth.uid())
  );

create policy moderators_read on public.moderators for select using (user_id = auth.uid());

create policy "signed in may read" on public.social_messages for select to authenticated using (true);
create policy "signed in may write" on public.social_messages
  for insert to authenticated
  with check (sender_id = auth.uid());
