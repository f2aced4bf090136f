-- How often one user may stage: each staging makes a session, replaces a roster and tells its players.
--
-- Counted by what was audited, in all rooms: a repetition changes nothing, and does not count.
-- Contract: none by itself.
-- Called by: sync_rank_match_roster
-- Undo: drop function lockstep.require_staging_patience(); drop function lockstep.staged_by_caller_at(integer);
--   delete from lockstep.settings where name = 'stagings_per_minute';

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

insert into lockstep.settings (name, kind, value, meaning)
values ('stagings_per_minute', 'count', '60', 'How often one user may stage within 60 seconds, in all rooms.')
on conflict do nothing;

create or replace function lockstep.staged_by_caller_at(p_nth integer)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select entry.happened_at
    from lockstep.audit_log as entry
    where entry.actor_id = auth.uid()
      and entry.rpc = 'sync_rank_match_roster'
      and entry.happened_at > now() - interval '60 seconds'
    order by entry.happened_at desc
    offset staged_by_caller_at.p_nth - 1
    limit 1
  );
end;
$$;

comment on function lockstep.staged_by_caller_at(integer) is
  'When the caller made the n-th newest staging of the last 60 seconds; null where there are fewer.';
revoke all on function lockstep.staged_by_caller_at(integer) from public, anon, authenticated, service_role;
grant execute on function lockstep.staged_by_caller_at(integer) to rank_rpc_owner;

create or replace function lockstep.require_staging_patience()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_oldest_in_window constant timestamptz :=
    lockstep.staged_by_caller_at(lockstep.setting('stagings_per_minute')::integer);
begin
  if v_oldest_in_window is not null then
    perform lockstep.set_header(
      'Retry-After',
      greatest(1, ceil(extract(epoch from v_oldest_in_window + interval '60 seconds' - clock_timestamp())))::text
    );
    perform lockstep.refuse(429, 'rate_limited', 'Too many stagings. Wait a little.');
  end if;
end;
$$;

comment on function lockstep.require_staging_patience() is 'Refuses with 429 who has staged too often of late.';
revoke all on function lockstep.require_staging_patience() from public, anon, authenticated, service_role;
grant execute on function lockstep.require_staging_patience() to rank_rpc_owner;
