-- What the project had before: remembered once, before anything is made.
--
-- A table that was there is the project's. It keeps its rights, policies and constraints, and row level security as it
-- is: what the contract wants closed on it is closed by lockstep.close_doors(), once nothing uses it any more. An index
-- that was there stays when ours are undone. The list stands in the comment of the schema, which every login may read.
-- Contract: none by itself.
-- Called by: the migrations that make tables, and the gate.
-- Undo: drop function lockstep.drop_what_was_made(text[]); drop function lockstep.drop_index_that_was_made(text);
--   drop function lockstep.keep_clients_out(text);
--   drop function lockstep.add_missing_column(text, text, text);
--   drop function lockstep.has_adopted(text);
--   drop schema lockstep;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $$
begin
  if to_regnamespace('lockstep') is not null then
    return;
  end if;

  create schema lockstep;
  execute format(
    'comment on schema lockstep is %L',
    jsonb_build_object(
      'is', 'Helpers of the versioned RPCs. Not exposed, no rights for clients.',
      'adopted', (
        select coalesce(jsonb_agg(found.relname order by found.relname), '[]')
        from pg_catalog.pg_class as found
        where found.relnamespace = 'public'::regnamespace
          and found.relname in (
            'social_channels', 'social_channel_members', 'social_messages', 'heroes', 'rank_games', 'rank_rooms',
            'rank_room_slots', 'rank_participants', 'rank_match_roster', 'rank_sessions',
            'social_channel_members_by_user', 'social_messages_by_channel_and_age', 'social_messages_by_sender_and_age',
            'one_message_per_client_message_id',
            'rank_match_roster_by_room', 'rank_match_roster_match_instance_id_slot_index_key', 'rank_rooms_by_owner'
          )
      )
    )
  );
end;
$$;

revoke all on schema lockstep from public, anon, authenticated, service_role;

create or replace function lockstep.has_adopted(p_name text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select obj_description('lockstep'::regnamespace, 'pg_namespace')::jsonb -> 'adopted' ? has_adopted.p_name;
$$;

comment on function lockstep.has_adopted(text) is 'Whether the project had a table or index of this name in public before.';
revoke all on function lockstep.has_adopted(text) from public, anon, authenticated, service_role;

-- Asks first whether there is anything to do: even a change that changes nothing would wait for everybody who reads.
create or replace function lockstep.keep_clients_out(p_table text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_table constant regclass := format('public.%I', keep_clients_out.p_table)::regclass;
begin
  if lockstep.has_adopted(keep_clients_out.p_table) then
    return;
  end if;

  if not (select class.relrowsecurity from pg_catalog.pg_class as class where class.oid = v_table) then
    execute format('alter table %s enable row level security', v_table);
  end if;
  execute format('revoke all on %s from public, anon, authenticated, service_role', v_table);
end;
$$;

comment on function lockstep.keep_clients_out(text) is
  'Turns row level security on and takes every right from clients, on a table that the migrations have made.';
revoke all on function lockstep.keep_clients_out(text) from public, anon, authenticated, service_role;

-- A column that is added to a table of the project says so, and can be told from the project's own.
create or replace function lockstep.add_missing_column(p_table text, p_column text, p_type text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_role text;
begin
  -- Even where it is there, `add column if not exists` would wait for everybody who reads.
  if exists (
    select
    from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = format('public.%I', add_missing_column.p_table)::regclass
      and attribute.attname = add_missing_column.p_column
      and not attribute.attisdropped
  ) then
    return;
  end if;

  execute format(
    'alter table public.%I add column %I %s',
    add_missing_column.p_table, add_missing_column.p_column, add_missing_column.p_type
  );
  -- Who may read each of the others reads `select *`, and goes on.
  for v_role in
    select coalesce(nullif(acl.grantee, 0)::regrole::text, 'public')
    from pg_catalog.pg_attribute as attribute
    cross join aclexplode(attribute.attacl) as acl
    where attribute.attrelid = format('public.%I', add_missing_column.p_table)::regclass
      and acl.privilege_type = 'SELECT'
      and not attribute.attisdropped
    group by acl.grantee
    having count(distinct attribute.attnum) + 1 = (
      select count(*)
      from pg_catalog.pg_attribute as held
      where held.attrelid = format('public.%I', add_missing_column.p_table)::regclass
        and held.attnum > 0
        and not held.attisdropped
    )
  loop
    execute format(
      'grant select (%I) on public.%I to %s', add_missing_column.p_column, add_missing_column.p_table, v_role
    );
  end loop;

  execute format(
    'comment on column public.%I.%I is ''Added by lockstep.''', add_missing_column.p_table, add_missing_column.p_column
  );
  perform lockstep.remember_own(format('column public.%s.%s', add_missing_column.p_table, add_missing_column.p_column));
end;
$$;

comment on function lockstep.add_missing_column(text, text, text) is 'Adds a column to a table that has none of its name.';
revoke all on function lockstep.add_missing_column(text, text, text) from public, anon, authenticated, service_role;

-- For undoing.
create or replace function lockstep.drop_index_that_was_made(p_index text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  if not lockstep.has_adopted(drop_index_that_was_made.p_index) then
    execute format('drop index if exists public.%I', drop_index_that_was_made.p_index);
  end if;
end;
$$;

comment on function lockstep.drop_index_that_was_made(text) is 'Drops an index, unless the project had it before.';
revoke all on function lockstep.drop_index_that_was_made(text) from public, anon, authenticated, service_role;

-- For undoing: what the project had stays, without the columns that were added to it.
create or replace function lockstep.drop_what_was_made(variadic p_tables text[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_table text;
  v_column text;
begin
  foreach v_table in array drop_what_was_made.p_tables loop
    if not lockstep.has_adopted(v_table) then
      execute format('drop table public.%I', v_table);
      continue;
    end if;
    for v_column in
      select attribute.attname
      from pg_catalog.pg_attribute as attribute
      where attribute.attrelid = format('public.%I', v_table)::regclass
        and col_description(attribute.attrelid, attribute.attnum) = 'Added by lockstep.'
    loop
      execute format('alter table public.%I drop column %I', v_table, v_column);
    end loop;
    execute format('drop trigger if exists what_points_at_it_goes_with_it on public.%I', v_table);
    execute format('drop trigger if exists what_points_at_them_goes_with_them on public.%I', v_table);
  end loop;
end;
$$;

comment on function lockstep.drop_what_was_made(text[]) is
  'Drops tables that the migrations have made, and what they have added to those of the project.';
revoke all on function lockstep.drop_what_was_made(text[]) from public, anon, authenticated, service_role;
