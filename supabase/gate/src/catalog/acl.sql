-- acl: who was given what directly, and who belongs to whom: so that a right through a membership can be told from one of
-- its own.
--
-- Reads: pg_catalog, which every role may read. Parameter: gate.asked.

select jsonb_build_object(
  'given', (
    select coalesce(jsonb_object_agg(given.place, given.roles), '{}')
    from (
      select
        place.name,
        jsonb_agg(distinct lower(acl.privilege_type) || ' ' || coalesce(role.rolname, 'public'))
      from (
        select namespace.nspname || '.' || class.relname, class.relacl, class.relowner
        from pg_class as class
        join pg_namespace as namespace on namespace.oid = class.relnamespace
        where (select current_setting('gate.asked')::jsonb) -> 'relations' ? (namespace.nspname || '.' || class.relname)
        union all
        select namespace.nspname || '.' || class.relname, attribute.attacl, class.relowner
        from pg_attribute as attribute
        join pg_class as class on class.oid = attribute.attrelid
        join pg_namespace as namespace on namespace.oid = class.relnamespace
        where attribute.attacl is not null
          and (select current_setting('gate.asked')::jsonb) -> 'relations' ? (namespace.nspname || '.' || class.relname)
        union all
        select routine.oid::regprocedure::text, coalesce(routine.proacl, acldefault('f', routine.proowner)), routine.proowner
        from pg_proc as routine
        join pg_namespace as namespace on namespace.oid = routine.pronamespace
        where (select current_setting('gate.asked')::jsonb) -> 'functions' ? (namespace.nspname || '.' || routine.proname)
        union all
        select namespace.nspname, namespace.nspacl, namespace.nspowner
        from pg_namespace as namespace
        where (select current_setting('gate.asked')::jsonb) -> 'schemas' ? namespace.nspname
      ) as place (name, acl, owner)
      cross join lateral aclexplode(coalesce(place.acl, acldefault('r', place.owner))) as acl
      left join pg_roles as role on role.oid = acl.grantee
      group by place.name
    ) as given (place, roles)
  ),
  'memberships', (
    select coalesce(jsonb_object_agg(belonging.member, belonging.roles), '{}')
    from (
      select member.rolname, jsonb_agg(distinct role.rolname)
      from pg_auth_members as membership
      join pg_roles as member on member.oid = membership.member
      join pg_roles as role on role.oid = membership.roleid
      group by member.rolname
    ) as belonging (member, roles)
  ),
  'predefined', (select coalesce(jsonb_agg(role.rolname), '[]') from pg_roles as role where role.rolname like 'pg\_%')
)::text;
