-- Of a project in use: a column of ours that is missing, and an index that has the name of one of ours.
do $$
begin
  if to_regclass('public.heroes') is not null then
    alter table public.heroes drop column ability4;
    create index rank_rooms_by_owner on public.rank_rooms (owner_id);
  end if;
end;
$$;
