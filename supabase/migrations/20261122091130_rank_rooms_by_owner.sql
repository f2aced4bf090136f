-- Whose rooms are these? Also what `on delete cascade` of a user looks for.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('rank_rooms_by_owner');

select lockstep.prepare_index('rank_rooms_by_owner', 'rank_rooms', '{owner_id}');

commit;

create index concurrently if not exists rank_rooms_by_owner
  on public.rank_rooms (owner_id);
