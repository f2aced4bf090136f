-- What the project does itself goes on: a trigger that copies whole rows meets the columns that are added, too.
-- The row that is written is like one of the project's, with ids of nobody: what a trigger does elsewhere meets no row there.

for v_try in
  select
    class.oid, class.oid::regclass as relation, format('lockstep_trial.%I', class.relname) as copy, v_added ->> class.relname as added,
    change.statement
  from pg_catalog.pg_class as class
  cross join unnest(array[
    'insert into %1$s select * from lockstep_trial.before', 'update %1$s set (%2$s) = row(%2$s)', 'delete from %1$s where true'
  ]) as change (statement)
  where v_makes and class.relnamespace = 'public'::regnamespace and v_added ? class.relname and class.relkind = 'r'
    and pg_has_role('postgres', class.relowner, 'usage')
loop
  v_begun := false;
  begin
    create schema lockstep_trial;
    execute format('create table %s as select * from %s limit 1', v_try.copy, v_try.relation);
    get diagnostics v_rows = row_count;
    if v_rows = 0 then
      execute format('insert into %s default values', v_try.copy);
    end if;
    execute format('alter table %s %s', v_try.copy, v_try.added);
    execute coalesce((
      select format('update %s set %s', v_try.copy, string_agg(format('%I = gen_random_uuid()', held.attname), ', '))
      from pg_catalog.pg_attribute as held
      where held.attrelid = v_try.copy::regclass and held.attnum > 0 and held.atttypid = 'uuid'::regtype
      having count(*) > 0
    ), 'select');
    execute format('create table lockstep_trial.before as table %s', v_try.copy);
    for v_statement in
      select replace(pg_get_triggerdef(fired.oid), format(' ON %s ', v_try.relation), format(' ON %s ', v_try.copy))
      from pg_catalog.pg_trigger as fired
      where fired.tgrelid = v_try.oid and not fired.tgisinternal and fired.tgenabled in ('O', 'A')
    loop
      execute v_statement;
    end loop;
    set constraints all immediate;
    v_begun := true;
    -- As whoever calls it has it.
    set local search_path = public, extensions;
    execute (
      select format(v_try.statement, v_try.copy, string_agg(format('%I', held.attname), ', '))
      from pg_catalog.pg_attribute as held
      where held.attrelid = v_try.copy::regclass and held.attnum > 0
    );
    raise sqlstate 'LS000';
  exception
    when syntax_error or datatype_mismatch then
      get stacked diagnostics v_where = pg_exception_context;
      if v_begun then
        v_differences := v_differences || format(
          'table %s: a trigger copies its rows, and does not know the columns that are added: %s (%s). Name the columns there.',
          v_try.relation, sqlerrm, split_part(v_where, e'\n', 1)
        );
      end if;
    when others then null;
  end;
end loop;
