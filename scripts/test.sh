#!/usr/bin/env bash
# make test: every check and test but the slow ones. Cheap steps first; the first that fails ends the run.
# The last line is the sum of what the test runners reported: N passed, N failed, N skipped.
set -uo pipefail
. "$(dirname "$0")/engines.sh"
. "$ROOT/scripts/steps.sh"
. "$ROOT/scripts/tools.sh"
COMMAND="test"

steps_begin "$@"
need_rust
need_node

check_web_packages() { web_packages_current || web_install; }
check_web_build() { web_build_current || web_build; }
check_web_lint() {
    cd web
    npm run --silent lint
    npm run --silent --if-present format:check
    npm run --silent typecheck
}
web_tests() { cd web && npm run --silent test; }
build_server() {
    check_web_packages
    check_web_build
    cargo build -p marketflow
}
contract() {
    build_server
    node scripts/api-contract.mjs "$SERVER" --max-examples 15 --seed 1
}
browser_tests() {
    build_server
    cd web
    MARKETFLOW_BIN=$SERVER npm run --silent test:browser
}

step format   check   "Rust is formatted"                  cargo fmt --all --check
step packages check   "the web app's packages"             check_web_packages
step web      check   "the web app builds"                 check_web_build
step weblint  check   "the web app: lint and types"        check_web_lint
step webtest  vitest  "the web app: unit tests"            web_tests
step tools    check   "cargo-nextest, -machete, -deny"     install_tools
step tidy     check   "house rules: edges, docs, length"   cargo xtask tidy
step unused   check   "no dependency is unused"            cargo machete
step licences check   "licences, bans and sources"         cargo deny check bans licenses sources
step clippy   check   "lints, warnings are errors"         cargo clippy --workspace --all-targets -- -D warnings
begin_engines rust contract browser
step rust     nextest "Rust tests, SQLite and PostgreSQL"  cargo nextest run --workspace
step doc      doctest "examples in the documentation"      cargo test --workspace --doc
step openapi  check   "openapi.json is what the code says" scripts/openapi.sh check
step_with SCHEMATHESIS contract check "the served API keeps its contract" contract
step_with CHROMIUM browser browser "the web app in Chromium" browser_tests
