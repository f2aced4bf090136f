-- The handshake: what an RPC says of itself, and which callers it refuses.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(39);

-- Runs a statement that is refused, and gives back what PostgREST would be handed.
create function pg_temp.refusal(p_sql text)
returns jsonb
language plpgsql
as $$
declare
  v_state text;
  v_message text;
  v_detail text;
begin
  execute p_sql;
  return null;
exception
  when sqlstate 'PGRST' then
    get stacked diagnostics
      v_state = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail;
    return jsonb_build_object('state', v_state, 'message', v_message::jsonb, 'detail', v_detail::jsonb);
end;
$$;

create function pg_temp.answer_headers()
returns jsonb
language sql
as $$
  select nullif(current_setting('response.headers', true), '')::jsonb;
$$;

-- A request with these headers, spelled as PostgREST does, and an answer that has none yet.
create function pg_temp.request(p_headers jsonb)
returns void
language sql
as $$
  select
    set_config('request.headers', replace(p_headers::text, '": ', '":'), true),
    set_config('response.headers', '', true);
$$;

-- What a component that sends this X-RPC-Expect is told by an RPC that is there as demo/1.2.0.
create function pg_temp.refusal_of(p_expect text)
returns jsonb
language sql
as $$
  select pg_temp.request(jsonb_build_object('x-rpc-expect', refusal_of.p_expect));
  select pg_temp.refusal($sql$ select lockstep.announce_rpc('demo', '1.2.0') $sql$);
$$;

-- What an RPC says of itself ------------------------------------------------------------------------------------------

select pg_temp.request('{}');
select lockstep.announce_rpc('demo', '1.2.0');
select is(pg_temp.answer_headers(), '[{"X-RPC-Version": "demo/1.2.0"}]', 'the answer names the RPC and its version');

select lockstep.announce_rpc('inner', '3.0.1');
select is(
  pg_temp.answer_headers(), '[{"X-RPC-Version": "demo/1.2.0, inner/3.0.1"}]',
  'an RPC that runs another is named with it, in one header'
);

select pg_temp.request('{}');
select set_config('response.headers', '[{"Cache-Control": "no-store"}, {"x-rpc-version": "outer/1.0.0"}]', true);
select lockstep.announce_rpc('demo', '1.2.0');
select is(
  pg_temp.answer_headers(), '[{"Cache-Control": "no-store"}, {"X-RPC-Version": "outer/1.0.0, demo/1.2.0"}]',
  'other headers stay, and its own is found in any spelling'
);

select lockstep.set_header('Retry-After', '7');
select lockstep.set_header('retry-after', '8');
select is(
  pg_temp.answer_headers(),
  '[{"Cache-Control": "no-store"}, {"X-RPC-Version": "outer/1.0.0, demo/1.2.0"}, {"retry-after": "8"}]',
  'a header that is set again takes the place of the first, and leaves the others alone'
);

select is(lockstep.header_so_far('x-RPC-version'), 'outer/1.0.0, demo/1.2.0', 'a header is read in any spelling, too');
select is(lockstep.header_so_far('Location'), null, 'and one that nobody has set is none');

select set_config('request.headers', '', true), set_config('response.headers', '', true);
select lives_ok($$ select lockstep.announce_rpc('demo', '1.2.0') $$, 'no request at all, as in psql, is no fault');

-- Whom it lets through ------------------------------------------------------------------------------------------------

select is(
  pg_temp.refusal_of(expect.header), null,
  'demo/1.2.0 answers to ' || expect.meaning
)
from (
  values
    ('demo/1.2.0', 'its own version'),
    ('demo/1.1.9', 'an older minor version'),
    ('demo/1.0.0', 'the first of its major version'),
    ('other/9.0.0', 'a list that does not name it'),
    ('demo2/9.0.0, xdemo/9.0.0', 'names that only resemble its own'),
    ('other/9.0.0, demo/1.2.0', 'a list that names another too'),
    (e'other/9.0.0 ,\tdemo/1.2.0 ', 'a list with blanks in it'),
    ('', 'an empty list'),
    (null, 'no list')
) as expect (header, meaning);

-- However the headers are spelled as JSON -----------------------------------------------------------------------------

