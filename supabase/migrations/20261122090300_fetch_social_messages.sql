-- fetch_social_messages: the newest messages of a channel the caller belongs to.
--
-- Contract: fetch_social_messages 1.0.0
-- Called by: messages-list
-- Undo: drop function public.fetch_social_messages(uuid, integer, timestamptz);
--   drop function lockstep.require_channel_member(uuid);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- The same refusal for a channel that is not the caller's and for one that does not exist: channels cannot be probed.
create or replace function lockstep.require_channel_member(p_channel_id uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform lockstep.require_caller();
  perform set_config('lockstep.channel', require_channel_member.p_channel_id::text, true);

  if lockstep.channel_in_hand() is null then
    perform lockstep.refuse(403, 'not_channel_member', 'You are not a member of this channel.');
  end if;
end;
$$;

comment on function lockstep.require_channel_member(uuid) is 'Refuses with 403 whoever does not belong to the channel.';
revoke all on function lockstep.require_channel_member(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.require_channel_member(uuid) to social_rpc_owner;

create or replace function public.fetch_social_messages(
  p_channel_id uuid,
  p_limit integer default 50,
  p_since timestamptz default null
)
returns setof public.social_messages
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_since constant timestamptz := coalesce(fetch_social_messages.p_since, '-infinity');
  v_limit constant integer := least(greatest(coalesce(fetch_social_messages.p_limit, 50), 1), 200);
begin
  perform lockstep.announce_rpc('fetch_social_messages', '1.0.0');
  perform lockstep.require_channel_member(fetch_social_messages.p_channel_id);

  return query
    select message.*
    from public.social_messages as message
    where message.channel_id = fetch_social_messages.p_channel_id
      -- Without an `or`: this way it is a condition of the index.
      and message.inserted_at > v_since
    order by message.inserted_at desc, message.id desc
    limit v_limit;
end;
$$;

comment on function public.fetch_social_messages(uuid, integer, timestamptz) is
  '{"rpc": "fetch_social_messages", "version": "1.0.0"}';

revoke all on function public.fetch_social_messages(uuid, integer, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.fetch_social_messages(uuid, integer, timestamptz) to authenticated;

-- Only who may create in a schema may be given a function there.
grant create on schema public to social_rpc_owner;
alter function public.fetch_social_messages(uuid, integer, timestamptz) owner to social_rpc_owner;
revoke create on schema public from social_rpc_owner;

notify pgrst, 'reload schema';
