-- The caller: who is one, and that guests are refused by every RPC until the setting lets them in.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(39);

-- A guest who belongs to a channel, where ada has said something. -----------------------------------------------------

insert into auth.users (id, email, is_anonymous)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@guests.test', false),
  ('00000000-0000-4000-8000-00000000000d', null, true);

insert into public.social_channels (id, name) values ('00000000-0000-4000-9000-000000000001', 'the channel');

insert into public.social_channel_members (channel_id, user_id)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000d');

insert into public.social_messages (channel_id, sender_id, body)
values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', 'of ada');

-- Whatever an operator has set on this database is not what is tested.
update lockstep.settings set value = 'false' where name = 'guests_allowed';

\ir shared/refusal.psql

create function pg_temp.caller_of_owner()
returns uuid
language sql
set role = social_rpc_owner
as $$
  select lockstep.require_caller();
$$;

-- A token of the guest's user, with this for `is_anonymous`; without it where there is none.
create function pg_temp.claims(p_is_anonymous jsonb default null)
returns void
language sql
as $$
  select set_config(
    'request.jwt.claims',
    (
      '{"sub": "00000000-0000-4000-8000-00000000000d", "role": "authenticated"}'::jsonb
        || case when p_is_anonymous is null then '{}' else jsonb_build_object('is_anonymous', p_is_anonymous) end
    )::text,
    true
  );
$$;

-- The caller ----------------------------------------------------------------------------------------------------------

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
select is(lockstep.caller_id(), '00000000-0000-4000-8000-00000000000a', 'the caller is the one of the token');
select is(lockstep.require_caller(), '00000000-0000-4000-8000-00000000000a', 'who is let through');
select is(
  pg_temp.caller_of_owner(), '00000000-0000-4000-8000-00000000000a',
  'also where the schema auth is out of reach'
);

set local request.jwt.claims = '{"role": "service_role"}';
select is(lockstep.caller_id(), null, 'a token without a user is no caller');
select is(pg_temp.refusal('select lockstep.require_caller()'), '401 auth_required', 'who is refused');

set local request.jwt.claims = '';
select is(lockstep.caller_id(), null, 'neither is no token');
select is(pg_temp.refusal('select lockstep.require_caller()'), '401 auth_required', 'who is refused alike');

set local request.jwt.claims = '{"role": "authenticated", "is_anonymous": true}';
select is(
  pg_temp.refusal('select lockstep.require_caller()'), '401 auth_required', 'a guest without a user is nobody first'
);

-- Older versions of PostgREST say the user alone, in a parameter of its own.
set local request.jwt.claims = '';
set local request.jwt.claim.sub = '00000000-0000-4000-8000-00000000000a';
select is(
  pg_temp.refusal('select lockstep.require_caller()'), '403 guest_not_allowed',
  'a caller of whom nothing is known but the id is taken for a guest'
);
set local request.jwt.claim.sub = '';

-- Who is a guest ------------------------------------------------------------------------------------------------------

select is(
  (select pg_temp.refusal('select lockstep.require_caller()') from pg_temp.claims(token.is_anonymous)),
  case when token.guest then '403 guest_not_allowed' end,
  'is_anonymous ' || coalesce(token.is_anonymous::text, 'left out')
    || case when token.guest then ' is a guest' else ' is no guest' end
)
from (
  values
    ('true'::jsonb, true), ('"true"', true), ('false', false), ('"false"', false), (null, false),
    ('null', true), ('1', true), ('0', true), ('""', true), ('"no"', true), ('"TRUE"', true), ('[]', true),
    ('{}', true), ('[false]', true)
) as token (is_anonymous, guest);

-- Every RPC refuses guests --------------------------------------------------------------------------------------------

create temporary table call (sql text);
grant select on call to authenticated;
insert into call
values
  ($$ select public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$),
  (
    $$ select public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', now(), gen_random_uuid()) $$
  ),
  ($$ select public.insert_social_message('00000000-0000-4000-9000-000000000001', 'of a guest') $$);

select is_empty(
  $$
    select proname
    from pg_proc
    where pronamespace = 'public'::regnamespace and proowner = 'social_rpc_owner'::regrole
      and not exists (select from call where call.sql ~ ('public\.' || proname || '\('))
  $$,
  'each social RPC is called here'
);

set local role authenticated;

select pg_temp.claims('true');
select is(pg_temp.refusal(sql), '403 guest_not_allowed', 'a guest is refused by' || sql) from call;

set local role postgres;
select is_empty($$ select from public.social_messages where body = 'of a guest' $$, 'and nothing was written');
select is_empty(
  $$ select from lockstep.audit_log where actor_id = '00000000-0000-4000-8000-00000000000d' $$, 'nor audited'
);

-- Until the setting lets them in --------------------------------------------------------------------------------------

update lockstep.settings set value = 'true' where name = 'guests_allowed';
set local role authenticated;

select is(pg_temp.refusal(sql), null, 'where guests are allowed, a guest is served by' || sql) from call;

set local request.jwt.claims = '{"role": "authenticated", "is_anonymous": true}';
select is(pg_temp.refusal(sql), '401 auth_required', 'but still nobody is nobody to' || sql) from call;

set local role postgres;
select results_eq(
  $$ select count(*) from public.social_messages where body = 'of a guest' $$, array[1::bigint],
  'and what the guest said is there'
);

-- A setting that is gone keeps them out -------------------------------------------------------------------------------

delete from lockstep.settings where name = 'guests_allowed';
select pg_temp.claims('true');
set local role authenticated;

select is(pg_temp.refusal(sql), '403 guest_not_allowed', 'without the setting, a guest is refused by' || sql) from call;

select * from finish();
rollback;
