-- Whose match is it? Most rosters keep match and slot unique: the index has the name that PostgreSQL gives that
-- constraint, and nothing is built where it is there.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: do $$ begin
--     if exists (
--       select from pg_catalog.pg_index
--       where indexrelid = to_regclass('public.rank_match_roster_match_instance_id_slot_index_key') and not indisunique
--     ) then perform lockstep.drop_index_that_was_made('rank_match_roster_match_instance_id_slot_index_key'); end if;
--   end $$;

select lockstep.prepare_index(
  'rank_match_roster_match_instance_id_slot_index_key', 'rank_match_roster', '{match_instance_id, slot_index}'
);

commit;

create index concurrently if not exists rank_match_roster_match_instance_id_slot_index_key
  on public.rank_match_roster (match_instance_id, slot_index);
