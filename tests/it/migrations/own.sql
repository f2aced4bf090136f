-- Of a project in use: a column of ours that is missing, and indexes that have the names of ours.
do $$
begin
  if to_regclass('public.heroes') is not null then
    alter table public.heroes drop column ability4;
    create index rank_rooms_by_owner on public.rank_rooms (owner_id);
    create index rank_match_roster_by_room on public.rank_match_roster (room_id);
    create table public.social_channel_members (
      channel_id uuid, user_id uuid, inserted_at timestamptz default now(), primary key (channel_id, user_id)
    );
    create index social_channel_members_by_user on public.social_channel_members (user_id);
    create index social_messages_by_channel_and_age on public.social_messages (channel_id, inserted_at, id);
    create index social_messages_by_sender_and_age on public.social_messages (sender_id, inserted_at);
  end if;
end;
$$;
