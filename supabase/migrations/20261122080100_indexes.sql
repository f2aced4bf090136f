-- Indexes on tables that may be the project's: by use, not by name. Where the project has one that serves as well, none is
-- made beside it.
--
-- `create index concurrently` cannot be part of a function or a condition, and so each of its files has a step before it.
-- Contract: none by itself.
-- Called by: the migrations that make an index beside those who write.
-- Undo: drop function lockstep.free_index_names(); drop function lockstep.prepare_index(text, text, text[], text);
--   drop function lockstep.has_index(text, text[], text);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- One that begins with these columns, in this order, and has no rows left out but those that nobody searches for. It is
-- read from either end: all directions are as they are given or all are the other way round, and the first column is one
-- that is looked for by its value.
create or replace function lockstep.has_index(p_table text, p_columns text[], p_where text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select
    from pg_catalog.pg_index as index
    join pg_catalog.pg_class as class on class.oid = index.indexrelid
    join pg_catalog.pg_am as method on method.oid = class.relam
    cross join lateral (
      select
        bool_and(pg_get_indexdef(index.indexrelid, number::integer, false) = split_part(asked.spelt, ' ', 1)) as same,
        count(distinct index.indoption[number - 1] = case when asked.spelt like '% desc' then 3 else 0 end)
          filter (where number > 1) as ways,
        bool_and(index.indoption[number - 1] in (0, 3)) as plain
      from unnest(has_index.p_columns) with ordinality as asked (spelt, number)
    ) as compared
    where index.indrelid = format('public.%I', has_index.p_table)::regclass
      and method.amname = 'btree'
      and index.indisvalid and index.indisready and index.indislive
      and index.indnkeyatts >= cardinality(has_index.p_columns)
      and (index.indpred is null or pg_get_expr(index.indpred, index.indrelid) = has_index.p_where)
      and compared.same and compared.ways < 2 and compared.plain
  );
end;
$$;

comment on function lockstep.has_index(text, text[], text) is 'Whether a table has an index that serves for these columns.';
revoke all on function lockstep.has_index(text, text[], text) from public, anon, authenticated, service_role;

-- What a build that failed has left would be taken for an index that is there: it is dropped. A unique one is the project's.
-- Where there is one that serves, an empty type keeps the name until free_index_names(): `if not exists` then makes none.
create or replace function lockstep.prepare_index(p_name text, p_table text, p_columns text[], p_where text default null)
returns void
language plpgsql
volatile
set search_path = ''
set lock_timeout = '500ms'
as $$
declare
  v_index constant regclass := to_regclass(format('public.%I', prepare_index.p_name));
begin
  if exists (
    select from pg_catalog.pg_index where indexrelid = v_index and not indisvalid and not indisunique
  ) then
    execute format('drop index %s', v_index);
  end if;
  if to_regclass(format('public.%I', prepare_index.p_name)) is null
    and lockstep.has_index(prepare_index.p_table, prepare_index.p_columns, prepare_index.p_where)
  then
    execute format('create type public.%I as ()', prepare_index.p_name);
    execute format('comment on type public.%I is ''Keeps a name.''', prepare_index.p_name);
  end if;
end;
$$;

comment on function lockstep.prepare_index(text, text, text[], text) is
  'Lets an index be made where none serves, and no other: drops what a failed build has left, and keeps the name otherwise.';
revoke all on function lockstep.prepare_index(text, text, text[], text) from public, anon, authenticated, service_role;

create or replace function lockstep.free_index_names()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_type text;
begin
  for v_type in
    select format('%I.%I', namespace.nspname, type.typname)
    from pg_catalog.pg_type as type
    join pg_catalog.pg_namespace as namespace on namespace.oid = type.typnamespace
    where namespace.nspname = 'public' and obj_description(type.oid, 'pg_type') = 'Keeps a name.'
  loop
    execute format('drop type %s', v_type);
  end loop;
end;
$$;

comment on function lockstep.free_index_names() is 'Gives the names free that prepare_index() has kept.';
revoke all on function lockstep.free_index_names() from public, anon, authenticated, service_role;
