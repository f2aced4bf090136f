-- realtime: the schema that Realtime broadcasts from, as its server leaves it in a Supabase project.
--
-- The messages are rows, which the real server reads from the publication; here they stay to be looked at. One thing
-- is given another way: on a hosted project supautils lets postgres write policies on realtime.messages, here a
-- membership in supabase_realtime_admin does (hosted.sql).
-- Run by: superuser supabase_admin, once, after hosted.sql and before one of the grants_*.sql, as one batch.

create schema realtime authorization supabase_admin;

-- Usage and no more, also for the owner of its objects: postgres is a member here, and must not create anything.
grant usage on schema realtime to anon, authenticated, service_role, supabase_realtime_admin;
grant usage on schema realtime to postgres with grant option;

create table realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  -- Without time zone, and so in the time zone of whoever sends.
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  binary_payload bytea,

  primary key (id, inserted_at)
)
partition by range (inserted_at);

-- Serves replay; and who looks whether a message is there.
create index messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
  where extension = 'broadcast' and private is true;

alter table realtime.messages enable row level security;
alter table realtime.messages owner to supabase_realtime_admin;
grant select, insert, update on realtime.messages to postgres, anon, authenticated, service_role;

-- The Realtime server makes these when a client connects, and once a day. A message without one is lost.
do $$
declare
  v_day date;
begin
  for v_day in
    select generate_series((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 3, interval '1 day')
  loop
    execute format(
      'create table realtime.%I partition of realtime.messages for values from (%L) to (%L)',
      to_char(v_day, '"messages_"YYYY_MM_DD'), v_day, v_day + 1
    );
    execute format(
      'alter table realtime.%I owner to supabase_realtime_admin', to_char(v_day, '"messages_"YYYY_MM_DD')
    );
  end loop;
end;
$$;

create function realtime.topic()
returns text
language sql
stable
as $$
  select nullif(current_setting('realtime.topic', true), '');
$$;

-- Never fails: whatever goes wrong is a warning, and no row. A caller who must know has to look for the row.
create function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void
language plpgsql
as $$
declare
  v_id constant uuid := gen_random_uuid();
begin
  perform set_config('realtime.topic', send.topic, true);

  insert into realtime.messages (id, extension, topic, event, private, payload)
  values (
    v_id,
    'broadcast',
    send.topic,
    send.event,
    send.private,
    case when send.payload ? 'id' then send.payload else jsonb_set(send.payload, '{id}', to_jsonb(v_id)) end
  );
exception
  when others then
    raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
end;
$$;

alter function realtime.topic() owner to supabase_realtime_admin;
alter function realtime.send(jsonb, text, text, boolean) owner to supabase_realtime_admin;

-- For the stand-in of Realtime's server, which is told what was written where the real one reads the log.
create function realtime.tell_stand_in()
returns trigger
language plpgsql
as $$
begin
  perform pg_notify('realtime_messages', new.id::text);
  return null;
end;
$$;

create trigger tell_stand_in after insert on realtime.messages for each row execute function realtime.tell_stand_in();

create publication supabase_realtime_messages_publication for table realtime.messages;
