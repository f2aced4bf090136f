-- access: the schemas and roles that the contract names, the server, and what is installed.
--
-- Reads: pg_catalog, which every role may read. Parameter: gate.asked, a JSON object with the names (catalog/mod.rs).

select jsonb_build_object(
  'server_version_num', current_setting('server_version_num')::integer,
  'user', current_user,
  'database', current_database(),
  'extensions', (select jsonb_object_agg(extension.extname, extension.extversion) from pg_extension as extension),
  'role_names', (
    select coalesce(jsonb_agg(role.rolname), '[]')
    from pg_roles as role
    where (select current_setting('gate.asked')::jsonb) -> 'roles' ? role.rolname
  ),
  'bypassing', (
    select coalesce(jsonb_agg(role.rolname), '[]') from pg_roles as role where role.rolsuper or role.rolbypassrls
  ),
  'superusers', (select coalesce(jsonb_agg(role.rolname), '[]') from pg_roles as role where role.rolsuper),
  'platform', (
    select coalesce(
      jsonb_object_agg(
        named.signature,
        jsonb_build_object(
          'may', (
            select coalesce(jsonb_agg(known.rolname), '[]')
            from pg_roles as known
            where (select current_setting('gate.asked')::jsonb) -> 'roles' ? known.rolname
              and has_function_privilege(known.oid, routine.oid, 'execute')
          ),
          'owner', pg_get_userbyid(routine.proowner),
          'immutable', routine.provolatile = 'i',
          'settings', (
            select coalesce(jsonb_object_agg(setting.name, setting.value), '{}')
            from pg_options_to_table(routine.proconfig) as setting (name, value)
          )
        )
      ),
      '{}'
    )
    from jsonb_array_elements_text((select current_setting('gate.asked')::jsonb) -> 'platform') as named (signature)
    -- Not to_regprocedure(), which wants usage on the schema.
    join pg_namespace as home on home.nspname = split_part(named.signature, '.', 1)
    join pg_proc as routine
      on routine.pronamespace = home.oid
      and routine.proname = split_part(split_part(named.signature, '(', 1), '.', 2)
      and routine.oid::regprocedure::text = named.signature
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
              where (select current_setting('gate.asked')::jsonb) -> 'roles' ? known.rolname
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
    where (select current_setting('gate.asked')::jsonb) -> 'schemas' ? namespace.nspname
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
            cross join lateral (
              select not member.rolsuper and pg_has_role(member.oid, role.oid, 'member')
            ) as belongs (so)
            where (select current_setting('gate.asked')::jsonb) -> 'roles' ? member.rolname
          )
        )
        order by role.rolname
      ),
      '[]'
    )
    from pg_roles as role
    where (select current_setting('gate.asked')::jsonb) -> 'owners' ? role.rolname
  ),
  'cannot_become', (
    select coalesce(jsonb_agg(member.rolname || ' ' || role.rolname), '[]')
    from pg_roles as member
    cross join pg_roles as role
    where (select current_setting('gate.asked')::jsonb) -> 'owners' ? role.rolname
      and (select current_setting('gate.asked')::jsonb) -> 'roles' ? member.rolname
      and current_setting('server_version_num')::integer >= 160000
      and not pg_has_role(
        member.oid,
        role.oid,
        case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end
      )
  ),
  'logins', (
    select coalesce(
      jsonb_object_agg(
        role.rolname,
        array_remove(
          array[
            case when not role.rolcanlogin then 'nologin' end,
            -- PostgREST has ten connections unless it is told otherwise.
            case when role.rolconnlimit between 0 and asked.least - 1 then 'connection limit ' || role.rolconnlimit end,
            case when role.rolvaliduntil <= now() then 'expired at ' || role.rolvaliduntil end,
            case when not has_database_privilege(role.oid, current_database(), 'connect') then 'no connect' end,
            case
              when database.datconnlimit between 0 and 9 then 'connection limit of the database ' || database.datconnlimit
            end
          ],
          null
        )
      ),
      '{}'
    )
    from (
      select named.role, 10
      from jsonb_array_elements_text((select current_setting('gate.asked')::jsonb) -> 'owners') as named (role)
      union all
      select named.role, 1
      from jsonb_array_elements_text((select current_setting('gate.asked')::jsonb) -> 'job_users') as named (role)
      where not (select current_setting('gate.asked')::jsonb) -> 'owners' ? named.role
    ) as asked (role, least)
    join pg_roles as role on role.rolname = asked.role
    join pg_database as database on database.datname = current_database()
  ),
  -- Who can become a role by logging in as another: through which direct member. A superuser can become anybody.
  'reached_by', (
    with recursive reached (role, first, member) as (
      select role.oid, membership.member, membership.member
      from pg_roles as role
      join pg_auth_members as membership on membership.roleid = role.oid
      where (select current_setting('gate.asked')::jsonb) -> 'owners' ? role.rolname
      union
      select reached.role, reached.first, membership.member
      from reached
      join pg_auth_members as membership on membership.roleid = reached.member
    )
    select coalesce(jsonb_object_agg(of_role.role, of_role.firsts), '{}')
    from (
      select pg_get_userbyid(reached.role), jsonb_agg(distinct pg_get_userbyid(reached.first))
      from reached
      join pg_roles as member on member.oid = reached.member
      where member.rolcanlogin and not member.rolsuper
      group by reached.role
    ) as of_role (role, firsts)
  )
)::text;
