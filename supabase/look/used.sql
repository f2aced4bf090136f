-- The columns that the RPCs use of tables that a project may have.
-- `added` ones are added where they are missing, `given` ones are written, `emptied` ones sometimes without a value.

select kind.type, kind.added, kind.given, kind.emptied, split_part(listed.name, '.', 1), split_part(listed.name, '.', 2)
from (
  values
    ('uuid', false, true, false, '{social_channels.id, social_channel_members.channel_id,
      social_channel_members.user_id, social_messages.channel_id, social_messages.sender_id, heroes.id, heroes.owner_id,
      rank_games.id, rank_games.owner_id, rank_rooms.id, rank_rooms.game_id, rank_rooms.owner_id,
      rank_room_slots.room_id, rank_room_slots.occupant_owner_id, rank_participants.game_id,
      rank_participants.owner_id, rank_match_roster.id, rank_match_roster.match_instance_id,
      rank_match_roster.room_id, rank_match_roster.game_id, rank_sessions.id, rank_sessions.game_id,
      rank_sessions.owner_id}'::text[]),
    ('text', false, true, false, '{social_channels.name, social_messages.body, heroes.name, rank_games.name,
      rank_rooms.code, rank_room_slots.role, rank_match_roster.role}'),
    ('integer', false, true, false, '{rank_rooms.slot_count, rank_room_slots.slot_index, rank_match_roster.slot_index}'),
    ('jsonb', false, true, false, '{rank_games.roles}'),
    ('uuid', false, false, false, '{social_messages.id, rank_room_slots.id}'),
    ('timestamp with time zone', false, false, false, '{social_channel_members.inserted_at, social_messages.inserted_at}'),
    ('uuid', false, true, true, '{rank_match_roster.owner_id, rank_match_roster.hero_id}'),
    ('text', false, true, true, '{rank_match_roster.hero_name}'),
    ('uuid', true, true, true, '{social_messages.client_message_id, rank_match_roster.slot_id}'),
    ('text', true, true, true, '{rank_match_roster.status, rank_match_roster.match_source}'),
    ('integer', true, true, true, '{rank_match_roster.score, rank_match_roster.rating, rank_match_roster.battles}'),
    ('numeric', true, true, true, '{rank_match_roster.win_rate}'),
    ('timestamp with time zone', true, true, true, '{rank_match_roster.joined_at}'),
    ('text', true, true, false, '{heroes.description, heroes.ability1, heroes.ability2, heroes.ability3,
      heroes.ability4, heroes.image_url, heroes.background_url, rank_match_roster.slot_template_source}'),
    ('jsonb', true, true, false, '{rank_match_roster.hero_summary}'),
    ('boolean', true, true, false, '{rank_match_roster.ready, rank_match_roster.standin}'),
    ('bigint', true, true, false, '{rank_match_roster.slot_template_version}'),
    ('timestamp with time zone', true, true, false, '{rank_match_roster.slot_template_updated_at}'),
    ('integer', true, false, false, '{rank_participants.rating, rank_participants.score, rank_participants.battles}'),
    ('numeric', true, false, false, '{rank_participants.win_rate}'),
    ('timestamp with time zone', true, false, false, '{rank_sessions.updated_at}'),
    ('text', true, false, false, '{rank_sessions.status}')
) as kind (type, added, given, emptied, names)
cross join unnest(kind.names) as listed (name)