select is(
  pg_temp.refusal_of(e'other/9.0.0 ,\tdemo/1.3.0') #>> '{message,code}', 'rpc_contract_mismatch',
  'a tab before an entry does not hide it'
);
select pg_temp.request('{"a": "\"x-rpc-expect", "x-rpc-expect": "demo/1.3.0"}');
select is(
  pg_temp.refusal($$ select lockstep.announce_rpc('demo', '1.2.0') $$) #>> '{message,code}', 'rpc_contract_mismatch',
  'nor does another header that ends in its name'
);
select set_config('request.headers', '{ "x-rpc-expect" : "demo/1.3.0" }', true);
select is(
  pg_temp.refusal($$ select lockstep.announce_rpc('demo', '1.2.0') $$) #>> '{message,code}', 'rpc_contract_mismatch',
  'nor do blanks around the colon'
);

-- Whom it refuses -----------------------------------------------------------------------------------------------------

select is(
  jsonb_build_array(refusal #> '{state}', refusal #> '{message,code}', refusal #> '{detail,status}'),
  jsonb_build_array('PGRST', expect.code, expect.status),
  'demo/1.2.0 refuses ' || expect.meaning
)
from (
  values
    ('demo/1.2.1', 'a newer patch', 'rpc_contract_mismatch', 503),
    ('demo/1.3.0', 'a newer minor version', 'rpc_contract_mismatch', 503),
    ('demo/1.10.0', 'a newer minor version of two digits', 'rpc_contract_mismatch', 503),
    ('demo/2.0.0', 'a newer major version', 'rpc_contract_mismatch', 503),
    ('demo/0.9.0', 'an older major version', 'rpc_contract_mismatch', 503),
    ('other/1.0.0, demo/2.0.0', 'a newer major version, further back in the list', 'rpc_contract_mismatch', 503),
    (e'other/1.0.0,\tdemo/2.0.0', 'a newer major version, behind a tab', 'rpc_contract_mismatch', 503),
    ('demo/1.2.0, demo/2.0.0', 'two versions of which one does not fit', 'rpc_contract_mismatch', 503),
    ('demo', 'its name without a version', 'rpc_expect_malformed', 400),
    ('demo/', 'an empty version', 'rpc_expect_malformed', 400),
    ('demo/1.2', 'two numbers', 'rpc_expect_malformed', 400),
    ('demo/1.2.0.0', 'four numbers', 'rpc_expect_malformed', 400),
    ('demo/v1.2.0', 'a letter', 'rpc_expect_malformed', 400),
    ('demo/01.2.0', 'a leading zero', 'rpc_expect_malformed', 400),
    ('demo/1.2.99999999999999999999', 'a number that is no integer', 'rpc_expect_malformed', 400),
    (e'demo/1.2.0\ndemo/2.0.0', 'a line break', 'rpc_expect_malformed', 400)
) as expect (header, meaning, code, status),
lateral pg_temp.refusal_of(expect.header) as refusal;

-- What a refusal says -------------------------------------------------------------------------------------------------

select is(
  pg_temp.refusal_of('demo/2.0.0') -> 'detail',
  '{"status": 503, "headers": {"X-RPC-Version": "demo/1.2.0"}}',
  'a mismatch carries the version that is present'
);
select is(
  pg_temp.refusal_of('demo/2.0.0') #>> '{message,details}',
  'demo: expected 2.0.0, present 1.2.0',
  'and names both'
);

select pg_temp.request('{}');
select lockstep.announce_rpc('demo', '1.2.0');
select is(
  pg_temp.refusal($$ select lockstep.refuse(409, 'taken', 'Taken.', 'by whom', 'Ask.') $$),
  '{
    "state": "PGRST",
    "message": {"code": "taken", "message": "Taken.", "details": "by whom", "hint": "Ask."},
    "detail": {"status": 409, "headers": {"X-RPC-Version": "demo/1.2.0"}}
  }',
  'whatever an RPC refuses later carries its version too'
);

-- What it settles for the rest of the request ---------------------------------------------------------------------

select results_eq(
  $$ select current_setting('plan_cache_mode'), current_setting('jit') $$, $$ values ('force_generic_plan', 'off') $$,
  'from then on statements are planned once for a connection, and not compiled'
);

select * from finish();
rollback;
