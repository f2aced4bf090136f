-- fetch_social_messages_page: the messages of a channel that are older than a cursor.
--
-- A function of its own, because a fourth argument would make fetch_social_messages a second overload, and PostgREST
-- answers 300 to both. The cursor is a row, since many messages can have one time.
-- Contract: fetch_social_messages_page 1.0.0
-- Called by: messages-list
-- Undo: drop function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function public.fetch_social_messages_page(
  p_channel_id uuid,
  p_before_inserted_at timestamptz,
  p_before_id uuid,
  p_limit integer default 50
)
returns setof public.social_messages
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_limit constant integer := least(greatest(coalesce(fetch_social_messages_page.p_limit, 50), 1), 200);
begin
  perform lockstep.announce_rpc('fetch_social_messages_page', '1.0.0');
  perform lockstep.require_channel_member(fetch_social_messages_page.p_channel_id);

  return query
    select message.*
    from public.social_messages as message
    where message.channel_id = fetch_social_messages_page.p_channel_id
      and (message.inserted_at, message.id)
        < (fetch_social_messages_page.p_before_inserted_at, fetch_social_messages_page.p_before_id)
    order by message.inserted_at desc, message.id desc
    limit v_limit;
end;
$$;

comment on function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer) is
  '{"rpc": "fetch_social_messages_page", "version": "1.0.0"}';

revoke all on function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer) to authenticated;

grant create on schema public to social_rpc_owner;
alter function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer) owner to social_rpc_owner;
revoke create on schema public from social_rpc_owner;

notify pgrst, 'reload schema';
