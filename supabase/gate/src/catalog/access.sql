-- access: the schemas and roles that the contract names, the server, and what is installed.
--
-- Reads: pg_catalog, which every role may read. Parameter: gate.asked, a JSON object with the names (catalog/mod.rs).

select jsonb_build_object(
  'server_version_num', current_setting('server_version_num')::integer,
  'user', current_user,
  'extensions', (select jsonb_object_agg(extension.extname, extension.extversion) from pg_extension as extension),
  'role_names', (
    select coalesce(jsonb_agg(role.rolname), '[]')
    from pg_roles as role
    where current_setting('gate.asked')::jsonb -> 'roles' ? role.rolname
  ),
  'bypassing', (
    select coalesce(jsonb_agg(role.rolname), '[]') from pg_roles as role where role.rolsuper or role.rolbypassrls
  ),
  'superusers', (select coalesce(jsonb_agg(role.rolname), '[]') from pg_roles as role where role.rolsuper),
  'platform', (
    select coalesce(jsonb_agg(routine.oid::regprocedure::text), '[]')
    from pg_proc as routine
    where current_setting('gate.asked')::jsonb -> 'platform' ? routine.oid::regprocedure::text
  ),
  'schemas', (
    select coalesce(
      jsonb_agg(
        (
          select jsonb_object_agg(
            asked.privilege,
            jsonb_build_object(
              'must', coalesce(to_jsonb(asked.may), '[]'), 'must_not', coalesce(to_jsonb(asked.may_not), '[]')
            )
          )
          from (
            select
              privilege.name,
              array_agg(role.name) filter (where role.may),
              array_agg(role.name) filter (where not role.may)
            from unnest(array['usage', 'create']) as privilege (name)
            cross join lateral (
              select known.rolname::text, has_schema_privilege(known.oid, namespace.oid, privilege.name)
              from pg_roles as known
              where current_setting('gate.asked')::jsonb -> 'roles' ? known.rolname
              union all
              select 'public', exists (
                select
                from aclexplode(namespace.nspacl) as acl
                where acl.grantee = 0 and lower(acl.privilege_type) = privilege.name
              )
            ) as role (name, may)
            group by privilege.name
          ) as asked (privilege, may, may_not)
        ) || jsonb_build_object('name', namespace.nspname, 'owner', pg_get_userbyid(namespace.nspowner))
        order by namespace.nspname
      ),
      '[]'
    )
    from pg_namespace as namespace
    where current_setting('gate.asked')::jsonb -> 'schemas' ? namespace.nspname
  ),
  'roles', (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'name', role.rolname,
          'login', role.rolcanlogin,
          'superuser', role.rolsuper,
          'bypass_rls', role.rolbypassrls,
          'members', (
            select jsonb_build_object(
              'must', coalesce(jsonb_agg(member.rolname) filter (where belongs.so), '[]'),
              'must_not', coalesce(jsonb_agg(member.rolname) filter (where not belongs.so), '[]')
            )
            from pg_roles as member
            -- A superuser is taken for a member of every role.
            cross join lateral (select not member.rolsuper and pg_has_role(member.oid, role.oid, 'member')) as belongs (so)
            where current_setting('gate.asked')::jsonb -> 'roles' ? member.rolname
          )
        )
        order by role.rolname
      ),
      '[]'
    )
    from pg_roles as role
    where current_setting('gate.asked')::jsonb -> 'owners' ? role.rolname
  )
)::text;
