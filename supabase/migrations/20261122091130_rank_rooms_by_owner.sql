-- Whose rooms are these? Also what `on delete cascade` of a user looks for.
--
-- A table of the project may be large: the index is made while others write, which cannot be part of a transaction. So the
-- file ends its own first, and that statement is its last. What a build that failed has left is invalid: it is replaced when
-- the file is applied again.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: drop index public.rank_rooms_by_owner;

do $$
begin
  set local lock_timeout = '500ms';
  if exists (
    select from pg_catalog.pg_index where indexrelid = to_regclass('public.rank_rooms_by_owner') and not indisvalid
  ) then
    drop index public.rank_rooms_by_owner;
  end if;
end;
$$;

commit;

create index concurrently if not exists rank_rooms_by_owner
  on public.rank_rooms (owner_id);
