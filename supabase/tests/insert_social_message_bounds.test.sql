-- insert_social_message: what it does to a long text and to a high limit, and that neither takes long.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(22);

-- ada has a channel. --------------------------------------------------------------------------------------------------

insert into auth.users (id, email) values ('00000000-0000-4000-8000-00000000000a', 'ada@bounds.test');
insert into public.social_channels (id, name) values ('00000000-0000-4000-9000-000000000001', 'the channel');
insert into public.social_channel_members (channel_id, user_id)
values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a');

\ir shared/send.psql

-- So many messages of ada's, as old as that.
create function pg_temp.sent(p_count integer, p_ago interval)
returns void
language sql
as $$
  insert into public.social_messages (channel_id, sender_id, body, inserted_at)
  select '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', 'before', now() - p_ago
  from generate_series(1, p_count);
$$;

create function pg_temp.limit(p_value text)
returns void
language sql
as $$
  update lockstep.settings set value = p_value::jsonb where name = 'messages_per_minute';
$$;

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
alter table public.social_messages disable trigger new_messages_are_announced;

-- What a text can become ----------------------------------------------------------------------------------------------

select is(
  (
    select max(char_length(normalize(chr(number), nfd)))
    from generate_series(1, 1114111) as number
    where number not between 55296 and 57343
  ),
  4,
  'no character is composed of more than four'
);
select is_empty(
  $$
    select number
    from generate_series(1, 131071) as number
    where number not between 55296 and 57343
      and lockstep.is_blank(chr(number)) <> lockstep.is_blank(normalize(chr(number), nfc))
  $$,
  'and none is blank before it is normalised, or after it, and not both'
);

select is(
  lockstep.is_no_message(repeat(given.piece, given.times)), given.refused,
  given.times || ' times ' || given.meaning || case when given.refused then ' is' else ' may not be' end || ' too long'
)
from (
  values
    (U&'\03B1\0345\0313\0300', 4000, 'four that become one', false),
    (U&'\03B1\0345\0313\0300', 4001, 'four that become one', true),
    (U&'\1100\1161\11A8', 4000, 'a syllable in three letters', false),
    ('a', 4000, 'a letter', false),
    ('a', 4200, 'a letter', true),
    (U&'\0345\0334', 2000, 'two marks in the wrong order', false),
    (U&'\0345\0334', 8000, 'two marks in the wrong order', true)
) as given (piece, times, meaning, refused);

select is(pg_temp.send(1, repeat(U&'\03B1\0345\0313\0300', 4000)), '201', 'what becomes 4000 characters is a message');
select is(
  (select char_length(body) from public.social_messages where sender_id = '00000000-0000-4000-8000-00000000000a'),
  4000, 'of so many characters'
);
select is(pg_temp.send(1, repeat('a', 4001)), '422 invalid_parameter', 'one letter more than 4000 is one too many');
select is(
  pg_temp.send(1, repeat(U&'\0958', 2001)), '422 invalid_parameter', 'so is what has more than 4000 once it is normalised'
);

-- Marks in the worst order take the longest: each has to pass all before it.
create temporary table marks as
  select string_agg(chr((array[837, 769, 789, 803, 808, 820])[1 + number * 6 / 16000]), '' order by number) as body
  from generate_series(0, 15999) as number;

create function pg_temp.seconds(p_sql text)
returns numeric
language plpgsql
as $$
declare
  v_start constant timestamptz := clock_timestamp();
begin
  execute p_sql;
  return extract(epoch from clock_timestamp() - v_start);
end;
$$;

select is(pg_temp.send(1, (select body from marks)), '422 invalid_parameter', '32 kB of marks are no message');
select cmp_ok(
  pg_temp.seconds('select pg_temp.send(1, body) from marks') * 10,
  '<',
  pg_temp.seconds('select normalize(left(body, 8000), nfc) from marks'),
  'which is found out in a tenth of the time that normalising half of them takes, or less'
);

-- Who is too fast is told so before a text is normalised --------------------------------------------------------------

select pg_temp.limit('1');
select matches(
  pg_temp.send(1, repeat('a', 4001)), '^429 rate_limited ', 'who has to wait hears that before a long text is looked at'
);
select is(pg_temp.send(1, repeat('a', 16001)), '422 invalid_parameter', 'but what can be no message is none');
select is(pg_temp.send(1, null), '422 invalid_parameter', 'neither is nothing');

-- A high limit is held in proportion ----------------------------------------------------------------------------------

delete from public.social_messages where sender_id = '00000000-0000-4000-8000-00000000000a';
select pg_temp.limit('1000'), pg_temp.sent(999, '59 seconds');
select is(pg_temp.send(1, 'the thousandth'), '201', 'up to a thousand in a minute, each is counted');
select matches(pg_temp.send(1, 'one more'), '^429 rate_limited [12]$', 'and the next one has to wait');

select pg_temp.limit('60000');
select is(pg_temp.send(1, 'a thousand and one'), '201', 'where sixty times as many are allowed, it has not');

select pg_temp.sent(999, '0 seconds');
select is(pg_temp.send(1, 'too many'), '429 rate_limited 1', 'but then no more than a thousand in a second');

select * from finish();
rollback;
