-- grants_today: nothing that postgres creates in `public` is readable or writable for the API roles by itself.
--
-- The change of 2026-10-30 takes back what was granted by default, and not all of it: truncate, references and trigger
-- stay with the API roles, and every new function can still be executed by PUBLIC. So `revoke all` in a migration is
-- needed under this regime too.
-- Run by: superuser supabase_admin, after realtime.sql. Either this or grants_before_october_2026.sql.

alter default privileges for role postgres, supabase_admin in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
  grant all on functions to postgres, anon, authenticated, service_role;

alter default privileges for role postgres in schema public
  revoke select, insert, update, delete on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  revoke usage, select on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  revoke execute on functions from anon, authenticated, service_role;
