-- What a staging replaces, and what goes with a room.
--
-- A table of the project may be large: the index is made while others write. So the file is this one statement, which
-- cannot be part of a transaction. Should it fail, what it leaves is invalid: drop that, and apply again.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: drop index public.rank_match_roster_by_room;

create index concurrently if not exists rank_match_roster_by_room
  on public.rank_match_roster (room_id);
