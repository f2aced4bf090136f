-- Whose channels are these? Also what `on delete cascade` of a user looks for.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('social_channel_members_by_user');

select lockstep.prepare_index('social_channel_members_by_user', 'social_channel_members', '{user_id}');

commit;

create index concurrently if not exists social_channel_members_by_user
  on public.social_channel_members (user_id);
