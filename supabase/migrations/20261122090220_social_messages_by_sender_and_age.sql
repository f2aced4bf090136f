-- What the rate limit counts.
--
-- A table of the project may be large: the index is made while others write, which cannot be part of a transaction. So the
-- file ends its own first, and that statement is its last. What a build that failed has left is invalid: it is replaced when
-- the file is applied again.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: drop index public.social_messages_by_sender_and_age;

do $$
begin
  set local lock_timeout = '500ms';
  if exists (
    select from pg_catalog.pg_index where indexrelid = to_regclass('public.social_messages_by_sender_and_age') and not indisvalid
  ) then
    drop index public.social_messages_by_sender_and_age;
  end if;
end;
$$;

commit;

create index concurrently if not exists social_messages_by_sender_and_age
  on public.social_messages (sender_id, inserted_at desc);
