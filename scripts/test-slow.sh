#!/usr/bin/env bash
# make test-slow: what takes minutes: the Rust tests marked `#[ignore = "slow: why"]` (kill -9, load) and a long
# run against the API. Ends with the same line as `make test`.
set -uo pipefail
. "$(dirname "$0")/engines.sh"
. "$ROOT/scripts/steps.sh"
. "$ROOT/scripts/tools.sh"
COMMAND=test-slow

steps_begin "$@"
need_rust
need_node

check_web() { web_packages_current || web_install; web_build_current || web_build; }
contract() {
    cargo build -p marketflow
    node scripts/api-contract.mjs "$SERVER" --max-examples 40 --seed 7
}

step tools    check   "cargo-nextest"                   install_tools
step web      check   "the web app builds"              check_web
begin_engines rust contract
step rust     nextest "slow Rust tests"                 cargo nextest run --workspace --profile slow --run-ignored only
step_with SCHEMATHESIS contract check "the served API, a long run" contract
