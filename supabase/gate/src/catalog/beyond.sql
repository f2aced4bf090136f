-- beyond: of the tables that the contract names, what it does not say and what may change answers all the same.
--
-- Reads: pg_catalog, which every role may read. Parameter: gate.asked.

select coalesce(
  jsonb_object_agg(
    namespace.nspname || '.' || class.relname,
    jsonb_build_object(
      -- Columns that are computed when a row is written, by what can fail: a function of somebody's own, a division, a text
      -- that may be no number.
      'may_fail', (
        select coalesce(jsonb_agg(attribute.attname), '[]')
        from pg_attribute as attribute
        join pg_attrdef as value on value.adrelid = attribute.attrelid and value.adnum = attribute.attnum
        where attribute.attrelid = class.oid
          and attribute.attgenerated <> ''
          and (
            exists (
              select
              from pg_depend as depend
              where depend.classid = 'pg_attrdef'::regclass
                and depend.objid = value.oid
                and depend.refclassid = 'pg_proc'::regclass
            )
            or value.adbin::text ~ 'COERCEVIAIO'
            or pg_get_expr(value.adbin, value.adrelid) ~ '[/%]'
          )
      ),
      -- Roles that may not evaluate the default of a column.
      'denied_defaults', (
        select coalesce(jsonb_object_agg(denied.attname, denied.roles), '{}')
        from (
          select attribute.attname, jsonb_agg(distinct role.rolname)
          from pg_attrdef as value
          join pg_attribute as attribute on attribute.attrelid = value.adrelid and attribute.attnum = value.adnum
          join pg_depend as depend on depend.classid = 'pg_attrdef'::regclass and depend.objid = value.oid
          cross join pg_roles as role
          where value.adrelid = class.oid
            and (select current_setting('gate.asked')::jsonb) -> 'roles' ? role.rolname
            and case
              when depend.refclassid = 'pg_proc'::regclass
                then not has_function_privilege(role.oid, depend.refobjid, 'execute')
              when depend.refclassid = 'pg_class'::regclass
                and (select other.relkind from pg_class as other where other.oid = depend.refobjid) = 'S'
                then not has_sequence_privilege(role.oid, depend.refobjid, 'usage, update')
              else false
            end
          group by attribute.attname
        ) as denied (attname, roles)
      ),
      'indexes', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'name', index_class.relname,
              'constraint', (select owner.conname from pg_constraint as owner where owner.conindid = index.indexrelid and owner.contype in ('p', 'u', 'x') limit 1),
              'unique', index.indisunique,
              'excludes', index.indisexclusion,
              'valid', index.indisvalid and index.indisready and index.indislive,
              'definition', pg_get_indexdef(index.indexrelid),
              'columns', (
                select coalesce(jsonb_agg(attribute.attname), '[]')
                from unnest(index.indkey[0:index.indnkeyatts - 1]) as key (number)
                join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum = key.number
              ),
              'may_fail',
                -- A function of somebody's own is run by whoever writes; a text may be no number.
                exists (
                  select
                  from pg_depend as depend
                  where depend.classid = 'pg_class'::regclass
                    and depend.objid = index.indexrelid
                    and depend.refclassid = 'pg_proc'::regclass
                )
                or concat(index.indexprs::text, index.indpred::text) ~ 'COERCEVIAIO|:funcid 481 '
                or access_method.amname = 'btree' and exists (
                  select
                  from pg_attribute as attribute
                  where attribute.attrelid = class.oid
                    and (select current_setting('gate.asked')::jsonb) -> 'long'
                      ? (namespace.nspname || '.' || class.relname || '.' || attribute.attname)
                    and (
                      attribute.attnum = any (index.indkey::smallint[])
                      or pg_get_indexdef(index.indexrelid) ~ ('\m(lower|upper|btrim|concat)\M.*\m' || attribute.attname || '\M')
                    )
                )
            )
            order by index_class.relname
          ),
          '[]'
        )
        from pg_index as index
        join pg_class as index_class on index_class.oid = index.indexrelid
        join pg_am as access_method on access_method.oid = index_class.relam
        where index.indrelid = class.oid
      ),
      -- Foreign keys of other tables that keep rows of this one from going.
      'keeping', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'table', kept.conrelid::regclass::text, 'name', kept.conname,
              'definition', regexp_replace(pg_get_constraintdef(kept.oid), '\s+', ' ', 'g')
            )
            order by kept.oid
          ),
          '[]'
        )
        from pg_constraint as kept
        where kept.contype = 'f'
          and kept.confrelid = class.oid
          and kept.conparentid = 0
          and (
            kept.confdeltype in ('a', 'r', 'd')
            or kept.confdeltype = 'n' and exists (
              select
              from pg_attribute as attribute
              where attribute.attrelid = kept.conrelid
                and attribute.attnum = any (coalesce(kept.confdelsetcols, kept.conkey))
                and attribute.attnotnull
            )
          )
      ),
      'foreign_keys', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'name', leads.conname,
              'to', leads.confrelid::regclass::text,
              'columns', (
                select jsonb_agg(attribute.attname)
                from pg_attribute as attribute
                where attribute.attrelid = class.oid and attribute.attnum = any (leads.conkey)
              )
            )
            order by leads.conname
          ),
          '[]'
        )
        from pg_constraint as leads
        where leads.conrelid = class.oid and leads.contype = 'f'
      ),
      'checks', (
        select coalesce(jsonb_object_agg(held.conname, pg_get_expr(held.conbin, held.conrelid)), '{}')
        from pg_constraint as held
        where held.conrelid = class.oid and held.contype = 'c'
      ),
      'triggers', (
        select coalesce(
          jsonb_object_agg(
            fired.tgname,
            jsonb_build_object(
              'before', fired.tgtype::integer & 2 > 0,
              'row', fired.tgtype::integer & 1 > 0,
              'insert', fired.tgtype::integer & 4 > 0,
              'delete', fired.tgtype::integer & 8 > 0,
              'update', fired.tgtype::integer & 16 > 0,
              'columns', (
                select coalesce(jsonb_agg(attribute.attname), '[]')
                from pg_attribute as attribute
                where attribute.attrelid = class.oid and attribute.attnum = any (fired.tgattr::smallint[])
              ),
              'source', routine.prosrc,
              'function', routine.oid::regprocedure::text,
              'language', (select language.lanname from pg_language as language where language.oid = routine.prolang),
              'runs_as', case when routine.prosecdef then pg_get_userbyid(routine.proowner) end,
              'search_path', (
                select case setting.value when '""' then '' else setting.value end
                from pg_options_to_table(routine.proconfig) as setting (name, value)
                where setting.name = 'search_path'
              )
            )
          ),
          '{}'
        )
        from pg_trigger as fired
        join pg_proc as routine on routine.oid = fired.tgfoid
        where fired.tgrelid = class.oid and not fired.tgisinternal and fired.tgenabled in ('O', 'A')
      ),
      'rules', (
        select coalesce(
          jsonb_object_agg(
            rule.rulename, case rule.ev_type when '2' then 'update' when '3' then 'insert' when '4' then 'delete' end
          ),
          '{}'
        )
        from pg_rewrite as rule
        where rule.ev_class = class.oid and rule.rulename <> '_RETURN'
      )
    )
  ),
  '{}'
)::text
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where class.relkind in ('r', 'p')
  and (select current_setting('gate.asked')::jsonb) -> 'relations' ? (namespace.nspname || '.' || class.relname);
