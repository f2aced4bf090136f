-- A chat of a project, with our names, policies for everybody, no key, and rows that no constraint of ours would take.
drop table public.social_messages;
create table public.social_messages (
  id uuid primary key default gen_random_uuid(),
  channel_id uuid not null,
  sender_id uuid references auth.users (id),
  body text,
  client_message_id uuid,
  inserted_at timestamptz not null default now()
);
alter table public.social_messages enable row level security;
create policy "members read the messages of their channels" on public.social_messages using (true);
create policy "signed in may write" on public.social_messages for insert with check (true);
insert into public.social_messages (channel_id, body) values (gen_random_uuid(), ''), (gen_random_uuid(), repeat('x', 9000));
