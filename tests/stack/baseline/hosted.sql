-- hosted: what a Supabase project has before the first migration, as far as this product can tell the difference.
--
-- Stands in for the hosted database on one machine: the same roles, owners, memberships and timeouts, so that a
-- migration which works here works there, and one which needs a superuser fails here too.
-- Run by: superuser supabase_admin, once, in the database `postgres` of a fresh cluster, as one batch.
-- After it: realtime.sql and one of the grants_*.sql beside it, then the migrations, as postgres.

-- Roles ----------------------------------------------------------------------------------------------------------

create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit password 'postgres';
create role postgres login nosuperuser createrole createdb replication bypassrls password 'postgres';
create role supabase_auth_admin login noinherit createrole password 'postgres';
create role supabase_realtime_admin nologin noinherit;
create role supabase_storage_admin login noinherit createrole password 'postgres';
create role dashboard_user nologin createrole createdb replication;

-- PostgREST applies the settings of the role it switches to, and those of its own session: service_role gets 8 s.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

alter role postgres set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;

grant anon, authenticated, service_role to authenticator;
-- Hosted, supautils lets postgres write policies on realtime.messages instead.
grant supabase_realtime_admin to postgres;

do $$
begin
  grant anon, authenticated, service_role to postgres;

  -- From 16 on, createrole alone no longer lets postgres hand these roles to others.
  if current_setting('server_version_num')::integer >= 160000 then
    grant anon, authenticated, service_role to postgres with admin option;
  end if;
end;
$$;

-- Makes postgres a pg_database_owner, and that is who owns the schema public.
alter database postgres owner to postgres;

grant usage on schema public to postgres, anon, authenticated, service_role;

-- Extensions -----------------------------------------------------------------------------------------------------

create schema extensions;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to postgres, dashboard_user;

-- postgres may not create these itself where supautils is missing. A machine without one of them does without.
do $$
declare
  v_extension text;
begin
  for v_extension in
    select available.name
    from pg_catalog.pg_available_extensions as available
    where available.name in ('pgcrypto', 'uuid-ossp', 'plpgsql_check', 'pgtap')
  loop
    execute format('create extension %I with schema extensions', v_extension);
  end loop;

  -- pg_cron refuses to be created where the server has not loaded it, or has loaded it for another database.
  if exists (select from pg_catalog.pg_available_extensions as available where available.name = 'pg_cron')
    and current_setting('shared_preload_libraries') ~ '\mpg_cron\M'
    and current_setting('cron.database_name', true) = current_database()
  then
    create extension pg_cron with schema pg_catalog;
    -- The jobs are written through cron.schedule() only.
    grant usage on schema cron to postgres with grant option;
    grant select on cron.job to postgres with grant option;
    grant select, delete on cron.job_run_details to postgres;
  end if;
end;
$$;

-- Auth -----------------------------------------------------------------------------------------------------------

create schema auth authorization supabase_admin;

-- Without grant option: a migration cannot pass the schema on to a role of its own.
grant usage on schema auth to anon, authenticated, service_role, postgres;
-- The foreign keys that point at auth.users are checked as its owner, who must be able to reach it.
grant usage, create on schema auth to supabase_auth_admin;

create table auth.users (
  id uuid primary key,
  instance_id uuid,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmation_token varchar(255),
  confirmation_sent_at timestamptz,
  recovery_token varchar(255),
  recovery_sent_at timestamptz,
  email_change_token_new varchar(255),
  email_change varchar(255),
  email_change_sent_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text unique default null,
  phone_confirmed_at timestamptz,
  banned_until timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);

create unique index users_email_partial_key on auth.users (email) where is_sso_user = false;

alter table auth.users enable row level security;
alter table auth.users owner to supabase_auth_admin;
grant all on auth.users to postgres, dashboard_user;

-- PostgREST before 9 set one parameter per claim; newer ones set the claims as one JSON. Both are still understood.
create function auth.jwt()
returns jsonb
language sql
stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb;
$$;

create function auth.uid()
returns uuid
language sql
stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid;
$$;

create function auth.role()
returns text
language sql
stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  );
$$;

create function auth.email()
returns text
language sql
stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  );
$$;

alter function auth.jwt() owner to supabase_auth_admin;
alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;
alter function auth.email() owner to supabase_auth_admin;

-- Migrations -----------------------------------------------------------------------------------------------------

-- As the CLI would make it, so that a database which was migrated without the CLI can be taken over by it.
create schema supabase_migrations authorization postgres;

create table supabase_migrations.schema_migrations (
  version text primary key,
  statements text[],
  name text
);

alter table supabase_migrations.schema_migrations owner to postgres;

-- PostgREST ------------------------------------------------------------------------------------------------------

-- PostgREST is told of every change of the schema, whether or not a migration remembers to.
create function extensions.pgrst_ddl_watch()
returns event_trigger
language plpgsql
as $$
begin
  if exists (
    select from pg_event_trigger_ddl_commands() as command where command.schema_name is distinct from 'pg_temp'
  ) then
    notify pgrst, 'reload schema';
  end if;
end;
$$;

create function extensions.pgrst_drop_watch()
returns event_trigger
language plpgsql
as $$
begin
  if exists (select from pg_event_trigger_dropped_objects() as dropped where not dropped.is_temporary) then
    notify pgrst, 'reload schema';
  end if;
end;
$$;

create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
