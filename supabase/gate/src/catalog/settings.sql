-- settings: what is set for roles and for the database, and so for every new session.
--
-- Reads: pg_catalog, which every role may read. Of settings for one role, those of the roles that gate.asked names.

select coalesce(
  jsonb_agg(
    jsonb_build_object(
      'role', role.rolname,
      'database', case when kept.setdatabase <> 0 then current_database() end,
      'name', lower(split_part(item.setting, '=', 1)),
      'value', substr(item.setting, strpos(item.setting, '=') + 1)
    )
    order by role.rolname nulls first, kept.setdatabase, item.setting
  ),
  '[]'
)::text
from pg_db_role_setting as kept
cross join unnest(kept.setconfig) as item (setting)
left join pg_roles as role on role.oid = kept.setrole
where kept.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and (kept.setrole = 0 or (select current_setting('gate.asked')::jsonb) -> 'sessions' ? role.rolname);
