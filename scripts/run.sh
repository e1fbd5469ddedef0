#!/usr/bin/env bash
# make run: builds what changed and starts the demo. When nothing changed it only looks, and starts at once.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need_rust
need_node

if ! web_packages_current; then
    say "Installing the web app's packages (once) …"
    web_install || fail "npm could not install the packages of web/: the lines above say why"
fi
if ! web_build_current; then
    say "Building the web app …"
    web_build || fail "the web app does not build: the lines above say why"
fi

[ -x "$TARGET/quick/marketflow" ] || say "Building the server. The first time takes some minutes …"
cargo build --profile quick -p marketflow || fail "the server does not build: the lines above say why"

exec "$TARGET/quick/marketflow" demo "$@"
