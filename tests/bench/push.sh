#!/bin/sh
# How long others wait while `supabase db push` applies the migrations to a project in use. A reader of each table stays for
# twelve seconds and comes again after three. Takes about two minutes and 1.5 GB, which go again:
#
#   cargo run -p stack -- --port 0 --no-components --in-use --grants before-october-2026 --migrations none \
#     --exec 'sh tests/bench/push.sh'
#
# ROWS: of the roster. SUPABASE: the command of the CLI.
set -eu
rows=${ROWS:-5000000}
supabase=${SUPABASE:-npx --yes supabase@3.1.0}
tables='heroes rank_games rank_rooms rank_room_slots rank_participants rank_match_roster rank_sessions social_messages'
root=$PWD
folder=$(mktemp -d)
children=''
finish() {
  # Those that have ended are no fault.
  for child in $children; do kill "$child" 2>"$folder/ended" || true; done
  rm -rf "$folder"
}
trap finish EXIT
sql() { psql "$DATABASE_URL" --no-psqlrc --quiet --tuples-only --no-align "$@"; }

sql <<S
insert into public.rank_match_roster (match_instance_id, slot_index, role, room_id, game_id)
select md5((n / 4)::text)::uuid, n % 4, 'attack', room.id, room.game_id
from generate_series(1, $rows) as n, (select id, game_id from public.rank_rooms limit 1) as room;
insert into public.social_messages (channel_id, body)
select md5((n % 200)::text)::uuid, 'hello ' || n from generate_series(1, $rows / 12) as n;
analyze public.rank_match_roster, public.social_messages;
S

for table in $tables; do
  (while sql -c 'begin' -c "select from public.$table limit 1" -c 'select pg_sleep(12)' -c 'commit'; do sleep 3; done) \
    >"$folder/stays" 2>&1 &
  children="$children $!"
  for probe in "read select from public.$table limit 1" "write update public.$table set id = id where ctid = '(0,1)'"; do
    printf '%s\n' '\timing on' "${probe#* } \\watch 0.02" | sql >"$folder/${probe%% *} $table" 2>&1 &
    children="$children $!"
  done
done

pushes=1
cd "$root"
until $supabase db push --db-url "$DATABASE_URL" --yes >"$folder/push" 2>&1; do
  grep -q 'lock timeout' "$folder/push" || { cat "$folder/push"; exit 1; }
  pushes=$((pushes + 1))
done

echo "applied by push $pushes; the longest waits, in ms:"
for probe in "$folder/read "* "$folder/write "*; do
  longest=$(sed -n 's/.*Time: \([0-9.]*\) ms.*/\1/p' "$probe" | sort -n | tail -1)
  echo "$(basename "$probe"): $longest of $(grep -c Time "$probe")"
done
