-- Looks first: whether the project has what the migrations cannot fit themselves to. Where something differs nothing is
-- applied at all: every difference is named at once, with what helps.
--
-- It asks three questions of the catalog, as `gate adopt` does. Then it does once what the migrations and the RPCs do, and takes it
-- back. Triggers, defaults, checks and policies of a project run inside the RPCs: with an empty search path, and without the rights
-- of its clients. What they refuse may be the fault of the row that is made up here; what they are not able to do is in the way.
-- Contract: none.
-- Called by: nobody.
-- Undo: select;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';
set local quote_all_identifiers = off;

do $look$
declare
  v_makes boolean := false;
  v_user uuid;
  v_room jsonb;
  v_try record;
  v_policy record;
  v_statement text;
  v_role text;
  v_lets_in boolean;
  v_begun boolean;
  v_done jsonb;
  v_rows integer;
  v_where text;
  v_domain text;
  v_differences text[];
  v_claims text;
  -- For each table, what it is altered by.
  v_added jsonb;
begin
  -- Once they have been applied, everything that they look for is there.
  if to_regprocedure('lockstep.has_adopted(text)') is not null then
    return;
  end if;

  v_differences := array(
    select concat(found.object, ': ', found.difference, '. ', found.remedy)
    from ((
      -- include tables.sql
    ) union all (
      -- include names.sql
    ) union all (
      -- include policies.sql
    )) as found (object, difference, remedy)
    order by found.object
  );

  -- What the migrations do: event triggers may forbid it, or change what is made. What is made ends with the block.
  begin
    if to_regclass('auth.users') is null then
      raise sqlstate 'LS000';
    end if;
    create schema lockstep_trial;
    create role lockstep_trial;
    grant lockstep_trial to postgres;
    grant create, usage on schema public, lockstep_trial to lockstep_trial;
    create table lockstep_trial.trial (id uuid primary key references auth.users (id));
    alter table lockstep_trial.trial enable row level security;
    create policy trial on lockstep_trial.trial using (true);
    create function lockstep_trial.trial() returns trigger language plpgsql as 'begin return null; end';
    create trigger trial after insert on lockstep_trial.trial for each row execute function lockstep_trial.trial();
    alter function lockstep_trial.trial() owner to lockstep_trial;
    drop policy trial on lockstep_trial.trial;
    perform trial.id from lockstep_trial.trial;
    -- Some look at `public` alone.
    create table public.lockstep_trial ();
    drop table public.lockstep_trial;
    create type public.lockstep_trial as (id uuid);
    drop type public.lockstep_trial;
    v_makes := true;
    raise sqlstate 'LS000';
  exception
    when sqlstate 'LS000' then null;
    when others then
      get stacked diagnostics v_where = pg_exception_context;
      v_differences := v_differences || format(
        'this project: it does not let the migrations make what they make: %s (%s). Where an event trigger stands here, '
        'disable it while the migrations are applied.', sqlerrm, split_part(v_where, e'\n', 1));
  end;

  v_added := (
    with used (type, added, given, emptied, relation, name) as (
      -- include used.sql
    )
    select coalesce(jsonb_object_agg(missing.relation, missing.columns), '{}')
    from (
      select used.relation, string_agg(format('add column %I %s', used.name, used.type), ', ')
      from used
      join pg_catalog.pg_class as class on class.relname = used.relation and class.relnamespace = 'public'::regnamespace
      where used.added
        and not exists (
          select from pg_catalog.pg_attribute as held
          where held.attrelid = class.oid and held.attname = used.name and not held.attisdropped
        )
      group by used.relation
    ) as missing (relation, columns)
  );

  -- include trial.sql

  -- include changes.sql

  if v_differences <> '{}' then
    raise exception e'nothing was changed, since this project has what these migrations do not fit:\n%',
      (
        select string_agg(said.line, e'\n' order by said.place)
        from (select line, min(place) from unnest(v_differences) with ordinality as each (line, place) group by line) as said (line, place)
      )
      using hint = 'Mend each, and apply them again. `gate adopt` says of the catalog the same without applying anything.';
  end if;
end;
$look$;
