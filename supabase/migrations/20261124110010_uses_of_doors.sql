-- Uses of doors: how often each of the older ways is used, so that nobody closes one that somebody goes through.
--
-- Contract: none by itself.
-- Called by: rollout close, and whoever closes by hand, as a role with pg_read_all_stats.
-- Undo: drop function lockstep.uses_of_door(text, text);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- As far as that can be known: pg_stat_statements counts by role, and has the text. It does not count what fails. Null where
-- it is not installed, or does not show the text of others.
create or replace function lockstep.uses_of_door(p_door text, p_opened_to text)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
declare
  v_name constant text := substring(uses_of_door.p_door from '^\w+ public\.(\w+)');
  v_form constant regprocedure := to_regprocedure(substring(uses_of_door.p_door from '^function (.+)$'));
  v_role constant text := regexp_replace(uses_of_door.p_opened_to, '( may |, since ).*$', '');
  -- To write takes a word of its own; reading is part of most statements.
  v_verb constant text := substring(uses_of_door.p_opened_to from ' may (insert|update|delete|truncate)');
  v_only_ours text;
  v_schema regnamespace;
  v_uses bigint;
begin
  select extnamespace into v_schema from pg_catalog.pg_extension where extname = 'pg_stat_statements';
  if v_schema is null then
    return null;
  end if;

  -- A call that names one of these arguments is one of the RPC.
  select string_agg(argument.name, '|') into v_only_ours
  from pg_catalog.pg_proc as ours
  cross join unnest(ours.proargnames[1:ours.pronargs]) as argument (name)
  where ours.pronamespace = 'public'::regnamespace
    and ours.proname = v_name
    and obj_description(ours.oid, 'pg_proc') like '{"rpc": "' || v_name || '", %'
    and not exists (
      select from pg_catalog.pg_proc as older where older.oid = v_form and argument.name = any (older.proargnames)
    );

  execute format(
    $statement$
      select case when coalesce(bool_and(said.query <> '<insufficient privilege>'), true)
        then coalesce(
          sum(said.calls) filter (
            where said.query ~ ('\m' || $1 || '\M')
              and ($2 is null or said.query ~* ('\m' || $2 || '\M'))
              and ($3 is null or said.query !~ ('\m(' || $3 || ')\M'))
          ),
          0
        )
      end
      from %s.pg_stat_statements as said
      where said.userid = to_regrole($4) or $4 in ('public', 'everybody')
    $statement$,
    v_schema
  )
  into v_uses
  using v_name, v_verb, v_only_ours, v_role;
  return v_uses;
exception
  -- It is installed, and the server has not loaded it.
  when object_not_in_prerequisite_state then
    return null;
end;
$$;

comment on function lockstep.uses_of_door(text, text) is
  'How often statements that may use the door have succeeded since statistics began; null where nobody counts.';
revoke all on function lockstep.uses_of_door(text, text) from public, anon, authenticated, service_role;
