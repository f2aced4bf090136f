-- grants_before_october_2026: everything new in `public` belongs to the API roles, unless a migration takes it back.
--
-- What projects had from the start until Supabase changed it, for new ones on 2026-05-30 and for all on 2026-10-30.
-- Existing tables and functions keep what they were given, so an installation may look like this for years.
-- Run by: superuser supabase_admin, after realtime.sql. Either this or grants_today.sql.

alter default privileges for role postgres, supabase_admin in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
