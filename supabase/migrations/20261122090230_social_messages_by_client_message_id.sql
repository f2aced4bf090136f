-- Where a message is looked for by its key. A table that is made here has a constraint of this name already.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: do $$ begin
--     if lockstep.has_adopted('social_messages') then
--       perform lockstep.drop_index_that_was_made('one_message_per_client_message_id');
--     end if;
--   end $$;

select lockstep.prepare_index(
  'one_message_per_client_message_id', 'social_messages', '{sender_id, client_message_id}', '(client_message_id IS NOT NULL)'
);

commit;

create index concurrently if not exists one_message_per_client_message_id
  on public.social_messages (sender_id, client_message_id) where client_message_id is not null;
