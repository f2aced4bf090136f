-- functions: those that the contract names, in every form they have, in the contract's own words.
--
-- Reads: pg_catalog, which every role may read. Runs with search_path = '', so that each name is spelt with its schema.
-- Parameter: gate.asked, a JSON object with the names (catalog/mod.rs).

select coalesce(
  jsonb_agg(
    jsonb_build_object(
      'comment', obj_description(routine.oid, 'pg_proc'),
      'source', coalesce(pg_get_function_sqlbody(routine.oid), routine.prosrc),
      'function', jsonb_build_object(
        'schema', namespace.nspname,
        'name', routine.proname,
        'arguments', (
          select coalesce(
            jsonb_agg(
              jsonb_strip_nulls(jsonb_build_object(
                'name', coalesce(routine.proargnames[argument.number], ''),
                'type', format_type(argument.type, null),
                'mode', case argument.mode when 'b' then 'inout' when 'v' then 'variadic' else 'in' end,
                'default', pg_get_function_arg_default(routine.oid, argument.number::integer)
              ))
              order by argument.number
            ),
            '[]'
          )
          from unnest(
            coalesce(routine.proallargtypes, routine.proargtypes::oid[]),
            coalesce(routine.proargmodes, array_fill('i'::"char", array[routine.pronargs::integer]))
          ) with ordinality as argument (type, mode, number)
          where argument.mode in ('i', 'b', 'v')
        ),
        'returns', jsonb_build_object(
          'set', routine.proretset,
          'type', format_type(routine.prorettype, null),
          'columns', coalesce(
            (
              select jsonb_agg(
                jsonb_build_object(
                  'name', coalesce(routine.proargnames[result.number], ''), 'type', format_type(result.type, null)
                )
                order by result.number
              )
              from unnest(routine.proallargtypes, routine.proargmodes) with ordinality as result (type, mode, number)
              where result.mode in ('o', 'b', 't')
            ),
            (
              select jsonb_agg(
                jsonb_build_object(
                  'name', attribute.attname, 'type', format_type(attribute.atttypid, attribute.atttypmod)
                )
                order by attribute.attnum
              )
              from pg_type as row_type
              join pg_attribute as attribute on attribute.attrelid = row_type.typrelid
              where row_type.oid = routine.prorettype and attribute.attnum > 0 and not attribute.attisdropped
            ),
            '[]'
          )
        ),
        'volatility', case routine.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
        'security', case when routine.prosecdef then 'definer' else 'invoker' end,
        'strict', routine.proisstrict,
        'owner', pg_get_userbyid(routine.proowner),
        'search_path', (
          -- An empty one is kept as "".
          select case setting.value when '""' then '' else setting.value end
          from pg_options_to_table(routine.proconfig) as setting (name, value)
          where setting.name = 'search_path'
        ),
        'statement_timeout', (
          select setting.value
          from pg_options_to_table(routine.proconfig) as setting (name, value)
          where setting.name = 'statement_timeout'
        ),
        'settings', (
          select coalesce(jsonb_object_agg(setting.name, setting.value), '{}')
          from pg_options_to_table(routine.proconfig) as setting (name, value)
          where setting.name not in ('search_path', 'statement_timeout')
        ),
        'execute', (
          select jsonb_build_object(
            'must', coalesce(jsonb_agg(asked.role order by asked.role) filter (where asked.may), '[]'),
            'must_not', coalesce(jsonb_agg(asked.role order by asked.role) filter (where not asked.may), '[]')
          )
          from (
            select role.rolname::text as role, has_function_privilege(role.oid, routine.oid, 'execute') as may
            from pg_roles as role
            where (select current_setting('gate.asked')::jsonb) -> 'roles' ? role.rolname
            union all
            select
              'public',
              exists (
                select
                from aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) as acl
                where acl.grantee = 0 and acl.privilege_type = 'EXECUTE'
              )
          ) as asked
        ),
        'body_sha256', encode(
          sha256(
            convert_to(replace(coalesce(pg_get_function_sqlbody(routine.oid), routine.prosrc), e'\r\n', e'\n'), 'UTF8')
          ),
          'hex'
        )
      )
    )
    order by routine.oid::regprocedure::text
  ),
  '[]'
)::text
from pg_proc as routine
join pg_namespace as namespace on namespace.oid = routine.pronamespace
where (select current_setting('gate.asked')::jsonb) -> 'functions' ? (namespace.nspname || '.' || routine.proname);
