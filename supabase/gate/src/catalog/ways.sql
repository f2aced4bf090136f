-- ways: views and functions that reach what the contract's tables protect with the rights of their owners, and whom of the
-- clients they are open to.
--
-- Reads: pg_catalog, which every role may read. Parameter: gate.asked.

with recursive protected (oid, name) as (
  select class.oid, namespace.nspname || '.' || class.relname
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  where (select current_setting('gate.asked')::jsonb) -> 'protected' ? (namespace.nspname || '.' || class.relname)
),
-- A view, and what it shows in the end.
showing (view, oid, name) as (
  select rule.ev_class, protected.oid, protected.name
  from protected
  join pg_depend as depend on depend.refclassid = 'pg_class'::regclass and depend.refobjid = protected.oid
  join pg_rewrite as rule on depend.classid = 'pg_rewrite'::regclass and rule.oid = depend.objid
  where rule.ev_class <> protected.oid
  union
  select rule.ev_class, showing.oid, showing.name
  from showing
  join pg_depend as depend on depend.refclassid = 'pg_class'::regclass and depend.refobjid = showing.view
  join pg_rewrite as rule on depend.classid = 'pg_rewrite'::regclass and rule.oid = depend.objid
  where rule.ev_class <> showing.view
),
client (name, oid) as (
  select role.rolname::text, role.oid
  from pg_roles as role
  where (select current_setting('gate.asked')::jsonb) -> 'clients' ? role.rolname
),
way (kind, name, reaches, client) as (
  select
    case class.relkind when 'm' then 'materialized view' else 'view' end,
    class.oid::regclass::text,
    showing.name,
    client.name
  from showing
  join pg_class as class on class.oid = showing.view
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  cross join client
  where class.relkind in ('v', 'm')
    and not (select current_setting('gate.asked')::jsonb) -> 'askers' ? pg_get_userbyid(class.relowner)
    and not (select current_setting('gate.asked')::jsonb) -> 'relations' ? (namespace.nspname || '.' || class.relname)
    -- With the rights of whoever asks it, it shows what that role may see anyway.
    and not coalesce(
      (
        select option.value::boolean
        from pg_options_to_table(class.reloptions) as option (name, value)
        where option.name = 'security_invoker'
      ),
      false
    )
    and (
      has_any_column_privilege(client.oid, class.oid, 'select, insert, update')
      or has_table_privilege(client.oid, class.oid, 'delete')
    )
    and has_schema_privilege(client.oid, class.relnamespace, 'usage')
  union
  select 'function', routine.oid::regprocedure::text, protected.name, client.name
  from pg_proc as routine
  join pg_namespace as namespace on namespace.oid = routine.pronamespace
  cross join protected
  cross join client
  cross join lateral (
    select
      split_part(protected.name, '.', 1),
      split_part(protected.name, '.', 2),
      regexp_replace(regexp_replace(routine.prosrc, '--[^\n]*', ' ', 'g'), '/\*.*?\*/', ' ', 'g')
  ) as spelt (home, name, source)
  where routine.prosecdef
    -- Realtime's own are Supabase's.
    and namespace.nspname <> 'realtime'
    -- Policies hold for the owners of the RPCs.
    and not (select current_setting('gate.asked')::jsonb) -> 'askers' ? pg_get_userbyid(routine.proowner)
    and routine.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and not (select current_setting('gate.asked')::jsonb) -> 'functions' ? (namespace.nspname || '.' || routine.proname)
    and has_function_privilege(client.oid, routine.oid, 'execute')
    and has_schema_privilege(client.oid, routine.pronamespace, 'usage')
    and not exists (
      select
      from pg_depend as depend
      where depend.classid = 'pg_proc'::regclass and depend.objid = routine.oid and depend.deptype = 'e'
    )
    and (
      exists (
        select
        from pg_depend as depend
        where depend.classid = 'pg_proc'::regclass
          and depend.objid = routine.oid
          and depend.refclassid = 'pg_class'::regclass
          and depend.refobjid in (select protected.oid union select showing.view from showing where showing.oid = protected.oid)
      )
      -- A body is a text, unless it is SQL's own. Where the search path has the schema, names need none.
      or spelt.source ~* ('\m' || spelt.home || '"?\s*\.\s*"?' || spelt.name || '\M')
      or spelt.source ~* ('(^|[^.\w"])"?' || spelt.name || '\M')
        and coalesce(
          (
            select setting.value
            from pg_options_to_table(routine.proconfig) as setting (name, value)
            where setting.name = 'search_path'
          ),
          'public'
        ) ~ ('\m' || spelt.home || '\M')
      -- Helpers are not for clients, whatever they reach.
      or spelt.home <> 'public' and spelt.home <> 'realtime'
        and spelt.source ~* ('\m' || spelt.home || '"?\s*\.\s*"?\w+"?\s*\(')
    )
)
select coalesce(
  jsonb_agg(jsonb_build_object('kind', found.kind, 'name', found.name, 'reaches', found.reaches, 'clients', found.clients)),
  '[]'
)::text
from (
  select way.kind, way.name, jsonb_agg(distinct way.reaches), jsonb_agg(distinct way.client)
  from way
  group by way.kind, way.name
  order by way.kind, way.name
) as found (kind, name, reaches, clients);
