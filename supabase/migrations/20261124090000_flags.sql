-- Flags: for whom the overlays are switched on. Those of the functions are variables of the functions, which decide in the
-- same way: the same user is in or out each time, and whoever is in at ten percent is in at fifty.
--
-- To change one, as postgres:
--   update lockstep.settings set value = '10' where name = 'flag_rank_overlays';
-- Contract: none by itself.
-- Called by: the RPCs of the overlays.
-- Undo: drop function lockstep.require_flag(text, uuid); drop function lockstep.flag_is_on(text, uuid);
--   revoke execute on function lockstep.setting(text) from rank_rpc_owner;
--   delete from lockstep.settings where kind in ('flag', 'users');

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- What an operator has changed stays changed when this runs again.
insert into lockstep.settings (name, kind, value, meaning)
values
  ('flag_rank_overlays', 'flag', '"on"', 'Who has overlays: "off" for nobody, "on" for everybody, or a percentage.'),
  ('flag_testers', 'users', '[]', 'Who has them at any percentage, 0 included.')
on conflict do nothing;

create or replace function lockstep.flag_is_on(p_name text, p_user uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_flag jsonb := lockstep.setting(flag_is_on.p_name);
  v_place bigint;
begin
  if flag_is_on.p_user is null or v_flag = '"off"' then
    return false;
  end if;
  if v_flag = '"on"' then
    return true;
  end if;

  -- The first four bytes of the id's SHA-256, as the functions read them too.
  v_place := ('x' || left(encode(sha256(convert_to(flag_is_on.p_user::text, 'UTF8')), 'hex'), 8))::bit(32)::bigint % 100;
  return v_place < v_flag::integer or lockstep.setting('flag_testers') ? flag_is_on.p_user::text;
end;
$$;

comment on function lockstep.flag_is_on(text, uuid) is 'Whether a user is among those for whom this is switched on.';
revoke all on function lockstep.flag_is_on(text, uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.flag_is_on(text, uuid) to rank_rpc_owner;

create or replace function lockstep.require_flag(p_name text, p_user uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not lockstep.flag_is_on(require_flag.p_name, require_flag.p_user) then
    perform lockstep.refuse(503, 'feature_disabled', 'This is not switched on for you.');
  end if;
end;
$$;

comment on function lockstep.require_flag(text, uuid) is 'Refuses a user for whom this is not switched on.';
revoke all on function lockstep.require_flag(text, uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.require_flag(text, uuid) to rank_rpc_owner;

grant execute on function lockstep.setting(text) to rank_rpc_owner;
