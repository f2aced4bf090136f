-- The rollout's own: what was released where, and every run that changed something.
--
-- Made by the tool before its first run, as `supabase_migrations` is made by the CLI; a second time changes nothing.
-- Nobody but the owner has rights here.
create schema if not exists lockstep_rollout;
revoke all on schema lockstep_rollout from public, anon, authenticated, service_role;
comment on schema lockstep_rollout is 'Made by `rollout` (tests/rollout): releases, what is in place, every run.';

-- Kept as bytes, so that a rollback works from any machine.
create table if not exists lockstep_rollout.releases (
  id text primary key,
  made_at timestamptz not null default now(),
  made_by text not null,
  manifest text not null,

  constraint id_is_sha_256 check (id ~ '^[0-9a-f]{64}$')
);

create table if not exists lockstep_rollout.files (
  release text not null references lockstep_rollout.releases (id) on delete cascade,
  name text not null,
  content bytea not null,

  primary key (release, name)
);

create table if not exists lockstep_rollout.runs (
  id bigint generated always as identity primary key,
  environment text not null,
  command text not null,
  who text not null,
  tool text not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  outcome text not null default 'running',
  -- In order: name, outcome, note, started_at, finished_at.
  steps jsonb not null default '[]',
  migrations jsonb not null default '[]',
  -- What there was before, for the way back; and what there was to be.
  release_before text references lockstep_rollout.releases (id),
  flags_before jsonb,
  release_after text references lockstep_rollout.releases (id),
  flags_after jsonb,
  error text,

  constraint outcome_is_known check (outcome in ('running', 'done', 'failed', 'interrupted', 'rolled_back'))
);

create index if not exists runs_by_environment on lockstep_rollout.runs (environment, id desc);

-- `deploying` is what a command was given that has not come back.
create table if not exists lockstep_rollout.in_place (
  environment text primary key,
  release text references lockstep_rollout.releases (id),
  flags jsonb,
  deploying jsonb,
  changed_at timestamptz not null default now()
);

alter table lockstep_rollout.releases enable row level security;
alter table lockstep_rollout.files enable row level security;
alter table lockstep_rollout.runs enable row level security;
alter table lockstep_rollout.in_place enable row level security;
revoke all on all tables in schema lockstep_rollout from public, anon, authenticated, service_role;
