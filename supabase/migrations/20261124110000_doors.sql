-- Doors: the older ways to what the RPCs now do, which a project has and goes on using until its routes have moved.
--
-- They are the older forms of the rank RPCs, which trust whom the caller names; the rights of clients on tables that
-- belong to the RPCs; and row level security that is off. Applying migrations closes none of them. Closing is a step of
-- its own, and can be taken back:
--   select door, opened_to, lockstep.uses_of_door(door, opened_to) from lockstep.open_doors();
--   select * from lockstep.close_doors();
--   select * from lockstep.reopen_doors();
-- A project that has no such door is closed from the start: then each that comes up is a finding of the gate.
-- Contract: none by itself.
-- Called by: rollout close, rollout reopen, and whoever does it by hand, as postgres; the gate asks the first one's query.
-- Undo: select lockstep.reopen_doors(); drop table if exists lockstep.closed_doors;
--   drop function lockstep.reopen_doors(); drop function lockstep.close_doors(); drop function lockstep.open_doors();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Reads the catalog only, so that every login may ask the same, without the function.
create or replace function lockstep.open_doors()
returns table (door text, opened_to text, closing text, reopening text)
language sql
stable
set search_path = ''
as $$
  -- Older forms, for whoever may run them but their owner and postgres. An empty list of rights is the default one.
  select
    'function ' || routine.oid::regprocedure,
    caller.name,
    'revoke execute on routine ' || routine.oid::regprocedure || ' from ' || caller.name,
    'grant execute on routine ' || routine.oid::regprocedure || ' to ' || caller.name
      || case when acl.is_grantable then ' with grant option' else '' end
  from pg_catalog.pg_proc as routine
  cross join aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) as acl
  cross join coalesce(nullif(acl.grantee, 0)::regrole::text, 'public') as caller (name)
  where routine.pronamespace = 'public'::regnamespace
    and routine.proname in ('verify_rank_roles_and_slots', 'sync_rank_match_roster')
    -- Ours says its version, whoever it belongs to.
    and coalesce(obj_description(routine.oid, 'pg_proc'), '') not like '{"rpc": "' || routine.proname || '", %'
    and acl.grantee <> routine.proowner
    and caller.name <> 'postgres'

  union all

  -- Rights of clients, which are whom PostgREST turns into: on what a match is played with, to write; on messages, all but what
  -- the back office needs.
  select
    'table ' || class.oid::regclass,
    client.name || ' may ' || held.phrase,
    'revoke ' || held.phrase || ' on table ' || class.oid::regclass || ' from ' || client.name,
    'grant ' || held.phrase || ' on table ' || class.oid::regclass || ' to ' || client.name
      || case when held.grantable then ' with grant option' else '' end
  from pg_catalog.pg_class as class
  cross join (
    values ('public'), ('anon'), ('authenticated'), ('service_role')
    union
    select member.roleid::regrole::text from pg_catalog.pg_auth_members as member where member.member = to_regrole('authenticator')
  ) as client (name)
  cross join lateral (
    select lower(acl.privilege_type), acl.privilege_type, acl.grantee, acl.is_grantable
    from aclexplode(coalesce(class.relacl, acldefault('r', class.relowner))) as acl
    union all
    select format('%s (%I)', lower(acl.privilege_type), attribute.attname), acl.privilege_type, acl.grantee, acl.is_grantable
    from pg_catalog.pg_attribute as attribute
    cross join aclexplode(attribute.attacl) as acl
    where attribute.attrelid = class.oid and not attribute.attisdropped
  ) as held (phrase, privilege, grantee, grantable)
  where class.relnamespace = 'public'::regnamespace
    and coalesce(nullif(held.grantee, 0)::regrole::text, 'public') = client.name
    -- Whoever may turn into one of these is another fault.
    and held.grantee <> class.relowner
    and client.name not in ('postgres', 'social_rpc_owner', 'rank_rpc_owner')
    and case class.relname
      when 'rank_match_roster' then
        held.privilege in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') and client.name <> 'service_role'
      when 'social_messages' then
        not (client.name = 'service_role' and held.privilege in ('SELECT', 'DELETE'))
      when 'social_channels' then
        not (client.name = 'service_role' and held.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
      when 'social_channel_members' then
        not (client.name = 'service_role' and held.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
      else false
    end

  union all

  -- Tables without row level security: no policy holds there, neither the project's nor ours.
  select
    'table ' || class.oid::regclass,
    'everybody, since row level security is off',
    'alter table ' || class.oid::regclass || ' enable row level security',
    'alter table ' || class.oid::regclass || ' disable row level security'
  from pg_catalog.pg_class as class
  where class.relnamespace = 'public'::regnamespace
    and class.relname in (
      'social_channels', 'social_channel_members', 'social_messages', 'heroes', 'rank_games', 'rank_rooms',
      'rank_room_slots', 'rank_participants', 'rank_match_roster', 'rank_sessions'
    )
    and not class.relrowsecurity

  order by 1, 2;
$$;

comment on function lockstep.open_doors() is 'The older ways that are open, and the statements that close and reopen each.';
revoke all on function lockstep.open_doors() from public, anon, authenticated, service_role;

-- All of them, or none, and one after the other. What was closed is kept, so that it can be opened again; that there is such a
-- table says that the doors are closed. Whoever comes after a statement that waits for a lock waits, too: so it does not for long.
create or replace function lockstep.close_doors()
returns table (door text, opened_to text)
language plpgsql
volatile
set search_path = ''
set lock_timeout = '100ms'
as $$
declare
  v_door record;
begin
  perform pg_advisory_xact_lock(hashtextextended('lockstep.closed_doors', 0));
  if to_regclass('lockstep.closed_doors') is null then
    create table lockstep.closed_doors (
      number bigint generated always as identity primary key,
      door text not null,
      opened_to text not null,
      reopening text not null,
      closed_at timestamptz not null default now()
    );
    comment on table lockstep.closed_doors is 'What lockstep.close_doors() has closed, and how it is opened again.';
    alter table lockstep.closed_doors enable row level security;
    revoke all on lockstep.closed_doors from public, anon, authenticated, service_role;
  end if;

  for v_door in select * from lockstep.open_doors() loop
    begin
      execute v_door.closing;
    exception
      -- It is still open, then, and named below.
      when insufficient_privilege or dependent_objects_still_exist then
        continue;
    end;
    insert into lockstep.closed_doors (door, opened_to, reopening)
    values (v_door.door, v_door.opened_to, v_door.reopening);
    door := v_door.door;
    opened_to := v_door.opened_to;
    return next;
  end loop;

  -- Rights that somebody else than the owner has given are not taken away, and PostgreSQL does not say so.
  select string_agg(still.door || ' to ' || still.opened_to, ', ') as doors into v_door from lockstep.open_doors() as still;
  if v_door.doors is not null then
    raise exception 'nothing was closed, because these cannot be: %', v_door.doors
      using hint = 'They belong to another role, or it has granted or passed them on. Revoke them as that role, then close again.';
  end if;
end;
$$;

comment on function lockstep.close_doors() is 'Closes what is open, and keeps how it is opened again.';
revoke all on function lockstep.close_doors() from public, anon, authenticated, service_role;

create or replace function lockstep.reopen_doors()
returns table (door text, opened_to text)
language plpgsql
volatile
set search_path = ''
set lock_timeout = '100ms'
as $$
declare
  v_door record;
begin
  perform pg_advisory_xact_lock(hashtextextended('lockstep.closed_doors', 0));
  if to_regclass('lockstep.closed_doors') is null then
    return;
  end if;

  for v_door in select * from lockstep.closed_doors as closed order by closed.number loop
    begin
      execute v_door.reopening;
    exception
      when undefined_function or undefined_table or undefined_column or undefined_object then
        raise warning 'it is no longer there: %', v_door.door;
        continue;
    end;
    door := v_door.door;
    opened_to := v_door.opened_to;
    return next;
  end loop;

  -- Where nothing had to be closed, nothing is open again.
  if exists (select from lockstep.closed_doors) then
    drop table lockstep.closed_doors;
  end if;
end;
$$;

comment on function lockstep.reopen_doors() is 'Opens what lockstep.close_doors() has closed.';
revoke all on function lockstep.reopen_doors() from public, anon, authenticated, service_role;

do $$
begin
  if not exists (select from lockstep.open_doors()) then
    perform lockstep.close_doors();
  end if;
end;
$$;

notify pgrst, 'reload schema';
