-- What is made here may point at a table that the project had.
--
-- A foreign key would forbid the project to truncate or drop its table and to give its rows other ids, and it asks for a key
-- that may be deferred. There, triggers do what a key would: what points at a row goes with it, and nothing points at what
-- is not there. Where both tables are made here, it is a foreign key.
-- Contract: none by itself.
-- Called by: the migrations that make tables; deletes and truncates of a project's rows, and changes of their ids; writes
--   of rows that point there.
-- Undo: drop function lockstep.refer(text, text[]); drop function lockstep.require_adopted();
--   drop function lockstep.follow_adopted();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Each argument is a table, its column, and `cascade` or `null`; in the order in which rows are locked.
create or replace function lockstep.follow_adopted()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_follower text;
  v_table text;
  v_column text;
begin
  foreach v_follower in array tg_argv loop
    v_table := split_part(v_follower, ' ', 1);
    v_column := split_part(v_follower, ' ', 2);
    if tg_op = 'UPDATE' then
      execute format('update public.%I set %I = $1 where %I = $2', v_table, v_column, v_column) using new.id, old.id;
    elsif v_follower like '% cascade' then
      if tg_op = 'TRUNCATE' then
        execute format('delete from public.%I where true', v_table);
      else
        execute format('delete from public.%I where %I = $1', v_table, v_column) using old.id;
      end if;
    elsif tg_op = 'TRUNCATE' then
      execute format('update public.%I set %I = null where %I is not null', v_table, v_column, v_column);
    else
      execute format('update public.%I set %I = null where %I = $1', v_table, v_column, v_column) using old.id;
    end if;
  end loop;
  return null;
exception
  -- Its id is renamed: no RPC works then, and what the project does goes on.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.follow_adopted() is 'Does to what points at a row what is done to the row.';
revoke all on function lockstep.follow_adopted() from public, anon, authenticated, service_role;

-- Holds the row as a key would: whoever deletes it meanwhile waits, and then removes this one, too. It runs after the keys, which
-- hold the user: users come first in the order of locks. The first argument is the table, the second the column here.
create or replace function lockstep.require_adopted()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := (to_jsonb(new) ->> tg_argv[1])::uuid;
  v_rows integer;
begin
  execute format('select from public.%I as there where there.id = $1 for key share', tg_argv[0]) using v_id;
  get diagnostics v_rows = row_count;
  if v_rows = 0 then
    raise foreign_key_violation using message = format('There is no row of %s with this %s.', tg_argv[0], tg_argv[1]);
  end if;
  return new;
end;
$$;

comment on function lockstep.require_adopted() is 'Refuses a row that points at nothing, and holds what it points at.';
revoke all on function lockstep.require_adopted() from public, anon, authenticated, service_role;

create or replace function lockstep.refer(p_to text, p_followers text[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_arguments text;
  v_table text;
  v_column text;
  v_action text;
begin
  for v_table, v_column, v_action in
    select split_part(follower, ' ', 1), split_part(follower, ' ', 2), split_part(follower, ' ', 3)
    from unnest(refer.p_followers) as follower
  loop
    continue when lockstep.has_adopted(v_table);
    if lockstep.has_adopted(refer.p_to) then
      v_arguments := concat_ws(', ', v_arguments, quote_literal(concat_ws(' ', v_table, v_column, v_action)));
      execute format(
        'create or replace trigger %I after insert or update of %I on public.%I '
        'for each row when (new.%I is not null) execute function lockstep.require_adopted(%L, %L)',
        'the_' || v_column || '_is_there', v_column, v_table, v_column, refer.p_to, v_column
      );
      -- Of those two, a later file looks after.
      if v_table || '.' || v_column not in ('social_messages.channel_id', 'rank_match_roster.room_id')
        and not lockstep.has_index(v_table, array[v_column], null)
      then
        execute format('create index on public.%I (%I)', v_table, v_column);
      end if;
    elsif not exists (
      select
      from pg_catalog.pg_constraint as owned
      where owned.conrelid = format('public.%I', v_table)::regclass
        and owned.conname = format('%s_%s_fkey', v_table, v_column)
    ) then
      execute format(
        'alter table public.%I add constraint %I foreign key (%I) references public.%I (id) on delete %s',
        v_table, format('%s_%s_fkey', v_table, v_column), v_column, refer.p_to,
        case v_action when 'null' then 'set null' else v_action end
      );
    end if;
  end loop;

  if v_arguments is not null then
    execute format(
      'create or replace trigger what_points_at_it_goes_with_it after delete or update of id on public.%I '
      'for each row execute function lockstep.follow_adopted(%s)', refer.p_to, v_arguments
    );
    execute format(
      'create or replace trigger what_points_at_them_goes_with_them after truncate on public.%I '
      'for each statement execute function lockstep.follow_adopted(%s)', refer.p_to, v_arguments
    );
  end if;
end;
$$;

comment on function lockstep.refer(text, text[]) is
  'Lets columns of tables that are made here point at another table: by foreign keys, or by triggers where it is the project''s.';
revoke all on function lockstep.refer(text, text[]) from public, anon, authenticated, service_role;
