-- relations: the tables and views that the contract names, in the contract's own words.
--
-- Reads: pg_catalog, which every role may read. Runs with search_path = '', so that each name is spelt with its schema.
-- Parameter: gate.asked, a JSON object with the names (catalog/mod.rs).

select coalesce(
  jsonb_agg(
    jsonb_build_object(
      'schema', namespace.nspname,
      'name', class.relname,
      'kind', case when class.relkind in ('v', 'm') then 'view' else 'table' end,
      'owner', pg_get_userbyid(class.relowner),
      'row_security', class.relrowsecurity,
      'security_invoker', coalesce(
        (
          select option.value::boolean
          from pg_options_to_table(class.reloptions) as option (name, value)
          where option.name = 'security_invoker'
        ),
        false
      ),
      'definition', case
        when class.relkind in ('v', 'm') then regexp_replace(btrim(pg_get_viewdef(class.oid)), '\s+', ' ', 'g')
      end,
      'columns', (
        select coalesce(
          jsonb_agg(
            jsonb_strip_nulls(jsonb_build_object(
              'name', attribute.attname,
              'type', format_type(attribute.atttypid, attribute.atttypmod),
              'not_null', attribute.attnotnull,
              'default', pg_get_expr(value.adbin, value.adrelid)
            ))
            order by attribute.attnum
          ),
          '[]'
        )
        from pg_attribute as attribute
        left join pg_attrdef as value on value.adrelid = attribute.attrelid and value.adnum = attribute.attnum
        where attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
      ),
      'constraints', (
        select coalesce(jsonb_object_agg(
            owned.conname, regexp_replace(pg_get_constraintdef(owned.oid), '\s+', ' ', 'g')
          ), '{}')
        from pg_constraint as owned
        -- From 18 on, `not null` is one too; here it belongs to the column.
        where owned.conrelid = class.oid and owned.contype in ('c', 'f', 'p', 'u', 'x')
      ),
      'indexes', (
        select coalesce(
          jsonb_object_agg(
            index_class.relname,
            pg_get_indexdef(index.indexrelid) || case when index.indisvalid then '' else ' (invalid)' end
          ),
          '{}'
        )
        from pg_index as index
        join pg_class as index_class on index_class.oid = index.indexrelid
        where index.indrelid = class.oid
          and not exists (select from pg_constraint as owner where owner.conindid = index.indexrelid)
      ),
      'policies', (
        select coalesce(
          jsonb_agg(
            jsonb_strip_nulls(jsonb_build_object(
              'name', policy.polname,
              'command', case policy.polcmd
                when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
              end,
              'permissive', policy.polpermissive,
              'roles', (
                select jsonb_agg(coalesce(role.rolname, 'public') order by coalesce(role.rolname, 'public'))
                from unnest(policy.polroles) as applies (oid)
                left join pg_roles as role on role.oid = applies.oid
              ),
              'using', regexp_replace(pg_get_expr(policy.polqual, policy.polrelid), '\s+', ' ', 'g'),
              'with_check', regexp_replace(pg_get_expr(policy.polwithcheck, policy.polrelid), '\s+', ' ', 'g')
            ))
            order by policy.polname
          ),
          '[]'
        )
        from pg_policy as policy
        where policy.polrelid = class.oid
      ),
      'triggers', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'name', fired.tgname,
              'definition', pg_get_triggerdef(fired.oid),
              'enabled', case fired.tgenabled
                when 'O' then 'origin' when 'A' then 'always' when 'R' then 'replica' else 'disabled'
              end
            )
            order by fired.tgname
          ),
          '[]'
        )
        from pg_trigger as fired
        where fired.tgrelid = class.oid and not fired.tgisinternal
      ),
      'grants', jsonb_build_object('exact', (
        select jsonb_object_agg(
          asked.name,
          (
            select coalesce(
              jsonb_object_agg(
                privilege.name,
                case when granted.whole then '"*"' else to_jsonb(granted.columns) end
              ) filter (where granted.whole or granted.columns is not null),
              '{}'
            )
            from unnest(
              array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain']
            ) as privilege (name)
            cross join lateral (
              select
                case
                  -- MAINTAIN is known from 17 on.
                  when privilege.name = 'maintain' and current_setting('server_version_num')::integer < 170000
                    then false
                  when asked.role is null then exists (
                    select
                    from aclexplode(class.relacl) as acl
                    where acl.grantee = 0 and lower(acl.privilege_type) = privilege.name
                  )
                  else has_table_privilege(asked.role, class.oid, privilege.name)
                end as whole,
                (
                  select jsonb_agg(attribute.attname order by attribute.attnum)
                  from pg_attribute as attribute
                  where attribute.attrelid = class.oid
                    and attribute.attnum > 0
                    and not attribute.attisdropped
                    and privilege.name in ('select', 'insert', 'update', 'references')
                    and case
                      when asked.role is null then exists (
                        select
                        from aclexplode(attribute.attacl) as acl
                        where acl.grantee = 0 and lower(acl.privilege_type) = privilege.name
                      )
                      else has_column_privilege(asked.role, class.oid, attribute.attnum, privilege.name)
                    end
                ) as columns
            ) as granted
          )
        )
        from (
          select role.rolname::text, role.oid
          from pg_roles as role
          where current_setting('gate.asked')::jsonb -> 'roles' ? role.rolname
          union all
          select 'public', null
        ) as asked (name, role)
      ))
    )
    order by namespace.nspname, class.relname
  ),
  '[]'
)::text
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where class.relkind in ('r', 'p', 'v', 'm', 'f')
  and current_setting('gate.asked')::jsonb -> 'relations' ? (namespace.nspname || '.' || class.relname);
