-- What the RPCs do: on an empty copy of each table, with its defaults, checks, triggers and policies, as a role that has no more
-- rights than they have.

if v_makes then
  v_user := coalesce((select person.id from auth.users as person limit 1), gen_random_uuid());
end if;
if has_table_privilege('postgres', to_regclass('public.rank_rooms'), 'select') then
  execute 'select to_jsonb(room) from (select * from public.rank_rooms limit 1000) as room '
    'where to_jsonb(room) ->> ''owner_id'' <> '''' limit 1' into v_room;
end if;
v_room := jsonb_build_object(
  'id', coalesce(v_room ->> 'id', gen_random_uuid()::text), 'owner_id', coalesce(v_room ->> 'owner_id', v_user::text),
  'game_id', coalesce(v_room ->> 'game_id', gen_random_uuid()::text)
);
for v_try in
  select class.oid, class.oid::regclass as relation, format('lockstep_trial.%I', class.relname) as copy, made.*, tried.row
  from (
    values
      ('social_messages', 'ra', '', jsonb_build_object('client_message_id', gen_random_uuid()), jsonb_build_object(
        'channel_id', gen_random_uuid(), 'sender_id', v_user, 'body', 'hello')),
      ('rank_match_roster', 'rad', 'delete from %s', jsonb_build_object(
        'hero_id', gen_random_uuid(), 'hero_name', 'Bolt', 'hero_summary', '{}'::jsonb,
        'slot_id', gen_random_uuid(), 'ready', true, 'joined_at', now(), 'score', 1, 'rating', 1, 'battles', 1, 'win_rate', 1,
        'status', 'ready', 'standin', true, 'match_source', 'room', 'slot_template_version', 1,
        'slot_template_source', 'room-stage', 'slot_template_updated_at', now()), jsonb_build_object(
        'id', gen_random_uuid(), 'match_instance_id', gen_random_uuid(), 'room_id', v_room -> 'id',
        'game_id', v_room -> 'game_id', 'owner_id', v_room -> 'owner_id', 'slot_index', 0, 'role', 'attack')),
      ('rank_sessions', 'raw', 'update %s set owner_id = owner_id', '{}',
        jsonb_build_object('id', gen_random_uuid(), 'game_id', v_room -> 'game_id', 'owner_id', v_room -> 'owner_id')),
      ('social_channel_members', 'r', '', '{}', jsonb_build_object('user_id', v_user)),
      ('rank_rooms', 'r', '', '{}', v_room),
      ('rank_room_slots', 'r', '', '{}', jsonb_build_object('room_id', v_room -> 'id')),
      ('rank_participants', 'r', '', '{}', jsonb_build_object('owner_id', v_user)),
      ('heroes', 'r', '', '{}', jsonb_build_object('owner_id', v_user))
  ) as made (name, done, afterwards, more, given)
  -- With the least that the RPCs write, and with all of it: a trigger may do something for each.
  cross join lateral (select made.given union all select made.given || made.more where made.more <> '{}') as tried (row)
  join pg_catalog.pg_class as class on class.relname = made.name and class.relnamespace = 'public'::regnamespace
  where v_makes and class.relkind = 'r' and pg_has_role('postgres', class.relowner, 'usage')
    -- The row that is made up would not fit there.
    and array_to_string(v_differences, e'\n')
      !~ format('(?n)^column public\.%s\.\S+: it is (missing|computed|[^,\n]+, and not )', made.name)
loop
  v_begun := false;
  begin
    create schema lockstep_trial;
    create role lockstep_trial;
    grant lockstep_trial to postgres;
    grant usage on schema public, lockstep_trial to lockstep_trial, authenticated;
    execute format(
      -- What is only read needs no constraint: its rows are there.
      case v_try.done when 'r' then 'create table %s as table %s with no data' else 'create table %s (like %s including all)' end,
      v_try.copy, v_try.relation
    );
    if v_added ? v_try.name then
      execute format('alter table %s %s', v_try.copy, v_added ->> v_try.name);
    end if;
    execute format('grant all on %s to lockstep_trial, authenticated', v_try.copy);
    execute format('alter table %s enable row level security', v_try.copy);
    execute format('create policy lockstep_trial on %s using (true) with check (true)', v_try.copy);
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
      join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('*', 'all')) as command (letter, name) on letter = policy.polcmd
      cross join lateral (
        select coalesce(pg_get_expr(policy.polwithcheck, v_try.oid), pg_get_expr(policy.polqual, v_try.oid))
      ) as written (condition)
      cross join lateral (
        select case when policy.polpermissive then written.condition else '((' || written.condition || ') is null) is not null' end
      ) as said (condition)
      where policy.polrelid = v_try.oid and 0 = any (policy.polroles)
        and (policy.polcmd = '*' or strpos(v_try.done, policy.polcmd::text) > 0)
        and not exists (
          select from pg_catalog.pg_depend as depend
          where depend.classid = 'pg_catalog.pg_policy'::regclass and depend.objid = policy.oid
            and depend.refclassid = 'pg_catalog.pg_class'::regclass and depend.refobjid <> v_try.oid
        )
      union all
      -- The RPCs are given those of the sequences that postgres may give.
      select format('grant usage on sequence %s to lockstep_trial', numbers.oid::regclass)
      from pg_catalog.pg_attrdef as value
      join pg_catalog.pg_depend as depend on depend.classid = 'pg_catalog.pg_attrdef'::regclass and depend.objid = value.oid
      join pg_catalog.pg_class as numbers on depend.refclassid = 'pg_catalog.pg_class'::regclass and numbers.oid = depend.refobjid
      where value.adrelid = v_try.oid
        and case
          when numbers.relkind = 'S' then has_sequence_privilege('postgres', numbers.oid, 'usage with grant option')
        end
    loop
      execute v_statement;
    end loop;

    v_claims := jsonb_build_object(
      'sub', coalesce(v_try.given -> 'sender_id', v_try.given -> 'owner_id'), 'role', 'authenticated');
    perform set_config('request.jwt.claims', v_claims, true), set_config('role', 'lockstep_trial', true);
    set constraints all immediate;
    v_begun := true;
    execute (
      select format(
        'insert into %s as made (%s) values (%s) returning to_jsonb(made)',
        v_try.copy, string_agg(format('%I', given.key), ', '), string_agg(format('%L', given.value), ', ')
      )
      from jsonb_each_text(v_try.row) as given
    ) into v_done;
    if v_done is null or not v_done @> (v_try.given - 'body') then -- A text may be masked.
      raise sqlstate 'LT001' using message = 'a trigger leaves it out, or writes something else';
    end if;
    for v_policy in
      select
        theirs.polname as name,
        coalesce(pg_get_expr(theirs.polwithcheck, v_try.oid), pg_get_expr(theirs.polqual, v_try.oid)) as condition,
        -- What the RPCs leave to defaults is known, and the role of whoever calls them.
        theirs.polcmd in ('r', '*') and theirs.polwithcheck is null and v_try.done ~ 'a'
            and asks.columns > 0 and asks.written = 0
          or asks.columns = 0 and asks.functions = '{auth.role}'
            and concat(pg_get_expr(theirs.polqual, v_try.oid), pg_get_expr(theirs.polwithcheck, v_try.oid)) !~ 'current_setting'
          as hides
      from pg_catalog.pg_policy as copied
      join pg_catalog.pg_policy as theirs on theirs.polrelid = v_try.oid and theirs.polname = copied.polname
      cross join lateral (
        select
          count(held.attname), count(held.attname) filter (where v_try.given || v_try.more ? held.attname),
          array_agg(concat(home.nspname, '.', called.proname)) filter (where called.oid is not null)
        from pg_catalog.pg_depend as depend
        left join pg_catalog.pg_attribute as held
          on depend.refclassid = 'pg_catalog.pg_class'::regclass
          and held.attrelid = depend.refobjid and held.attnum = nullif(depend.refobjsubid, 0)
        left join pg_catalog.pg_proc as called
          on depend.refclassid = 'pg_catalog.pg_proc'::regclass and called.oid = depend.refobjid
        left join pg_catalog.pg_namespace as home on home.oid = called.pronamespace
        where depend.classid = 'pg_catalog.pg_policy'::regclass and depend.objid = theirs.oid
      ) as asks (columns, written, functions)
      where copied.polrelid = v_try.copy::regclass and not copied.polpermissive
    loop
      -- As a policy, since text that names `auth` may be compiled by nobody else.
      perform set_config('role', 'postgres', true);
      execute format('create policy lockstep_trial_sees on %s as restrictive for select using (%s)', v_try.copy, v_policy.condition);
      foreach v_role in array array['lockstep_trial', 'authenticated'] loop
        perform set_config('role', v_role, true);
        execute format('select exists (select from %s)', v_try.copy) into v_lets_in;
        if v_lets_in and v_role = 'authenticated' then
          raise sqlstate 'LT001' using message =
            format('its policy "%s" lets a row pass for authenticated, and not for another role', v_policy.name);
        end if;
        exit when v_lets_in;
      end loop;
      if not v_lets_in and v_policy.hides then
        raise sqlstate 'LT001' using message = format('its policy "%s" hides what the RPCs write', v_policy.name);
      end if;
      perform set_config('role', 'postgres', true);
      execute format('drop policy lockstep_trial_sees on %s', v_try.copy);
    end loop;
    -- What is somebody else's, a policy may ask in another way.
    perform
      set_config('request.jwt.claims', jsonb_build_object('sub', gen_random_uuid(), 'role', 'authenticated')::text, true),
      set_config('role', 'lockstep_trial', true);
    execute format('select count(*) from %s', v_try.copy) into v_rows;
    perform set_config('request.jwt.claims', v_claims, true);
    execute format(v_try.afterwards, v_try.copy);
    get diagnostics v_rows = row_count;
    if v_rows = 0 and v_try.done ~ 'd' then
      raise sqlstate 'LT001' using message = 'a trigger keeps what is removed';
    end if;
    raise sqlstate 'LS000';
  exception
    when sqlstate 'LS000' then null;
    when others then
      get stacked diagnostics v_where = pg_exception_context, v_domain = pg_datatype_name;
      v_where := split_part(v_where, e'\n', 1);
      v_differences := array_remove(v_differences || case
        when not v_begun then
          format('table %s: it cannot be copied, to be tried: %s (%s).', v_try.relation, sqlerrm, v_where)
        when sqlstate = 'LT001' then
          format('table %s: %s. Change it; a policy may be meant for clients alone: alter policy … to anon, authenticated.', v_try.relation, sqlerrm)
        when (sqlstate ~ '^(42|3F|0A)' or v_domain <> '') and v_where !~ ' at RAISE$' then
          format(
            'table %s: the RPCs could not read or write there: %s (%s). A function: alter function … security definer set '
            'search_path = …; or, what everybody may use: grant … to public. A policy that is meant for clients alone: alter '
            'policy … to anon, authenticated.', v_try.relation, sqlerrm, v_where
          )
      end, null);
  end;
end loop;
