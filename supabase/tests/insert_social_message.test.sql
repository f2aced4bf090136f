-- insert_social_message: what is taken, and what is the same message again.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(40);

-- ada and grace share a channel, ada has another alone. Nobody meets the limit. --------------------------------------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@insert.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@insert.test');

\ir shared/two_channels.psql

update lockstep.settings set value = '1000' where name = 'messages_per_minute';

-- One request: what PostgREST would answer, be it the row or the refusal.
create function pg_temp.send(p_channel_id uuid, p_body text, p_key uuid default null)
returns table (status integer, code text, details text, headers jsonb, message public.social_messages)
language plpgsql
as $$
declare
  v_message text;
  v_detail text;
begin
  perform set_config('response.headers', '', true), set_config('response.status', '', true);
  message := public.insert_social_message(p_channel_id, p_body, p_key);
  status := coalesce(nullif(current_setting('response.status', true), ''), '200');
  select jsonb_object_agg(header.key, header.value)
  into headers
  from jsonb_array_elements(current_setting('response.headers')::jsonb) as entry, jsonb_each(entry) as header;
  return next;
exception
  when sqlstate 'PGRST' then
    get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
    status := v_detail::jsonb -> 'status';
    headers := v_detail::jsonb -> 'headers';
    code := v_message::jsonb ->> 'code';
    details := v_message::jsonb ->> 'details';
    return next;
end;
$$;

-- To the channel that they share.
create function pg_temp.say(p_body text, p_key uuid default null)
returns table (status integer, code text, details text, headers jsonb, message public.social_messages)
language sql
as $$
  select * from pg_temp.send('00000000-0000-4000-9000-000000000001', p_body, p_key);
$$;

\ir shared/become.psql

set local role authenticated;
select pg_temp.become('b');

-- A message is taken --------------------------------------------------------------------------------------------------

select results_eq(
  $$ select status, code, (message).channel_id, (message).sender_id, (message).body, (message).client_message_id,
      (message).inserted_at
    from pg_temp.say('hello', '00000000-0000-4000-a000-000000000001') $$,
  $$ values (
    201, null::text, '00000000-0000-4000-9000-000000000001'::uuid, '00000000-0000-4000-8000-00000000000b'::uuid,
    'hello', '00000000-0000-4000-a000-000000000001'::uuid, now()
  ) $$,
  '201, and the row as it is stored, in the name of the caller'
);
select results_eq(
  $$ select headers from pg_temp.say('no key') $$,
  $$
    select jsonb_build_object(
      'X-RPC-Version', comment ->> 'rpc' || '/' || (comment ->> 'version'), 'X-Idempotent-Replay', 'false'
    )
    from cast(obj_description('public.insert_social_message'::regproc, 'pg_proc') as jsonb) as comment
  $$,
  'the answer says which version it is from, and that this is no replay'
);
select is((select status from pg_temp.say('no key')), 201, 'without a key, the same again is another message');

select pg_temp.become('a');
select bag_eq(
  $$ select body from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  array['hello', 'no key', 'no key'],
  'the others read it'
);
set local role postgres;
select ok(xmax <> 0, 'nobody ends the membership of a sender before the message is there')
from public.social_channel_members
where user_id = '00000000-0000-4000-8000-00000000000b';
select isnt_empty(
  $$
    select
    from pg_locks
    where locktype = 'advisory' and pid = pg_backend_pid() and granted
      and (classid::bigint << 32 | objid::bigint)
        = hashtextextended('insert_social_message:00000000-0000-4000-8000-00000000000b', 0)
  $$,
  'and another message of that sender waits for this one'
);
set local role authenticated;

-- What it must look like ----------------------------------------------------------------------------------------------

