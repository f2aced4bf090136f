-- storage: how the contract's tables are kept, where that is a fault: which, what it is, and the statement that mends it.
--
-- Reads: pg_catalog, which every role may read. Parameter: gate.asked.

with asked (oid, name, class) as (
  select class.oid, namespace.nspname || '.' || class.relname, class
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  where class.relkind in ('r', 'p')
    and (select current_setting('gate.asked')::jsonb) -> 'relations' ? (namespace.nspname || '.' || class.relname)
)
select coalesce(jsonb_object_agg(fault.name, fault.faults), '{}')::text
from (
  select fault.name, jsonb_agg(jsonb_build_object('kind', fault.kind, 'what', fault.what, 'remedy', fault.remedy))
  from (
    select asked.name, 'unlogged', 'unlogged', format('alter table %s set logged;', asked.name)
    from asked
    where (asked.class).relpersistence = 'u'
    union all
    select
      asked.name, 'child', 'rows of ' || child.inhrelid::regclass,
      format('alter table %s no inherit %s;', child.inhrelid::regclass, asked.name)
    from asked
    join pg_inherits as child on child.inhparent = asked.oid
    where (asked.class).relkind = 'r'
    union all
    -- Who reads a parent needs no right on what inherits from it, and its policies alone hold.
    select
      asked.name, 'parent', 'its rows are shown by ' || parent.inhparent::regclass,
      format('alter table %s no inherit %s;', asked.name, parent.inhparent::regclass)
    from asked
    join pg_inherits as parent on parent.inhrelid = asked.oid
    where not (asked.class).relispartition
    union all
    select
      asked.name, 'published', 'published by ' || published.pubname || ' without a replica identity',
      format(
        'alter table %s replica identity %s;',
        asked.name,
        case
          when exists (select from pg_index as key where key.indrelid = asked.oid and key.indisprimary) then 'default'
          else 'full'
        end
      )
    from asked
    join pg_publication_tables as published on published.schemaname || '.' || published.tablename = asked.name
    join pg_publication as publication using (pubname)
    where (publication.pubupdate or publication.pubdelete)
      and (
        (asked.class).relreplident = 'n'
        or (asked.class).relreplident = 'd'
          and not exists (select from pg_index as key where key.indrelid = asked.oid and key.indisprimary)
      )
    union all
    select
      asked.name, 'published', 'published by ' || publication.pubname || ' with a condition',
      format('alter table %s replica identity full;', asked.name)
    from asked
    join pg_publication_rel as published on published.prrelid = asked.oid
    join pg_publication as publication on publication.oid = published.prpubid
    where published.prqual is not null
      and (publication.pubupdate or publication.pubdelete)
      and (asked.class).relreplident <> 'f'
    union all
    -- Without compression and out of line, what is longer than a page is refused.
    select
      asked.name, 'plain', 'storage plain of ' || attribute.attname,
      format('alter table %s alter column %I set storage extended;', asked.name, attribute.attname)
    from asked
    join pg_attribute as attribute on attribute.attrelid = asked.oid and attribute.attnum > 0
    join pg_type as kind on kind.oid = attribute.atttypid
    where attribute.attstorage = 'p' and kind.typstorage = 'x' and not attribute.attisdropped
    union all
    select
      asked.name, 'sequence', sequence.seqrelid::regclass || ' ends or repeats itself',
      format('alter sequence %s increment 1 no minvalue no maxvalue no cycle;', sequence.seqrelid::regclass)
    from asked
    join pg_depend as depend
      on depend.refclassid = 'pg_class'::regclass and depend.refobjid = asked.oid and depend.deptype in ('a', 'i')
      and depend.classid = 'pg_class'::regclass
    join pg_sequence as sequence on sequence.seqrelid = depend.objid
    where sequence.seqcycle
      or sequence.seqincrement <> 1
      or sequence.seqmax < case sequence.seqtypid
        when 'smallint'::regtype then 32767
        when 'integer'::regtype then 2147483647
        else 9223372036854775807
      end
  ) as fault (name, kind, what, remedy)
  group by fault.name
) as fault (name, faults);
