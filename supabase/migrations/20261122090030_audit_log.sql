-- The audit log: who has written what, through which RPC of which version, and when. Never with what content.
--
-- A row is added in the transaction of the write, or the write does not happen. Nobody changes one: not service_role, not
-- the owner of the table. Nobody removes one either, unless it is older than the owner has said it must be kept:
--   update lockstep.settings set value = '365' where name = 'audit_days';
-- Contract: none by itself.
-- Called by: the RPCs that write, through lockstep.audit(); pg_cron, at night, through lockstep.purge_audit_log().
-- Undo: drop function lockstep.purge_audit_log(); drop function lockstep.audit(text, text, jsonb);
--   drop table lockstep.audit_log; drop function lockstep.refuse_removal_of_young_entry();
--   drop function lockstep.refuse_change_of_audit_log();
--   delete from lockstep.settings where name in ('audit_days', 'audit_entries_per_night');

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.audit_log (
  id bigint generated always as identity primary key,
  -- No foreign key: the entry outlives the account.
  actor_id uuid not null,
  rpc text not null,
  rpc_version text not null,
  subject jsonb not null,
  happened_at timestamptz not null default now(),

  -- Identifiers and numbers say on what; what was written there is nobody's business here.
  constraint subject_is_an_object check (jsonb_typeof(subject) = 'object'),
  constraint subject_has_no_text_but_uuids check (
    not jsonb_path_exists(
      subject,
      '$.** ? (@.type() == "string" && !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))'
    )
  )
);

create index if not exists audit_log_by_actor_and_age on lockstep.audit_log (actor_id, happened_at desc);

comment on table lockstep.audit_log is 'Who has written what through which RPC. Grows only.';

alter table lockstep.audit_log enable row level security;
revoke all on lockstep.audit_log from public, anon, authenticated, service_role;

create or replace function lockstep.refuse_change_of_audit_log()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise insufficient_privilege using message = 'the audit log grows only: no ' || lower(tg_op);
end;
$$;

comment on function lockstep.refuse_change_of_audit_log() is 'Ends every statement that would change the audit log.';
revoke all on function lockstep.refuse_change_of_audit_log() from public, anon, authenticated, service_role;

create or replace trigger audit_log_grows_only
  before update or truncate on lockstep.audit_log
  for each statement execute function lockstep.refuse_change_of_audit_log();

-- Also where the triggers of a session are switched off, as a restore does it.
alter table lockstep.audit_log enable always trigger audit_log_grows_only;

insert into lockstep.settings (name, kind, value, meaning)
values
  ('audit_days', 'days', '"never"', 'After how many days an entry of the audit log is removed.'),
  ('audit_entries_per_night', 'count', '100000', 'How many entries are removed in one night.')
on conflict do nothing;

-- With the rights of its owner: whoever removes entries need not be able to read the settings.
create or replace function lockstep.refuse_removal_of_young_entry()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_days constant jsonb := lockstep.setting('audit_days');
begin
  if v_days = '"never"' or old.happened_at >= now() - make_interval(days => v_days::text::integer) then
    raise insufficient_privilege using message = 'the audit log grows only: no delete';
  end if;
  return old;
end;
$$;

comment on function lockstep.refuse_removal_of_young_entry() is 'Ends a delete of an entry that has to be kept.';
revoke all on function lockstep.refuse_removal_of_young_entry() from public, anon, authenticated, service_role;

create or replace trigger audit_log_keeps_what_is_young
  before delete on lockstep.audit_log
  for each row execute function lockstep.refuse_removal_of_young_entry();

alter table lockstep.audit_log enable always trigger audit_log_keeps_what_is_young;

-- Looks at the oldest entries alone, so that a night's work has an end whatever there is.
create or replace function lockstep.purge_audit_log()
returns integer
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_days constant jsonb := lockstep.setting('audit_days');
  v_most constant integer := lockstep.setting('audit_entries_per_night')::integer;
  v_removed integer;
begin
  if v_days = '"never"' then
    return 0;
  end if;

  delete from lockstep.audit_log as entry
  where entry.id = any (array(
    select oldest.id
    from (select candidate.id, candidate.happened_at from lockstep.audit_log as candidate order by candidate.id limit v_most)
      as oldest
    where oldest.happened_at < now() - make_interval(days => v_days::text::integer)
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;

comment on function lockstep.purge_audit_log() is 'Removes entries that need not be kept any longer, and says how many.';
revoke all on function lockstep.purge_audit_log() from public, anon, authenticated, service_role;

-- Appends, and lets its callers do nothing else there. Who acted is not theirs to say.
create or replace function lockstep.audit(p_rpc text, p_version text, p_subject jsonb)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into lockstep.audit_log (actor_id, rpc, rpc_version, subject)
  values (auth.uid(), audit.p_rpc, audit.p_version, audit.p_subject);
end;
$$;

comment on function lockstep.audit(text, text, jsonb) is 'Records that the caller has written, and on what: ids only.';
revoke all on function lockstep.audit(text, text, jsonb) from public, anon, authenticated, service_role;
