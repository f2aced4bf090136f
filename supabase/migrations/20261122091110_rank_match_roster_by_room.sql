-- What a staging replaces, and what goes with a room.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('rank_match_roster_by_room');

select lockstep.prepare_index('rank_match_roster_by_room', 'rank_match_roster', '{room_id}');

commit;

create index concurrently if not exists rank_match_roster_by_room
  on public.rank_match_roster (room_id);
