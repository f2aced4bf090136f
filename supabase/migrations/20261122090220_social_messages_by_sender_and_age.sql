-- What the rate limit counts.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('social_messages_by_sender_and_age');

select lockstep.prepare_index(
  'social_messages_by_sender_and_age', 'social_messages', '{sender_id, inserted_at desc}'
);

commit;

create index concurrently if not exists social_messages_by_sender_and_age
  on public.social_messages (sender_id, inserted_at desc);
