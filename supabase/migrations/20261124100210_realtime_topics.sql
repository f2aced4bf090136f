-- Our topics stay ours, whatever policies an installation has on realtime.messages.
--
-- Many have the first example of the documentation, which lets every signed-in user hear, or send on, every topic.
-- Permissive policies add up; these are restrictive, and say no for topics of ours alone.
-- Contract: policies of realtime.messages.
-- Called by: Realtime, when a client joins a topic or sends on one.
-- Undo: drop policy "our topics are heard by whom they are for" on realtime.messages;
--   drop policy "nobody sends on our topics" on realtime.messages; drop function lockstep.is_own_topic(text);
--   drop function lockstep.may_hear_topic(text);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.is_own_topic(p_topic text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select is_own_topic.p_topic ~
    '^(social:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|rank_overlay_ttl(:.*)?)$';
$$;

comment on function lockstep.is_own_topic(text) is 'Whether a Realtime topic is one of those that this product speaks on.';
revoke all on function lockstep.is_own_topic(text) from public, anon, authenticated, service_role;

create or replace function lockstep.may_hear_topic(p_topic text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select lockstep.may_hear_social_topic(may_hear_topic.p_topic)
    or lockstep.may_hear_overlay_topic(may_hear_topic.p_topic);
$$;

comment on function lockstep.may_hear_topic(text) is 'Whether the caller may listen on a topic of this product.';
revoke all on function lockstep.may_hear_topic(text) from public, anon, authenticated, service_role;

-- The policies run as the client, who may not look into the schema but may run what is granted here. They hold for every
-- role, those of a project's own included.
grant execute on function lockstep.is_own_topic(text), lockstep.may_hear_topic(text) to public;

drop policy if exists "our topics are heard by whom they are for" on realtime.messages;
create policy "our topics are heard by whom they are for" on realtime.messages
  as restrictive for select to public
  using (
    not coalesce(lockstep.is_own_topic((select realtime.topic())), false)
    or (current_user = 'authenticated' and (select lockstep.may_hear_topic((select realtime.topic()))))
  );

drop policy if exists "nobody sends on our topics" on realtime.messages;
create policy "nobody sends on our topics" on realtime.messages
  as restrictive for insert to public
  with check (not coalesce(lockstep.is_own_topic((select realtime.topic())), false));
