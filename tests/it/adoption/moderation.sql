-- A project's own moderation: a message with a word that is not allowed is refused.
create or replace function public.refuse_bad_words() returns trigger language plpgsql as $$
begin
  if new.body ilike '%forbiddenword%' then
    raise exception 'Message contains a word that is not allowed';
  end if;
  return new;
end $$;
create trigger refuse_bad_words before insert on public.social_messages for each row execute function public.refuse_bad_words();
