-- Tries, where nothing was seen to differ: does once what the migrations and the RPCs do, as a role that has no more rights
-- than those of the RPCs, and takes all of it back.
--
-- Triggers, defaults, checks and policies of a project run inside the RPCs: with an empty search path, and without the
-- rights of its clients. Whether they can is found out by running them. What they refuse is the project's business, and
-- may be the fault of the row that is made up here; only what they are not able to do is in the way.
-- Contract: none.
-- Called by: nobody.
-- Undo: select;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- What the migrations do: event triggers may forbid it, or change what is made.
do $make$
declare
  v_where text;
begin
  if to_regprocedure('lockstep.has_adopted(text)') is not null then
    return;
  end if;

  create schema lockstep;
  create role lockstep_trial;
  grant lockstep_trial to postgres;
  grant create, usage on schema public, lockstep to lockstep_trial;
  create table lockstep.trial (id uuid primary key references auth.users (id));
  alter table lockstep.trial enable row level security;
  create policy trial on lockstep.trial using (true);
  create function lockstep.trial() returns trigger language plpgsql as 'begin return null; end';
  create trigger trial after insert on lockstep.trial for each row execute function lockstep.trial();
  alter function lockstep.trial() owner to lockstep_trial;
  drop policy trial on lockstep.trial;
  perform trial.id from lockstep.trial;
  raise sqlstate 'LS000';
exception
  -- What was made ends with the block.
  when sqlstate 'LS000' then
    null;
  when others then
    get stacked diagnostics v_where = pg_exception_context;
    raise exception 'nothing was changed, since this project does not let the migrations make what they make: %', sqlerrm
      using detail = v_where, hint = 'Where an event trigger stands here, disable it while the migrations are applied.';
end;
$make$;

-- What the RPCs do: on an empty copy of each table, with its defaults, checks, triggers and policies.
do $use$
declare
  v_user constant uuid := coalesce((select person.id from auth.users as person limit 1), gen_random_uuid());
  v_room jsonb;
  v_try record;
  v_policy record;
  v_statement text;
  v_role text;
  v_lets_in boolean;
  v_begun boolean;
  v_done jsonb;
  v_rows integer;
  v_where text;
  v_domain text;
  v_differences text;
