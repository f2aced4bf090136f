-- What a project goes on doing beside the RPCs: its back office seats players, empties tables, removes messages; its own
-- roles and policies stay what they are, and what keeps the RPCs from their tables is found.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(23);

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@own.test'), ('00000000-0000-4000-8000-00000000000b', 'grace@own.test');
insert into public.social_channels (id, name) values ('00000000-0000-4000-9000-000000000001', 'own');
insert into public.social_channel_members (channel_id, user_id)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000b');
insert into public.rank_games (id, name) values ('00000000-0000-4000-b000-000000000001', 'Siege');
insert into public.rank_rooms (id, game_id, owner_id, code)
values (
  '00000000-0000-4000-9000-000000000002', '00000000-0000-4000-b000-000000000001',
  '00000000-0000-4000-8000-00000000000a', 'own'
);
insert into public.rank_room_slots (id, room_id, slot_index, occupant_owner_id)
values ('00000000-0000-4000-a000-000000000001', '00000000-0000-4000-9000-000000000002', 0, null);

-- Messages that moderation removes -------------------------------------------------------------------------------------

create function pg_temp.sent(p_user text, p_body text, p_key text default '1')
returns text
language plpgsql
as $$
declare
  v_message text;
begin
  perform set_config(
    'request.jwt.claims',
    jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000' || p_user, 'role', 'authenticated')::text, true
  );
  perform public.insert_social_message(
    '00000000-0000-4000-9000-000000000001', p_body, ('00000000-0000-4000-c000-00000000000' || p_key)::uuid
  );
  return case current_setting('response.headers')::jsonb @> '[{"X-Idempotent-Replay": "true"}]' when true then 'replayed' else 'sent' end;
exception
  when sqlstate 'PGRST' then
    get stacked diagnostics v_message = message_text;
    return v_message::jsonb ->> 'code';
end;
$$;

select is(pg_temp.sent('a', 'spam'), 'sent', 'ada sends');
set local role service_role;
delete from public.social_messages where body = 'spam';
set local role postgres;
select is(pg_temp.sent('a', 'spam'), 'client_message_id_reused', 'what was removed is not sent again with its key');
select is(pg_temp.sent('a', 'other'), 'client_message_id_reused', 'nor anything else');
select is(pg_temp.sent('b', 'hello'), 'sent', 'the key of somebody else is another');
select is((select count(*) from public.social_messages where body <> 'hello' and body in ('spam', 'other')), 0::bigint,
  'nothing of it is there');

create function public.mask()
returns trigger
language plpgsql
as $$
begin
  new.body := replace(new.body, 'damn', '****');
  return new;
end;
$$;
create trigger mask before insert on public.social_messages for each row execute function public.mask();
select is(pg_temp.sent('a', 'damn it', '2'), 'sent', 'a trigger may mask a word');
select is(pg_temp.sent('a', 'damn it', '2'), 'replayed', 'the same text with the same key is the same message');
select is(pg_temp.sent('a', 'damn you', '2'), 'client_message_id_reused', 'another text is not');
delete from public.social_messages where body = '**** it';
select is_empty('select * from lockstep.rewritten_messages', 'what was sent is forgotten with the message');
insert into auth.users (id, email) values ('00000000-0000-4000-8000-00000000000c', 'eve@own.test');
insert into public.social_channel_members (channel_id, user_id)
values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000c');
select is(pg_temp.sent('c', 'damn', '3'), 'sent', 'eve sends one');
delete from auth.users where id = '00000000-0000-4000-8000-00000000000c';
select is_empty('select * from lockstep.rewritten_messages', 'and with its sender');

-- Seats ----------------------------------------------------------------------------------------------------------------

set local request.jwt.claims = '{"sub": "back-office", "role": "service_role"}';
set local role service_role;
select lives_ok(
  $$ update public.rank_room_slots set occupant_owner_id = '00000000-0000-4000-8000-00000000000b' $$,
  'a token whose subject is no id may seat a player'
);
set local role postgres;
select is_empty('select * from lockstep.rank_seats_given', 'which is as good as sitting down');

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
update public.rank_room_slots set occupant_owner_id = null where true;
update public.rank_room_slots set occupant_owner_id = '00000000-0000-4000-8000-00000000000b' where true;
select isnt_empty('select * from lockstep.rank_seats_given', 'a seat that a user gave to another is one that was given');
delete from public.rank_room_slots where true;
select is_empty('select * from lockstep.rank_seats_given', 'until the slot goes');

insert into public.rank_room_slots (room_id, slot_index, occupant_owner_id)
values ('00000000-0000-4000-9000-000000000002', 0, '00000000-0000-4000-8000-00000000000b');
select lives_ok('truncate public.rank_room_slots', 'the slots can be emptied at once');
select is_empty('select * from lockstep.rank_seats_given', 'and nothing is left of them');

-- A role of the project's own, on our topics ---------------------------------------------------------------------------

set local role supabase_realtime_admin;
create policy "everybody hears everything" on realtime.messages for select using (true);
create policy "everybody says anything" on realtime.messages for insert with check (true);
set local role postgres;
create role spectator;
grant spectator to postgres;
grant usage on schema realtime to spectator;
set local role supabase_realtime_admin;
grant select, insert on realtime.messages to spectator;
set local role postgres;

create function pg_temp.heard(p_topic text)
returns bigint
language plpgsql
as $$
declare
  v_count bigint;
begin
  insert into realtime.messages (topic, extension, private) values (p_topic, 'broadcast', true);
  perform set_config('realtime.topic', p_topic, true);
  set local role spectator;
  select count(*) into v_count from realtime.messages where topic = p_topic;
  set local role postgres;
  return v_count;
end;
$$;

select is(pg_temp.heard('social:00000000-0000-4000-9000-000000000001'), 0::bigint, 'it hears nothing on ours');
select is(pg_temp.heard('lobby'), 1::bigint, 'and what it heard before on others');

create function pg_temp.spoken(p_topic text)
returns text
language plpgsql
as $$
begin
  perform set_config('realtime.topic', p_topic, true);
  perform set_config('role', 'spectator', true);
  insert into realtime.messages (topic, extension, private) values (p_topic, 'broadcast', true);
  perform set_config('role', 'postgres', true);
  return 'spoken';
exception
  when insufficient_privilege then
    return sqlerrm;
end;
$$;
select matches(pg_temp.spoken('rank_overlay_ttl'), 'violates row-level security', 'nor does it speak there');

-- Policies that keep the RPCs from their tables ------------------------------------------------------------------------

select is_empty('select * from lockstep.read_as_owners() where problem is not null', 'both owners read their tables');
create function public.is_moderator()
returns boolean
language sql
stable
as $$ select auth.uid() is not null; $$;
create policy "moderators only" on public.rank_rooms as restrictive using (public.is_moderator());
create policy "users only" on public.social_messages as restrictive using (exists (select from auth.users));
select bag_eq(
  $$
    select reader, relation, problem
    from lockstep.read_as_owners()
    -- What looks at rooms in its policies fails with them, where it has rows.
    where problem is not null and relation in ('public.rank_rooms', 'public.social_messages')
  $$,
  $$ values
    ('rank_rpc_owner', 'public.rank_rooms', 'permission denied for schema auth'),
    ('social_rpc_owner', 'public.social_messages', 'permission denied for table users')
  $$,
  'what a restrictive policy keeps from them is said'
);
select is(current_setting('role'), 'postgres', 'whoever asks is who they were');

select * from finish();
rollback;
