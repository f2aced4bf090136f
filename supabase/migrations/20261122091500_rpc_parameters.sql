-- Reading JSON arguments: each value is what it should be, or the request ends with 422 and the path of the value.
--
-- A cast in an RPC would end it with an error that names PostgreSQL's types and no field.
-- Contract: none by itself.
-- Called by: the rank RPCs.
-- Undo: drop function lockstep.refuse_parameter, lockstep.refuse_unknown_keys, lockstep.text_at, lockstep.integer_at,
--   lockstep.boolean_at, lockstep.uuid_at, lockstep.time_at;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.refuse_parameter(p_path text, p_why text)
returns void
language sql
volatile
set search_path = ''
as $$
  select lockstep.refuse(
    422,
    'invalid_parameter',
    refuse_parameter.p_path || ' ' || refuse_parameter.p_why || '.',
    refuse_parameter.p_path
  );
$$;

comment on function lockstep.refuse_parameter(text, text) is 'Refuses with 422 and the path of the value.';

-- A misspelled key would otherwise be a value that silently does not count.
create or replace function lockstep.refuse_unknown_keys(p_object jsonb, p_known text[], p_path text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_key text;
begin
  if jsonb_typeof(refuse_unknown_keys.p_object) is distinct from 'object' then
    perform lockstep.refuse_parameter(refuse_unknown_keys.p_path, 'must be an object');
  end if;

  if refuse_unknown_keys.p_object - refuse_unknown_keys.p_known <> '{}' then
    select min(key)
    into v_key
    from jsonb_object_keys(refuse_unknown_keys.p_object - refuse_unknown_keys.p_known) as key;
    perform lockstep.refuse_parameter(refuse_unknown_keys.p_path || '.' || left(v_key, 80), 'is not known');
  end if;
end;
$$;

comment on function lockstep.refuse_unknown_keys(jsonb, text[], text) is 'Refuses what is no object of known keys.';

-- Each of the following gives null for a key that is absent or null.

create or replace function lockstep.text_at(p_object jsonb, p_key text, p_path text)
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_value constant jsonb := nullif(text_at.p_object -> text_at.p_key, 'null');
  v_text constant text := btrim(v_value #>> '{}', e' \t\n\r');
begin
  if jsonb_typeof(v_value) <> 'string' then
    perform lockstep.refuse_parameter(text_at.p_path || '.' || text_at.p_key, 'must be a text');
  elsif char_length(v_text) > 80 then
    perform lockstep.refuse_parameter(text_at.p_path || '.' || text_at.p_key, 'must have at most 80 characters');
  end if;
  return nullif(v_text, '');
end;
$$;

comment on function lockstep.text_at(jsonb, text, text) is 'A short text without the blanks around it; blank is null.';

create or replace function lockstep.integer_at(p_object jsonb, p_key text, p_path text, p_largest bigint)
returns bigint
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_value constant jsonb := nullif(integer_at.p_object -> integer_at.p_key, 'null');
  v_number numeric;
begin
  if jsonb_typeof(v_value) = 'number' then
    v_number := v_value::numeric;
  end if;
  if v_value is not null
    and (v_number is null or v_number <> trunc(v_number) or v_number not between 0 and integer_at.p_largest)
  then
    perform lockstep.refuse_parameter(
      integer_at.p_path || '.' || integer_at.p_key, 'must be an integer from 0 to ' || integer_at.p_largest
    );
  end if;
  return v_number::bigint;
end;
$$;

comment on function lockstep.integer_at(jsonb, text, text, bigint) is 'A JSON number without a fraction, from 0 on.';

create or replace function lockstep.boolean_at(p_object jsonb, p_key text, p_path text)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_value constant jsonb := nullif(boolean_at.p_object -> boolean_at.p_key, 'null');
begin
  if jsonb_typeof(v_value) <> 'boolean' then
    perform lockstep.refuse_parameter(boolean_at.p_path || '.' || boolean_at.p_key, 'must be true or false');
  end if;
  return v_value::boolean;
end;
$$;

comment on function lockstep.boolean_at(jsonb, text, text) is 'true or false, never a word for it.';

create or replace function lockstep.uuid_at(p_object jsonb, p_key text, p_path text)
returns uuid
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_value constant jsonb := nullif(uuid_at.p_object -> uuid_at.p_key, 'null');
  v_text constant text := v_value #>> '{}';
begin
  -- A regular expression takes ten times as long.
  if jsonb_typeof(v_value) <> 'string'
    or v_text not like '________-____-____-____-____________'
    or translate(v_text, '0123456789abcdefABCDEF', '') <> '----'
  then
    perform lockstep.refuse_parameter(uuid_at.p_path || '.' || uuid_at.p_key, 'must be a UUID');
  end if;
  return v_text::uuid;
end;
$$;

comment on function lockstep.uuid_at(jsonb, text, text) is 'A UUID with its hyphens.';

-- With its offset: without one it would be a time of whatever zone the session has. PostgreSQL also takes `now` and
-- `infinity`, which are no times that anything happened at.
create or replace function lockstep.time_at(p_object jsonb, p_key text, p_path text)
returns timestamptz
language plpgsql
volatile
set search_path = ''
as $$
declare
  c_time constant text :=
    '^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d([.]\d{1,9})?([Zz]|[+-]\d\d(:?\d\d)?)$';
  v_value constant jsonb := nullif(time_at.p_object -> time_at.p_key, 'null');
  v_time timestamptz;
begin
  if v_value is null then
    return null;
  end if;
  if jsonb_typeof(v_value) <> 'string' or v_value #>> '{}' !~ c_time then
    perform lockstep.refuse_parameter(time_at.p_path || '.' || time_at.p_key, 'must be a time with its offset');
  end if;
  begin
    v_time := (v_value #>> '{}')::timestamptz;
  exception
    when data_exception then
      perform lockstep.refuse_parameter(time_at.p_path || '.' || time_at.p_key, 'is a time that does not exist');
  end;
  return v_time;
end;
$$;

comment on function lockstep.time_at(jsonb, text, text) is 'An RFC 3339 time.';

revoke all on function
  lockstep.refuse_parameter(text, text),
  lockstep.refuse_unknown_keys(jsonb, text[], text),
  lockstep.text_at(jsonb, text, text),
  lockstep.integer_at(jsonb, text, text, bigint),
  lockstep.boolean_at(jsonb, text, text),
  lockstep.uuid_at(jsonb, text, text),
  lockstep.time_at(jsonb, text, text)
from public, anon, authenticated, service_role;

grant execute on function
  lockstep.refuse_parameter(text, text),
  lockstep.refuse_unknown_keys(jsonb, text[], text),
  lockstep.text_at(jsonb, text, text),
  lockstep.integer_at(jsonb, text, text, bigint),
  lockstep.boolean_at(jsonb, text, text),
  lockstep.uuid_at(jsonb, text, text),
  lockstep.time_at(jsonb, text, text)
to rank_rpc_owner;
