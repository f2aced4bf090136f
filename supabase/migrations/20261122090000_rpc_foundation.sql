-- What every versioned RPC stands on: the caller's id, the answer, the handshake.
--
-- Contract: none by itself, all RPCs use it.
-- Called by: the RPCs, never by a client: PostgREST does not expose the schema.
-- Undo: drop function lockstep.announce_rpc, lockstep.require_expected_version, lockstep.refuse, lockstep.set_header,
--   lockstep.header_so_far, lockstep.caller_id;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Who is asking --------------------------------------------------------------------------------------------------

-- The owners of the RPCs cannot be given `usage on schema auth` on a hosted project (postgres holds it without grant
-- option), so this function stands between them and auth.uid(). Its value is the same.
--
-- The helpers that every call needs are in plpgsql: a connection keeps its plans. A function in SQL is planned again in
-- each request.
create or replace function lockstep.caller_id()
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return auth.uid();
end;
$$;

comment on function lockstep.caller_id() is 'The signed-in user, or null.';
revoke all on function lockstep.caller_id() from public, anon, authenticated, service_role;

-- Answering ------------------------------------------------------------------------------------------------------

create or replace function lockstep.header_so_far(p_name text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_headers constant text := coalesce(current_setting('response.headers', true), '');
begin
  if v_headers = '' then
    return null;
  end if;

  return (
    select string_agg(header.value, ', ')
    from jsonb_array_elements(v_headers::jsonb) as entry, jsonb_each_text(entry) as header
    where lower(header.key) = lower(header_so_far.p_name)
  );
end;
$$;

comment on function lockstep.header_so_far(text) is 'What the answer has under this name until now, or null.';
revoke all on function lockstep.header_so_far(text) from public, anon, authenticated, service_role;

-- The last writer of response.headers would win, so each header is put among those that are there already.
create or replace function lockstep.set_header(p_name text, p_value text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_headers jsonb := coalesce(nullif(current_setting('response.headers', true), ''), '[]')::jsonb;
begin
  -- A name that is nowhere in the text is not among the headers. Looking closer costs ten times as much.
  if strpos(lower(v_headers::text), lower(set_header.p_name)) > 0 then
    select coalesce(jsonb_agg(entry), '[]')
    into v_headers
    from jsonb_array_elements(v_headers) as entry
    where not exists (
      select from jsonb_object_keys(entry) as header(name) where lower(header.name) = lower(set_header.p_name)
    );
  end if;

  perform set_config(
    'response.headers',
    (v_headers || jsonb_build_object(set_header.p_name, set_header.p_value))::text,
    true
  );
end;
$$;

comment on function lockstep.set_header(text, text) is 'Adds a header to the answer, in place of one of that name.';
revoke all on function lockstep.set_header(text, text) from public, anon, authenticated, service_role;

-- SQLSTATE PGRST is the only error whose headers PostgREST sends (docs.postgrest.org, "Errors", "RAISE Error with
-- Custom HTTP Status Code"); without them a refusal would not say which version refused.
create or replace function lockstep.refuse(
  p_status integer,
  p_code text,
  p_message text,
  p_details text default null,
  p_hint text default null
)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_headers jsonb;
begin
  select coalesce(jsonb_object_agg(header.key, header.value), '{}')
  into v_headers
  from jsonb_array_elements(coalesce(nullif(current_setting('response.headers', true), ''), '[]')::jsonb) as entry,
       jsonb_each(entry) as header;

  raise sqlstate 'PGRST' using
    message = jsonb_build_object(
      'code', refuse.p_code, 'message', refuse.p_message, 'details', refuse.p_details, 'hint', refuse.p_hint
    )::text,
    detail = jsonb_build_object('status', refuse.p_status, 'headers', v_headers)::text;
end;
$$;

comment on function lockstep.refuse(integer, text, text, text, text) is
  'Ends the request with an HTTP status and a code of our own.';
revoke all on function lockstep.refuse(integer, text, text, text, text) from public, anon, authenticated, service_role;

-- The version handshake ------------------------------------------------------------------------------------------

-- Reads the list of X-RPC-Expect, and refuses a version of this RPC that is none, or that this database does not meet.
create or replace function lockstep.require_expected_version(p_expect text, p_name text, p_version text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  c_semver constant text := '^(0|[1-9][0-9]{0,8})[.](0|[1-9][0-9]{0,8})[.](0|[1-9][0-9]{0,8})$';
  v_entry text;
  v_expected integer[];
  v_present constant integer[] := string_to_array(require_expected_version.p_version, '.')::integer[];
begin
  foreach v_entry in array string_to_array(require_expected_version.p_expect, ',') loop
    -- The blanks that HTTP allows around a comma: an entry overlooked for its tab would be a check skipped.
    v_entry := btrim(v_entry, e' \t');
    continue when split_part(v_entry, '/', 1) <> require_expected_version.p_name
      or v_entry = require_expected_version.p_name || '/' || require_expected_version.p_version;

    v_entry := substr(v_entry, length(require_expected_version.p_name) + 2);
    if v_entry !~ c_semver then
      perform lockstep.refuse(
        400, 'rpc_expect_malformed', 'X-RPC-Expect is not a list of name/semver.', require_expected_version.p_name
      );
    end if;

    v_expected := string_to_array(v_entry, '.')::integer[];
    if v_expected[1] <> v_present[1] or v_present < v_expected then
      perform lockstep.refuse(
        503,
        'rpc_contract_mismatch',
        'This database has another version of the RPC than the caller was built for.',
        require_expected_version.p_name || ': expected ' || v_entry
          || ', present ' || require_expected_version.p_version,
        'Run the migrations, or deploy the components that fit them.'
      );
    end if;
  end loop;
end;
$$;

comment on function lockstep.require_expected_version(text, text, text) is
  'Refuses a caller who was built for another version of the RPC.';
revoke all on function lockstep.require_expected_version(text, text, text)
  from public, anon, authenticated, service_role;

-- The first statement of every RPC. Says `name/semver` in X-RPC-Version, and refuses before anything is done when the
-- request's X-RPC-Expect names this RPC with another major version, or with a newer one than this database has.
create or replace function lockstep.announce_rpc(p_name text, p_version text)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_tag constant text := announce_rpc.p_name || '/' || announce_rpc.p_version;
  -- As PostgREST writes them. To read all headers as JSON, the token among them, takes as long as the rest of this.
  v_given constant text := current_setting('request.headers', true);
  v_expect text := split_part(split_part(v_given, '"x-rpc-expect":"', 2), '"', 1);
  v_headers constant jsonb := nullif(current_setting('response.headers', true), '')::jsonb;
  v_before constant text := v_headers -> 0 ->> 'X-RPC-Version';
begin
  if v_before is not null then
    -- One RPC runs another, and the header lists both.
    perform set_config(
      'response.headers', jsonb_set(v_headers, '{0, X-RPC-Version}', to_jsonb(v_before || ', ' || v_tag))::text, true
    );
  else
    -- Until the request ends: a connection plans a statement once, for all arguments alike, and compiles none.
    perform set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true);

    if v_headers is null then
      perform set_config('response.headers', jsonb_build_array(jsonb_build_object('X-RPC-Version', v_tag))::text, true);
    else
      perform lockstep.set_header(
        'X-RPC-Version', concat_ws(', ', lockstep.header_so_far('X-RPC-Version'), v_tag)
      );
    end if;
  end if;

  if v_expect = '' and strpos(v_given, 'x-rpc-expect') > 0 or strpos(v_expect, '\') > 0 then
    v_expect := v_given::json ->> 'x-rpc-expect';
  end if;
  -- Nearly every caller expects just this version. The list is read only where it names the RPC in another way.
  if strpos(replace(', ' || v_expect || ',', ', ' || v_tag || ',', ','), announce_rpc.p_name) > 0 then
    perform lockstep.require_expected_version(v_expect, announce_rpc.p_name, announce_rpc.p_version);
  end if;
end;
$$;

comment on function lockstep.announce_rpc(text, text) is
  'Names the RPC and its version in the answer, and refuses a caller who was built for another.';
revoke all on function lockstep.announce_rpc(text, text) from public, anon, authenticated, service_role;
