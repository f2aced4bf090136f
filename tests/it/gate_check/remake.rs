//! A function made again with one thing about its head changed, and all else kept: what `create or replace` cannot do,
//! and what somebody does by hand in a dashboard.

/// Changes `from` to `to` in front of the body. The body may no longer fit; it is not the thing that is judged.
pub const REMAKE: &str = r"
create function pg_temp.remake(p_function regproc, p_from text, p_to text) returns void language plpgsql as $do$
declare
  v_old pg_proc;
  v_text constant text := pg_get_functiondef(p_function);
  v_comment constant text := obj_description(p_function, 'pg_proc');
  v_head constant text := split_part(v_text, 'AS $function$', 1);
  v_new oid;
begin
  if position(p_from in v_head) = 0 then
    raise exception '% is not in %', p_from, v_head;
  end if;
  select * into v_old from pg_proc where oid = p_function;
  execute format('drop function %s', p_function::oid::regprocedure);
  execute replace(v_head, p_from, p_to) || substr(v_text, length(v_head) + 1);
  select oid into strict v_new from pg_proc where proname = v_old.proname and pronamespace = v_old.pronamespace;
  update pg_proc set proowner = v_old.proowner, proacl = v_old.proacl where oid = v_new;
  execute format('comment on function %s is %L', v_new::regprocedure, v_comment);
end;
$do$;
-- What the comment of an RPC says.
create function pg_temp.version(p_rpc regproc) returns text language sql as $do$
  select obj_description(p_rpc, 'pg_proc')::pg_catalog.jsonb ->> 'version';
$do$;
-- Changes the body alone.
create function pg_temp.rebody(p_function regproc, p_from text, p_to text) returns void language plpgsql as $do$
declare
  v_text constant text := pg_get_functiondef(p_function);
begin
  if position(p_from in v_text) = 0 then
    raise exception '% is not in %', p_from, v_text;
  end if;
  execute replace(v_text, p_from, p_to);
end;
$do$;
set local check_function_bodies = off;
set local search_path = '';
";
