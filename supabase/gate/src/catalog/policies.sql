-- policies: what the policies of the contract's tables look up, and which roles lack the rights for it.
--
-- A policy is evaluated with the rights of whoever asks: one that looks at a table, or runs a function, that this role may
-- not, ends the request. Policies of the tables that are looked at hold there, too.
-- Reads: pg_catalog. Parameter: gate.asked.

with recursive asker (name, oid) as (
  select role.rolname::text, role.oid
  from pg_roles as role
  where (select current_setting('gate.asked')::jsonb) -> 'askers' ? role.rolname
),
looked_up (asker, name, relation, policy, object_class, object, number, seen) as (
  select
    asker.oid,
    asker.name,
    namespace.nspname || '.' || class.relname,
    policy.polname::text,
    depend.refclassid,
    depend.refobjid,
    depend.refobjsubid::smallint,
    array[class.oid]
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  join pg_policy as policy on policy.polrelid = class.oid
  join asker on 0 = any (policy.polroles)
    or exists (select from unnest(policy.polroles) as applies (oid) where applies.oid <> 0 and pg_has_role(asker.oid, applies.oid, 'usage'))
  join pg_depend as depend
    on depend.classid = 'pg_policy'::regclass
    and depend.objid = policy.oid
    and (
      depend.refclassid = 'pg_proc'::regclass
      or depend.refclassid = 'pg_class'::regclass and depend.refobjid <> class.oid
    )
  where class.relrowsecurity
    and (select current_setting('gate.asked')::jsonb) -> 'relations' ? (namespace.nspname || '.' || class.relname)
  union
  select
    looked_up.asker,
    looked_up.name,
    looked_up.relation,
    looked_up.policy,
    depend.refclassid,
    depend.refobjid,
    depend.refobjsubid::smallint,
    looked_up.seen || class.oid
  from looked_up
  join pg_class as class on looked_up.object_class = 'pg_class'::regclass and class.oid = looked_up.object
  join pg_policy as policy on policy.polrelid = class.oid and policy.polcmd in ('r', '*')
  join pg_depend as depend
    on depend.classid = 'pg_policy'::regclass
    and depend.objid = policy.oid
    and (
      depend.refclassid = 'pg_proc'::regclass
      or depend.refclassid = 'pg_class'::regclass and depend.refobjid <> class.oid
    )
  where class.relrowsecurity
    and class.oid <> all (looked_up.seen)
    and (
      0 = any (policy.polroles)
      or exists (select from unnest(policy.polroles) as applies (oid) where applies.oid <> 0 and pg_has_role(looked_up.asker, applies.oid, 'usage'))
    )
)
select coalesce(jsonb_agg(to_jsonb(denied)), '[]')::text
from (
  select
    looked_up.relation,
    looked_up.policy,
    looked_up.name as role,
    looked_up.object::regprocedure::text as object,
    null::jsonb as columns
  from looked_up
  where looked_up.object_class = 'pg_proc'::regclass
    and not has_function_privilege(looked_up.asker, looked_up.object, 'execute')
  group by looked_up.relation, looked_up.policy, looked_up.name, looked_up.object
  union all
  select
    looked_up.relation, looked_up.policy, looked_up.name, looked_up.object::regclass::text,
    jsonb_agg(distinct attribute.attname) filter (where attribute.attname is not null)
  from looked_up
  left join pg_attribute as attribute
    on attribute.attrelid = looked_up.object and attribute.attnum = looked_up.number and looked_up.number > 0
  where looked_up.object_class = 'pg_class'::regclass
    and case
      when looked_up.number > 0 then not has_column_privilege(looked_up.asker, looked_up.object, looked_up.number, 'select')
      else not has_any_column_privilege(looked_up.asker, looked_up.object, 'select')
    end
  group by looked_up.relation, looked_up.policy, looked_up.name, looked_up.object
) as denied;
