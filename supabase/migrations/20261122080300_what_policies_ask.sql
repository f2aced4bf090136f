-- What a project's policies look up: the roles that own RPCs may read it.
--
-- A policy for everybody holds for these roles too, and is evaluated with their rights: one that asks another table would end
-- every RPC with "permission denied". So they may read just the columns that such policies name, one where none is named, and
-- those that the policies of these tables name in turn. No function of theirs reads them.
-- Contract: none by itself.
-- Called by: the migrations that give these roles their tables.
-- Undo: drop function lockstep.let_read_what_policies_ask(text, text[]);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.let_read_what_policies_ask(p_reader text, p_tables text[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_table text;
  v_column text;
begin
  for v_table, v_column in
    with recursive looked_up (relation, number, seen) as (
      select class.oid, 0::smallint, array[class.oid]
      from pg_catalog.pg_class as class
      where class.relnamespace = 'public'::regnamespace
        and class.relname = any (let_read_what_policies_ask.p_tables)
      union
      select depend.refobjid, depend.refobjsubid::smallint, looked_up.seen || depend.refobjid
      from looked_up
      join pg_catalog.pg_policy as policy on policy.polrelid = looked_up.relation and 0 = any (policy.polroles)
      join pg_catalog.pg_depend as depend
        on depend.classid = 'pg_catalog.pg_policy'::regclass
        and depend.objid = policy.oid
        and depend.refclassid = 'pg_catalog.pg_class'::regclass
        and depend.refobjid <> all (looked_up.seen)
    )
    select distinct looked_up.relation::regclass::text, attribute.attname
    from looked_up
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = looked_up.relation and attribute.attnum = case looked_up.number
        when 0 then (
          select min(any_one.attnum) from pg_catalog.pg_attribute as any_one
          where any_one.attrelid = looked_up.relation and any_one.attnum > 0 and not any_one.attisdropped
        )
        else looked_up.number
      end
    where cardinality(looked_up.seen) > 1
      and not has_column_privilege(
        let_read_what_policies_ask.p_reader, looked_up.relation, attribute.attnum, 'select'
      )
    order by 1, 2
  loop
    execute format('grant select (%I) on %s to %I', v_column, v_table, let_read_what_policies_ask.p_reader);
  end loop;
end;
$$;

comment on function lockstep.let_read_what_policies_ask(text, text[]) is
  'Lets a role read the columns that the policies for everybody on these tables name.';
revoke all on function lockstep.let_read_what_policies_ask(text, text[]) from public, anon, authenticated, service_role;
