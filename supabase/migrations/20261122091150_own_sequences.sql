-- Numbers that a project's own columns take: the RPCs write rows there, and evaluate the defaults that they do not know.
--
-- A sequence of somebody else's, which postgres may not give, has stopped the first migrations.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $$
declare
  v_sequence text;
  v_role text;
begin
  for v_sequence, v_role in
    select distinct numbers.oid::regclass::text, written.by
    from (
      values
        ('social_messages', 'social_rpc_owner'), ('rank_match_roster', 'rank_rpc_owner'),
        ('rank_sessions', 'rank_rpc_owner')
    ) as written (name, by)
    join pg_catalog.pg_attrdef as value on value.adrelid = to_regclass('public.' || written.name)
    join pg_catalog.pg_depend as depend
      on depend.classid = 'pg_catalog.pg_attrdef'::regclass
      and depend.objid = value.oid
      and depend.refclassid = 'pg_catalog.pg_class'::regclass
    join pg_catalog.pg_class as numbers on numbers.oid = depend.refobjid
    where lockstep.has_adopted(written.name)
      and case when numbers.relkind = 'S' then not has_sequence_privilege(written.by, numbers.oid, 'usage, update') end
  loop
    execute format('grant usage on sequence %s to %I', v_sequence, v_role);
  end loop;
end;
$$;
