-- Serves the newest page, the page before a cursor, and `since`, each as one range of the index.
--
-- A table of the project may be large: the index is made while others write. So the file is this one statement, which
-- cannot be part of a transaction. Should it fail, what it leaves is invalid: drop that, and apply again.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: drop index public.social_messages_by_channel_and_age;

create index concurrently if not exists social_messages_by_channel_and_age
  on public.social_messages (channel_id, inserted_at desc, id desc);
