-- What an operator may change without a migration: one row for each setting.
--
-- A table, because a hosted project cannot set database parameters of its own. To change one, as postgres:
--   update lockstep.settings set value = '120' where name = 'messages_per_minute';
-- Contract: none by itself.
-- Called by: the RPCs and the helpers beside them.
-- Undo: drop function lockstep.setting(text); drop table lockstep.settings;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.settings (
  name text primary key,
  kind text not null,
  value jsonb not null,
  meaning text not null,

  -- Whoever writes `"60"` or `0` is told now, and not by the requests that fail then.
  constraint setting_has_the_value_of_its_kind check (
    case kind
      when 'count' then value::text ~ '^[1-9][0-9]{0,8}$'
      when 'days' then value::text ~ '^("never"|[1-9][0-9]{0,4})$'
      when 'switch' then jsonb_typeof(value) = 'boolean'
      when 'flag' then value::text ~ '^("off"|"on"|100|[1-9]?[0-9])$'
      when 'users' then
        case jsonb_typeof(value)
          when 'array' then
            jsonb_array_length(value) = jsonb_array_length(
              jsonb_path_query_array(
                value, '$[*] ? (@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")'
              )
            )
          else false
        end
      else false
    end
  )
);

comment on table lockstep.settings is 'What an operator may change without a migration.';
comment on column lockstep.settings.kind is
  'count: a whole number from 1. days: "never", or how many. switch: true or false. flag: "off", "on" or a percentage of the users. users: their ids.';
comment on column lockstep.settings.meaning is 'What the setting does.';

alter table lockstep.settings enable row level security;
revoke all on lockstep.settings from public, anon, authenticated, service_role;

-- What an operator has changed stays changed when this runs again.
insert into lockstep.settings (name, kind, value, meaning)
values
  ('messages_per_minute', 'count', '60', 'How many messages one user may send within 60 seconds, in all channels.'),
  ('guests_allowed', 'switch', 'false', 'Whether users who signed in anonymously may call the RPCs and listen.')
on conflict do nothing;

-- A setting that somebody has deleted is an operator's fault, and nothing to guess at.
create or replace function lockstep.setting(p_name text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_value jsonb;
begin
  select known.value into v_value from lockstep.settings as known where known.name = setting.p_name;

  if v_value is null then
    perform lockstep.refuse(500, 'setting_missing', 'This database is not set up completely.', setting.p_name);
  end if;
  return v_value;
end;
$$;

comment on function lockstep.setting(text) is 'The value of a setting; refuses with 500 where there is none.';
revoke all on function lockstep.setting(text) from public, anon, authenticated, service_role;
