-- raising: functions that may raise 40001, which PostgREST before 16 runs again for ever.
--
-- Whatever is in the schemas of the contract, also what is not named there: a trigger of somebody's own runs inside our
-- transactions. Which of them really raise it is decided by who reads the source.
-- Reads: pg_catalog. Parameter: gate.asked.

select coalesce(
  jsonb_agg(
    jsonb_build_object('place', routine.oid::regprocedure::text, 'source', routine.prosrc)
    order by routine.oid::regprocedure::text
  ),
  '[]'
)::text
from pg_proc as routine
join pg_namespace as namespace on namespace.oid = routine.pronamespace
where (
    (select current_setting('gate.asked')::jsonb) -> 'homes' ? namespace.nspname
    or exists (
      select
      from pg_trigger as fired
      join pg_class as class on class.oid = fired.tgrelid
      join pg_namespace as home on home.oid = class.relnamespace
      where fired.tgfoid = routine.oid
        and (select current_setting('gate.asked')::jsonb) -> 'relations' ? (home.nspname || '.' || class.relname)
    )
  )
  and routine.prosrc ~* '40001|serialization_failure'
  and not exists (
    select
    from pg_depend as dependency
    where dependency.classid = 'pg_proc'::regclass and dependency.objid = routine.oid and dependency.deptype = 'e'
  );
