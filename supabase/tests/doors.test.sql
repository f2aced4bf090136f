-- Doors: what counts as one, that all are closed or none, and that a project without any is closed from the start.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(13);

select isnt_empty(
  $$ select from pg_class where oid = to_regclass('lockstep.closed_doors') $$, 'a new project is closed from the start'
);
select is_empty('select * from lockstep.open_doors()', 'and has no door');

-- What is one ---------------------------------------------------------------------------------------------------------

create role back_office;
create role premium;
grant premium to authenticator;
grant insert on public.social_messages to premium, back_office;
create function public.sync_rank_match_roster(p_room_id uuid) returns integer language sql as 'select 1';
revoke all on function public.sync_rank_match_roster(uuid) from public, anon, authenticated, service_role;
grant execute on function public.sync_rank_match_roster(uuid) to back_office;
grant select (body), delete on public.social_messages to authenticated, service_role;
grant insert, select on public.rank_match_roster to service_role;
alter table public.heroes disable row level security;

select bag_eq(
  'select door, opened_to from lockstep.open_doors()',
  $$ values
    ('function public.sync_rank_match_roster(uuid)', 'back_office'),
    ('table public.social_messages', 'authenticated may select (body)'),
    ('table public.social_messages', 'authenticated may delete'),
    ('table public.social_messages', 'premium may insert'),
    ('table public.heroes', 'everybody, since row level security is off')
  $$,
  'an older form, rights of clients beyond the contract, and row level security that is off'
);

select is(lockstep.has_adopted('social_messages'), false, 'none of the tables was here before');

-- Closing -------------------------------------------------------------------------------------------------------------

select is(
  (select count(*) from lockstep.close_doors()), 5::bigint, 'those that came up since then can be closed as well'
);
select is_empty('select * from lockstep.open_doors()', 'none is open');
select ok(not has_function_privilege('back_office', 'public.sync_rank_match_roster(uuid)', 'execute'), 'not this one');
select is((select count(*) from lockstep.close_doors()), 0::bigint, 'a second time there is nothing to do');

-- Reopening -----------------------------------------------------------------------------------------------------------

drop function public.sync_rank_match_roster(uuid);
select is(
  (select count(*) from lockstep.reopen_doors()), 4::bigint, 'what is no longer there is passed over when it is reopened'
);
select ok(has_table_privilege('authenticated', 'public.social_messages', 'delete'), 'what is there has its rights back');
select is((select count(*) from lockstep.reopen_doors()), 0::bigint, 'a second time there is nothing to do');

-- What cannot be closed -----------------------------------------------------------------------------------------------

grant delete on public.social_messages to service_role with grant option;
set local role service_role;
grant delete on public.social_messages to anon;
set local role postgres;
select throws_matching(
  'select lockstep.close_doors()',
  'nothing was closed, because these cannot be: table public.social_messages to anon may delete',
  'a right that somebody else has given is not passed over'
);
select isnt_empty('select * from lockstep.open_doors()', 'and nothing is closed by half');

select * from finish();
rollback;
