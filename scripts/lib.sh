# Shared by the scripts here: where the repository is, what the machine must have, how the web app is
# built when it changed. Sourced, never run. Works with the bash of Debian and of macOS.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT" || exit 1

TARGET=${CARGO_TARGET_DIR:-target}
TOOLS=$ROOT/.tools
PATH=$PATH:$HOME/.cargo/bin:$TOOLS/bin
export PATH

say() { printf '%s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# at_least HAVE WANT: compares dotted versions by number.
at_least() {
    local have want i
    IFS=. read -r -a have <<<"$1"
    IFS=. read -r -a want <<<"$2"
    for i in 0 1 2; do
        [ "${have[i]:-0}" -gt "${want[i]:-0}" ] && return 0
        [ "${have[i]:-0}" -lt "${want[i]:-0}" ] && return 1
    done
    return 0
}

need_rust() {
    local want have
    want=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    command -v cargo >/dev/null || fail "cargo is not installed: get Rust $want or newer from https://rustup.rs"
    have=$(rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p')
    [ -n "$have" ] || fail "rustc does not answer: run 'rustup default stable' and try again"
    at_least "$have" "$want" || fail "Rust $have is too old: $want or newer is needed (rustup update stable)"
}

need_node() {
    local want have
    want=$(sed -n 's/.*"node": ">=\([0-9.]*\)".*/\1/p' web/package.json)
    command -v node >/dev/null || fail "node is not installed: get Node $want or newer from https://nodejs.org"
    command -v npm >/dev/null || fail "npm is not installed: it comes with Node from https://nodejs.org, or as the package npm"
    have=$(node --version)
    at_least "${have#v}" "$want" || fail "Node ${have#v} is too old: $want or newer is needed (https://nodejs.org)"
}

# npm writes its own lock into node_modules last, so a newer one means a finished, current install.
web_packages_current() { [ web/node_modules/.package-lock.json -nt web/package-lock.json ]; }

web_install() { (cd web && npm ci --no-audit --no-fund --loglevel=error); }

# What the built app depends on, by content, so that switching branches and back builds nothing.
web_fingerprint() {
    find web \( -name node_modules -o -name dist -o -name test-results -o -path web/tests -o -path web/dev \) -prune \
        -o -type f -print | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum | cksum
}

WEB_STAMP=web/node_modules/.marketflow-build

web_build_current() {
    [ -f web/dist/index.html ] && [ -f "$WEB_STAMP" ] && [ "$(cat "$WEB_STAMP")" = "$(web_fingerprint)" ]
}

# The fingerprint is taken before the build: a file saved meanwhile makes the next build run again.
web_build() {
    local before
    before=$(web_fingerprint)
    rm -f "$WEB_STAMP"
    (cd web && npm run --silent build) || return 1
    printf '%s\n' "$before" >"$WEB_STAMP"
}
