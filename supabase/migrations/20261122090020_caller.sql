-- Who may call at all: a signed-in user, and a guest only where the setting lets guests in.
--
-- Contract: none by itself, all RPCs use it.
-- Called by: the RPCs, through require_caller(), and the policies of Realtime.
-- Undo: drop function lockstep.require_caller(); drop function lockstep.is_unwelcome_guest();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- A guest is who signed in anonymously: Auth says so in the token. A token that says something else than yes or no is
-- taken for a guest's, and so is a caller of whom there is no token to look at.
create or replace function lockstep.is_unwelcome_guest()
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_claims constant jsonb := auth.jwt();
begin
  -- Who is no guest is let in without a look at the settings.
  if v_claims is not null and coalesce(v_claims -> 'is_anonymous', 'false') in ('false', '"false"') then
    return false;
  end if;

  return not exists (
    select from lockstep.settings as setting where setting.name = 'guests_allowed' and setting.value = 'true'
  );
end;
$$;

comment on function lockstep.is_unwelcome_guest() is 'Whether the caller is a guest where guests are not allowed.';
revoke all on function lockstep.is_unwelcome_guest() from public, anon, authenticated, service_role;

-- Fails closed: a caller whose id is null gets nowhere.
create or replace function lockstep.require_caller()
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_caller constant uuid := lockstep.caller_id();
begin
  if v_caller is null then
    perform lockstep.refuse(401, 'auth_required', 'Sign in first.');
  end if;
  if lockstep.is_unwelcome_guest() then
    perform lockstep.refuse(403, 'guest_not_allowed', 'Guests cannot do this. Sign in with an account.');
  end if;

  -- What the RPC is about is looked at next. Until then the policies find nothing in hand, whatever was there before.
  perform set_config('lockstep.room', '', true), set_config('lockstep.game', '', true);
  return v_caller;
end;
$$;

comment on function lockstep.require_caller() is
  'The signed-in user; refuses with 401 where there is none, and with 403 where it is a guest.';
revoke all on function lockstep.require_caller() from public, anon, authenticated, service_role;