begin
  if to_regprocedure('lockstep.has_adopted(text)') is not null then
    return;
  end if;

  if to_regclass('public.rank_rooms') is not null then
    execute 'select jsonb_build_object(''id'', room.id, ''game_id'', room.game_id, ''owner_id'', room.owner_id) '
      'from public.rank_rooms as room where room.owner_id is not null limit 1' into v_room;
  end if;
  v_room := coalesce(
    v_room, jsonb_build_object('id', gen_random_uuid(), 'game_id', gen_random_uuid(), 'owner_id', v_user));
  for v_try in
    select class.oid, class.oid::regclass as relation, format('lockstep.%I', class.relname) as copy, made.*
    from (
      values
        ('social_messages', 'ra', 'members read messages', '', jsonb_build_object(
          'channel_id', gen_random_uuid(), 'sender_id', v_user, 'body', 'hello')),
        ('rank_match_roster', 'rad', 'room owners replace the roster of their rooms', 'delete from %s', jsonb_build_object(
          'id', gen_random_uuid(), 'match_instance_id', gen_random_uuid(), 'room_id', v_room -> 'id',
          'game_id', v_room -> 'game_id', 'owner_id', v_room -> 'owner_id', 'slot_index', 0, 'role', 'attack')),
        ('rank_sessions', 'raw', 'room owners open sessions of their games', 'update %s set owner_id = owner_id',
          jsonb_build_object('id', gen_random_uuid(), 'game_id', v_room -> 'game_id', 'owner_id', v_room -> 'owner_id')),
        ('social_channel_members', 'r', 'members see memberships', '', jsonb_build_object('user_id', v_user)),
        ('rank_rooms', 'r', 'room owners see their rooms', '', v_room),
        ('rank_room_slots', 'r', 'room owners see the slots of their rooms', '', jsonb_build_object('room_id', v_room -> 'id')),
        ('rank_participants', 'r', 'room owners see who plays the game', '', jsonb_build_object('owner_id', v_user)),
        ('heroes', 'r', 'room owners see the heroes they may field', '', jsonb_build_object('owner_id', v_user))
    ) as made (name, done, policy, afterwards, given)
    join pg_catalog.pg_class as class on class.relname = made.name and class.relnamespace = 'public'::regnamespace
  loop
    v_begun := false;
    begin
      create schema lockstep;
      create role lockstep_trial;
      grant lockstep_trial to postgres;
      grant usage on schema public, lockstep to lockstep_trial, authenticated;
      execute format(
        -- What is only read needs no constraint: its rows are there.
        case v_try.done when 'r' then 'create table %s as table %s with no data' else 'create table %s (like %s including all)' end,
        v_try.copy, v_try.relation
      );
      execute format('grant all on %s to lockstep_trial, authenticated', v_try.copy);
      execute format('alter table %s enable row level security', v_try.copy);
      execute format('create policy %I on %s using (true) with check (true)', v_try.policy, v_try.copy);
      for v_statement in
        select replace(pg_get_triggerdef(fired.oid), format(' ON %s ', v_try.relation), format(' ON %s ', v_try.copy))
        from pg_catalog.pg_trigger as fired
        where fired.tgrelid = v_try.oid and not fired.tgisinternal and fired.tgenabled in ('O', 'A') and v_try.done <> 'r'
        union all
        -- They let the row pass, since it is made up; a table that one looks at, the RPCs are given.
        select concat(
          format('create policy %I on %s as ', policy.polname, v_try.copy),
          case when policy.polpermissive then 'permissive' else 'restrictive' end, ' for ', command.name,
          case when command.name <> 'insert' then ' using (' || said.condition || ')' end,
          case when command.name <> 'select' then ' with check (' || said.condition || ')' end
        )
        from pg_catalog.pg_policy as policy
        join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('*', 'all')) as command (letter, name)
          on command.letter = policy.polcmd
        cross join lateral (
          select coalesce(pg_get_expr(policy.polwithcheck, v_try.oid), pg_get_expr(policy.polqual, v_try.oid))
        ) as written (condition)
        cross join lateral (
          select case when policy.polpermissive then written.condition else '((' || written.condition || ') is null) is not null' end
        ) as said (condition)
        where policy.polrelid = v_try.oid and 0 = any (policy.polroles)
          and (policy.polcmd = '*' or strpos(v_try.done, policy.polcmd::text) > 0)
          and not exists (
            select
            from pg_catalog.pg_depend as depend
            where depend.classid = 'pg_catalog.pg_policy'::regclass and depend.objid = policy.oid
              and depend.refclassid = 'pg_catalog.pg_class'::regclass and depend.refobjid <> v_try.oid
          )
        union all
        -- The RPCs are given those of the sequences that postgres may give.
        select format('grant usage on sequence %s to lockstep_trial', numbers.oid::regclass)
        from pg_catalog.pg_attrdef as value
        join pg_catalog.pg_depend as depend
          on depend.classid = 'pg_catalog.pg_attrdef'::regclass and depend.objid = value.oid
        join pg_catalog.pg_class as numbers
          on depend.refclassid = 'pg_catalog.pg_class'::regclass and numbers.oid = depend.refobjid
        where value.adrelid = v_try.oid
          and case
            when numbers.relkind = 'S' then has_sequence_privilege('postgres', numbers.oid, 'usage with grant option')
          end
      loop
        execute v_statement;
      end loop;

      perform
        set_config('request.jwt.claims', jsonb_build_object(
          'sub', coalesce(v_try.given -> 'sender_id', v_try.given -> 'owner_id'), 'role', 'authenticated')::text, true),
        set_config('role', 'lockstep_trial', true);
      set constraints all immediate;
      v_begun := true;
      execute (
        select format(
          'insert into %s as made (%s) values (%s) returning to_jsonb(made)',
          v_try.copy, string_agg(format('%I', given.key), ', '), string_agg(format('%L', given.value), ', ')
        )
        from jsonb_each_text(v_try.given) as given
      ) into v_done;
      if v_done is null or not v_done @> v_try.given then
        raise sqlstate 'LT001' using message = 'a trigger leaves it out, or writes something else';
      end if;
      for v_policy in
        select theirs.polname as name, coalesce(
          pg_get_expr(theirs.polwithcheck, v_try.oid), pg_get_expr(theirs.polqual, v_try.oid)
        ) as condition
        from pg_catalog.pg_policy as copied
        join pg_catalog.pg_policy as theirs on theirs.polrelid = v_try.oid and theirs.polname = copied.polname
        where copied.polrelid = v_try.copy::regclass and not copied.polpermissive
      loop
        -- As a policy, since text that names `auth` may be compiled by nobody else.
        perform set_config('role', 'postgres', true);
        execute format('create policy lockstep_trial on %s as restrictive for select using (%s)', v_try.copy, v_policy.condition);
        foreach v_role in array array['lockstep_trial', 'authenticated'] loop
          perform set_config('role', v_role, true);
          execute format('select exists (select from %s)', v_try.copy) into v_lets_in;
          if v_lets_in and v_role = 'authenticated' then
            raise sqlstate 'LT001' using message = format(
              'its policy "%s" lets a row pass for authenticated, and not for another role', v_policy.name
            );
          end if;
          exit when v_lets_in;
        end loop;
        perform set_config('role', 'postgres', true);
        execute format('drop policy lockstep_trial on %s', v_try.copy);
      end loop;
      perform set_config('role', 'lockstep_trial', true);
      execute format(v_try.afterwards, v_try.copy);
      get diagnostics v_rows = row_count;
      if v_rows = 0 and v_try.done ~ 'd' then
        raise sqlstate 'LT001' using message = 'a trigger keeps what is removed';
      end if;
      raise sqlstate 'LS000';
    exception
      -- What was made ends with the block, and that was that.
      when sqlstate 'LS000' then
        null;
      when others then
        get stacked diagnostics v_where = pg_exception_context, v_domain = pg_datatype_name;
        v_where := split_part(v_where, e'\n', 1);
        if not v_begun then
          raise;
        elsif sqlstate = 'LT001' then
          v_differences := concat_ws(e'\n', v_differences, format('table %s: %s', v_try.relation, sqlerrm));
        elsif (sqlstate ~ '^(42|3F|0A)' or v_domain <> '') and v_where !~ ' at RAISE$' then
          v_differences := concat_ws(e'\n', v_differences, format('table %s: %s (%s)', v_try.relation, sqlerrm, v_where));
        end if;
    end;
  end loop;

  if v_differences is not null then
    raise exception e'nothing was changed, since the RPCs could not read or write in this project:\n%', v_differences
      using hint = 'A function: alter function … security definer set search_path = …; or, what everybody may use: grant … '
        'to public. A policy: alter policy … to anon, authenticated.';
  end if;
end;
$use$;
