-- What is on the tables that the project had before, and what shows them to others: remembered once, as digests, before
-- anything is added.
--
-- A trigger that refuses words, a view that shows messages, what PostgREST calls before each request: they are the project's
-- business as long as they are as they were. One that comes later, or is changed, is a finding of the gate, until the
-- contract has it. The digests stand with the list of those tables, in the comment of the schema.
-- Contract: none by itself.
-- Called by: the migrations that make tables, and the gate, which asks the first one's query.
-- Undo: drop function lockstep.remember_own(text); drop function lockstep.own_objects();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Reads the catalog only, so that every login may ask the same, without the function. A digest is of the object's name, its
-- definition, and the functions that it calls.
create or replace function lockstep.own_objects()
returns table (object text, digest text)
language sql
stable
set search_path = ''
as $$
  with adopted (oid, name) as (
    select class.oid, 'public.' || class.relname
    from pg_catalog.pg_class as class
    where class.relnamespace = 'public'::regnamespace
      and class.relkind in ('r', 'p')
      and strpos(obj_description(to_regnamespace('lockstep'), 'pg_namespace'), format('"%s"', class.relname)) > 0
  ),
  found (classid, oid, object, definition) as (
    select
      'pg_catalog.pg_trigger'::regclass, fired.oid, format('trigger %s on %s', fired.tgname, adopted.name),
      concat(fired.tgenabled, pg_get_triggerdef(fired.oid))
    from adopted
    join pg_catalog.pg_trigger as fired on fired.tgrelid = adopted.oid and not fired.tgisinternal
    union all
    select
      'pg_catalog.pg_rewrite'::regclass, rule.oid, format('rule %s on %s', rule.rulename, adopted.name),
      pg_get_ruledef(rule.oid)
    from adopted
    join pg_catalog.pg_rewrite as rule on rule.ev_class = adopted.oid
    union all
    select
      'pg_catalog.pg_policy'::regclass, policy.oid, format('policy "%s" on %s', policy.polname, adopted.name),
      concat_ws(
        ' ', policy.polcmd, policy.polpermissive, policy.polroles::regrole[],
        pg_get_expr(policy.polqual, policy.polrelid), pg_get_expr(policy.polwithcheck, policy.polrelid)
      )
    from adopted
    join pg_catalog.pg_policy as policy on policy.polrelid = adopted.oid
    union all
    select
      'pg_catalog.pg_constraint'::regclass, rule.oid, format('constraint %s on %s', rule.conname, adopted.name),
      pg_get_constraintdef(rule.oid)
    from adopted
    join pg_catalog.pg_constraint as rule on rule.conrelid = adopted.oid
    union all
    select
      'pg_catalog.pg_class'::regclass, class.oid, format('index %s on %s', class.relname, adopted.name),
      pg_get_indexdef(class.oid)
    from adopted
    join pg_catalog.pg_index as index on index.indrelid = adopted.oid
    join pg_catalog.pg_class as class on class.oid = index.indexrelid
    union all
    select
      'pg_catalog.pg_attrdef'::regclass, value.oid, format('column %s.%s', adopted.name, attribute.attname),
      concat_ws(
        ' ', format_type(attribute.atttypid, attribute.atttypmod), attribute.attcollation::regcollation,
        attribute.attnotnull, attribute.attidentity, attribute.attgenerated, pg_get_expr(value.adbin, value.adrelid)
      )
    from adopted
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = adopted.oid and attribute.attnum > 0 and not attribute.attisdropped
    left join pg_catalog.pg_attrdef as value on value.adrelid = adopted.oid and value.adnum = attribute.attnum
    union all
    select
      'pg_catalog.pg_inherits'::regclass, null, format('table %s: rows of %s', adopted.name, child.inhrelid::regclass), ''
    from adopted
    join pg_catalog.pg_inherits as child on child.inhparent = adopted.oid
    union all
    select
      'pg_catalog.pg_inherits'::regclass, null,
      format('table %s: its rows are shown by %s', adopted.name, parent.inhparent::regclass), ''
    from adopted
    join pg_catalog.pg_inherits as parent on parent.inhrelid = adopted.oid
    union all
    select
      'pg_catalog.pg_class'::regclass, null, format('right of everybody to %s on %s', lower(held.privilege), adopted.name),
      string_agg(held.place, ' ' order by held.place)
    from adopted
    cross join lateral (
      select acl.privilege_type, '*'
      from pg_catalog.pg_class as class
      cross join aclexplode(class.relacl) as acl
      where class.oid = adopted.oid and acl.grantee = 0
      union all
      select acl.privilege_type, attribute.attname::text
      from pg_catalog.pg_attribute as attribute
      cross join aclexplode(attribute.attacl) as acl
      where attribute.attrelid = adopted.oid and not attribute.attisdropped and acl.grantee = 0
    ) as held (privilege, place)
    group by adopted.name, held.privilege
    union all
    -- With the rights of their owners, they may show any of those tables; to whom they are open is a part of what they are.
    select
      'pg_catalog.pg_class'::regclass, class.oid,
      format('%s %s', case class.relkind when 'm' then 'materialized view' else 'view' end, class.oid::regclass),
      concat_ws(' ', class.relowner::regrole, class.reloptions, class.relacl, pg_get_viewdef(class.oid))
    from pg_catalog.pg_class as class
    where class.relkind in ('v', 'm')
      and class.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      and exists (select from adopted)
    union all
    select
      'pg_catalog.pg_proc'::regclass, routine.oid, format('function %s', routine.oid::regprocedure),
      concat_ws(
        ' ', routine.proowner::regrole, routine.proconfig, routine.proacl, routine.prosrc, pg_get_function_sqlbody(routine.oid)
      )
    from pg_catalog.pg_proc as routine
    where routine.prosecdef
      and routine.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      and exists (select from adopted)
    union all
    -- What PostgREST calls before each request.
    select
      'pg_catalog.pg_db_role_setting'::regclass, null,
      'setting pgrst.db_pre_request of role authenticator'
        || case when kept.setdatabase <> 0 then ' in database ' || current_database() else '' end,
      concat_ws(' ', item.setting, called.prosecdef, called.proconfig, called.prosrc)
    from pg_catalog.pg_db_role_setting as kept
    cross join unnest(kept.setconfig) as item (setting)
    left join pg_catalog.pg_proc as called on called.oid = to_regprocedure(split_part(item.setting, '=', 2) || '()')
    where kept.setrole = to_regrole('authenticator')
      and kept.setdatabase in (0, (select here.oid from pg_catalog.pg_database as here where here.datname = current_database()))
      and item.setting like 'pgrst.db_pre_request=%'
  )
  select
    found.object,
    left(md5(concat_ws(
      e'\n', found.object, found.definition,
      (
        select string_agg(
          concat_ws(
            ' ', routine.proowner::regrole, routine.prosecdef, routine.proconfig, routine.prosrc,
            pg_get_function_sqlbody(routine.oid)
          ),
          e'\n' order by routine.oid::regprocedure::text
        )
        from pg_catalog.pg_depend as depend
        join pg_catalog.pg_proc as routine on routine.oid = depend.refobjid
        where depend.classid = found.classid
          and depend.objid = found.oid
          and depend.refclassid = 'pg_catalog.pg_proc'::regclass
      )
    )), 12)
  from found;
$$;

comment on function lockstep.own_objects() is
  'What is on the tables that the project had before, what may show them to others, and a digest of each.';
revoke all on function lockstep.own_objects() from public, anon, authenticated, service_role;

-- Null: all that is there.
create or replace function lockstep.remember_own(p_object text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_comment constant jsonb := obj_description('lockstep'::regnamespace, 'pg_namespace')::jsonb;
begin
  execute format(
    'comment on schema lockstep is %L',
    v_comment || jsonb_build_object(
      'own', coalesce(v_comment -> 'own', '[]') || (
        select coalesce(jsonb_agg(own.digest), '[]')
        from lockstep.own_objects() as own
        where own.object = coalesce(remember_own.p_object, own.object)
      )
    )
  );
end;
$$;

comment on function lockstep.remember_own(text) is 'Takes what is on the tables that the project had before as its own, as it is now.';
revoke all on function lockstep.remember_own(text) from public, anon, authenticated, service_role;

do $$
begin
  if not obj_description('lockstep'::regnamespace, 'pg_namespace')::jsonb ? 'own' then
    perform lockstep.remember_own(null);
  end if;
end;
$$;