select results_eq(
  format('select status, (message).body from pg_temp.say(%L)', said.body),
  format('values (201, %L)', said.stored),
  said.meaning
)
from (
  values
    (e'e\u0301', e'\u00e9', 'what is written in two parts is stored in one'),
    (e' \u00a0a\n', e' \u00a0a\n', 'blanks around a message stay'),
    (repeat(e'e\u0301', 4000), repeat(e'\u00e9', 4000), '4000 letters in two parts each are 4000 letters'),
    (repeat(e'\u0958', 2000), repeat(e'\u0915\u093c', 2000), 'a letter that is split counts as two'),
    (repeat(e'\U0001f600', 4000), repeat(e'\U0001f600', 4000), '4000 characters, however many bytes'),
    (e'\u0600', e'\u0600', 'a sign of its own is seen, although it is called a format character')
) as said (body, stored, meaning);

select results_eq(
  format('select status, code, details from pg_temp.say(%L)', said.body),
  $$ values (422, 'invalid_parameter', 'body') $$,
  said.meaning || ' is no message'
)
from (
  values
    (null, 'null'), ('', 'the empty text'), (e' \t\r\n', 'white space'), (e'\u00a0', 'U+00A0'), (e'\u2003', 'U+2003'),
    (e'\u3000', 'U+3000'), (e'\u200b', 'U+200B'), (e'\ufeff', 'U+FEFF'), (e'\u2800', 'U+2800'), (e'\u3164', 'U+3164'),
    (e'\U000e0020', 'U+E0020'), (e'\U0001d173', 'U+1D173'), (e'\ufff9\ufffa\ufffb', 'an empty annotation'), (e' \u200d\u2060\u00ad', 'a row of blanks'), (repeat('a', 4001), '4001 characters'),
    (repeat(e'e\u0301', 4001), '4001 letters in two parts each'), (repeat(e'\u0958', 2001), '2001 that become 4002'),
    (repeat(' ', 100000), 'a long row of blanks'),
    (repeat(e'\u0301\u0316', 1000000), 'what would take hours to normalise')
) as said (body, meaning);
select results_eq(
  $$ select status, code, details from pg_temp.send(null, 'to nobody') $$,
  $$ values (422, 'invalid_parameter', 'channel_id') $$,
  'a message needs a channel'
);
select results_eq(
  'select count(*) from public.fetch_social_messages(''00000000-0000-4000-9000-000000000001'')', array[9::bigint],
  'and nothing of that was written'
);

-- The same message again ----------------------------------------------------------------------------------------------

select pg_temp.become('b');
select results_eq(
  $$
    select status, headers ->> 'X-Idempotent-Replay', message
    from pg_temp.say('hello', '00000000-0000-4000-a000-000000000001')
  $$,
  $$
    select 200, 'true', message
    from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') as message
    where body = 'hello'
  $$,
  'is 200, and the first row'
);
select pg_temp.become('a');
select is(
  (select status from pg_temp.say('hello', '00000000-0000-4000-a000-000000000001')), 201,
  'somebody else''s key is another one'
);
select is(
  (select status from pg_temp.say(e'caf\u00e9', '00000000-0000-4000-a000-000000000002')), 201, 'said in one part,'
);
select is(
  (select status from pg_temp.say(e'cafe\u0301', '00000000-0000-4000-a000-000000000002')), 200,
  'and again in two, it is the same'
);
select results_eq(
  format('select status, code, message from pg_temp.send(%L, %L, %L)', again.channel, again.body, again.key),
  $$ values (409, 'client_message_id_reused', null::public.social_messages) $$,
  again.meaning || ' is another message'
)
from (
  values
    ('00000000-0000-4000-9000-000000000001', 'hello!', '00000000-0000-4000-a000-000000000001', 'another body'),
    ('00000000-0000-4000-9000-000000000002', 'hello', '00000000-0000-4000-a000-000000000001', 'another channel')
) as again (channel, body, key, meaning);

-- When it was said ----------------------------------------------------------------------------------------------------

set local role postgres;
alter table public.social_messages alter column inserted_at set default timezone('utc', now());
set local role authenticated;
set local timezone = 'Pacific/Kiritimati';
select is((message).inserted_at, now(), 'an older default says it in UTC, whatever zone the caller asks for')
from pg_temp.say('elsewhere');

select * from finish();
rollback;
