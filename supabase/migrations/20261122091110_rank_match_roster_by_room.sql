-- What a staging replaces, and what goes with a room.
--
-- A table of the project may be large: the index is made while others write, which cannot be part of a transaction. So the
-- file ends its own first, and that statement is its last. What a build that failed has left is invalid: it is replaced when
-- the file is applied again.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: drop index public.rank_match_roster_by_room;

do $$
begin
  set local lock_timeout = '500ms';
  if exists (
    select from pg_catalog.pg_index where indexrelid = to_regclass('public.rank_match_roster_by_room') and not indisvalid
  ) then
    drop index public.rank_match_roster_by_room;
  end if;
end;
$$;

commit;

create index concurrently if not exists rank_match_roster_by_room
  on public.rank_match_roster (room_id);
