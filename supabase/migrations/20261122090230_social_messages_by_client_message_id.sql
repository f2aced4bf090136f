-- Where a message is looked for by its key. A table that is made here has a constraint of this name already.
--
-- A table of the project may be large: the index is made while others write, which cannot be part of a transaction. So the
-- file ends its own first, and that statement is its last. What a build that failed has left is invalid: it is replaced when
-- the file is applied again.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: do $$ begin
--     if lockstep.has_adopted('social_messages') then drop index public.one_message_per_client_message_id; end if;
--   end $$;

do $$
begin
  set local lock_timeout = '500ms';
  if exists (
    select from pg_catalog.pg_index where indexrelid = to_regclass('public.one_message_per_client_message_id') and not indisvalid and not indisunique
  ) then
    drop index public.one_message_per_client_message_id;
  end if;
end;
$$;

commit;

create index concurrently if not exists one_message_per_client_message_id
  on public.social_messages (sender_id, client_message_id) where client_message_id is not null;
