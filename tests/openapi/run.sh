#!/usr/bin/env bash
# Drives the running stack by functions/openapi.json, with thousands of requests that the document describes, and thousands
# that it does not:
#   cargo run -p stack -- --port 0 --exec tests/openapi/run.sh          5,000 and more, some minutes
#   cargo run -p stack -- --port 0 --exec 'tests/openapi/run.sh short'  some hundred
# It needs Python 3.10 or newer with venv, and fetches schemathesis from PyPI, pinned, into target/schemathesis.
set -euo pipefail
cd "$(dirname "$0")"
: "${ORIGIN:?run it by the stack: cargo run -p stack -- --port 0 --exec tests/openapi/run.sh}"
document=../../functions/openapi.json
venv=../../target/schemathesis

if ! cmp -s requirements.txt "$venv/installed.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv" || { echo "install Python's venv: apt-get install python3-venv" >&2; exit 2; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
  cp requirements.txt "$venv/installed.txt"
fi

"$venv/bin/openapi-spec-validator" --subschema-errors all "$document"
case "${1:-full}" in
  full) extent=(--max-examples 1500) ;;
  short) extent=(--max-examples 40 --phases examples,fuzzing) ;;
  *) echo "usage: $0 [full|short]" >&2; exit 2 ;;
esac
exec "$venv/bin/schemathesis" --config-file schemathesis.toml run "$document" --url "$ORIGIN" \
  --header "Authorization: Bearer $TOKEN_MEMBER" --checks all --seed 1 --no-shrink "${extent[@]}"
