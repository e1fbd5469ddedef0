#!/usr/bin/env bash
# The API description and the web client's types come from the code.
#   scripts/openapi.sh write   writes openapi.json and web/src/api/schema.d.ts anew
#   scripts/openapi.sh check   fails, with the difference, when either is not what the code says
set -euo pipefail
. "$(dirname "$0")/lib.sh"

SCHEMA=web/src/api/schema.d.ts
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cargo run --quiet -p marketflow -- openapi >"$scratch/openapi.json"
web/node_modules/.bin/openapi-typescript "$scratch/openapi.json" --output "$scratch/schema.d.ts" >/dev/null

case "${1:-}" in
    write)
        cp "$scratch/openapi.json" openapi.json
        cp "$scratch/schema.d.ts" "$SCHEMA"
        say "openapi.json and $SCHEMA are as the code says"
        ;;
    check)
        diff -u openapi.json "$scratch/openapi.json" && diff -u "$SCHEMA" "$scratch/schema.d.ts" ||
            fail "the API changed and its description did not: run 'make openapi' and commit the two files"
        ;;
    *) fail "say what to do: scripts/openapi.sh write, or scripts/openapi.sh check" ;;
esac
