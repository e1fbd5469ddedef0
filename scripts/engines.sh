#!/usr/bin/env bash
# The engines the tests use: PostgreSQL, Chromium, an S3 server and schemathesis. What is missing is
# installed when it can be (Debian, root); what runs, runs on a free port and in a folder of its own under
# .test-engines/, for this run only. The tests find them in MARKETFLOW_TEST_POSTGRES (a superuser's URL),
# MARKETFLOW_TEST_CHROMIUM, MARKETFLOW_TEST_S3 and MARKETFLOW_TEST_SCHEMATHESIS; one already set is taken as it is.
#
# Sourced by the test scripts, or run with a command:
#   scripts/engines.sh cargo nextest run -p mf-stores
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ENGINES=$ROOT/.test-engines
RUN=$ENGINES/run-$$
VENV=$ENGINES/venv
PYTHON_PACKAGES=$ROOT/scripts/test-requirements.txt
ENGINE_PIDS=""
POSTGRES_ELSEWHERE=""
MISSING=""

# Starts all of them. Afterwards MISSING holds a line for each that could not be had.
engines_start() {
    engines_sweep
    mkdir -p "$RUN"
    install_packages
    use_chromium
    start_postgres
    use_python && start_s3
    return 0
}

# Ends what engines_start started, and nothing else. The data is thrown away, so the quick way will do.
engines_stop() {
    local pid
    for pid in $ENGINE_PIDS; do end "$pid"; done
    for pid in $ENGINE_PIDS; do wait "$pid" 2>/dev/null; done
    ENGINE_PIDS=""
    rm -rf "$RUN" "$POSTGRES_ELSEWHERE"
}

missing() { MISSING="$MISSING$*"$'\n'; }

# ── packages ─────────────────────────────────────────────────────────────────────────────────────────

install_packages() {
    local packages=""
    [ -n "${MARKETFLOW_TEST_POSTGRES:-}" ] || [ -n "$(postgres_bin)" ] || packages="$packages postgresql"
    [ -n "$(chromium_path)" ] || packages="$packages chromium"
    python_works || packages="$packages python3-venv"
    [ -n "$packages" ] || return 0
    [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ] || return 0
    say "  installing$packages …"
    # With this runlevel Debian's packages install a server without starting it.
    # shellcheck disable=SC2086
    (export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
     apt-get -q -o DPkg::Lock::Timeout=300 update &&
         apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $packages
    ) </dev/null >"$ENGINES/apt.log" 2>&1 || say "  apt-get could not install them; see $ENGINES/apt.log"
}

# ── Chromium ─────────────────────────────────────────────────────────────────────────────────────────

chromium_path() {
    local name
    [ -z "${MARKETFLOW_TEST_CHROMIUM:-}" ] || { echo "$MARKETFLOW_TEST_CHROMIUM"; return; }
    for name in chromium chromium-browser google-chrome "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        command -v "$name" && return
    done
}

use_chromium() {
    local path
    path=$(chromium_path)
    [ -n "$path" ] || { missing "Chromium: install the package chromium, or set MARKETFLOW_TEST_CHROMIUM to a browser"; return 0; }
    export MARKETFLOW_TEST_CHROMIUM=$path
}

# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────

# The folder with initdb and postgres; Debian keeps it off the PATH.
postgres_bin() {
    local path
    for path in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) /opt/homebrew/opt/postgresql*/bin; do
        [ -x "$path/initdb" ] && [ -x "$path/postgres" ] && { echo "$path"; return; }
    done
    path=$(command -v initdb) && [ -x "${path%/*}/postgres" ] && echo "${path%/*}"
}

start_postgres() {
    local bin port data log=$RUN/postgres.log as=""
    [ -z "${MARKETFLOW_TEST_POSTGRES:-}" ] || return 0
    bin=$(postgres_bin)
    [ -n "$bin" ] || { missing "PostgreSQL: install the package postgresql, or set MARKETFLOW_TEST_POSTGRES to a superuser's URL"; return 0; }
    data=$(postgres_folder) || { missing "PostgreSQL: no folder for its data could be made"; return 0; }
    case $data in "$RUN"/*) ;; *) POSTGRES_ELSEWHERE=$data ;; esac
    [ "$(id -u)" != 0 ] || as="setpriv --reuid=$(postgres_user) --regid=$(id -g "$(postgres_user)") --clear-groups"
    port=$(free_port)
    # The data lives only as long as this run: nothing needs to reach the disk.
    # shellcheck disable=SC2086
    (cd "$data" && $as "$bin/initdb" -D "$data/db" -U postgres -A trust -E UTF8 --locale=C --no-sync) \
        </dev/null >"$log" 2>&1 || { engine_failed PostgreSQL "$log"; return 0; }
    # shellcheck disable=SC2086
    (cd "$data" && exec $as "$bin/postgres" -D "$data/db" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
        -c max_connections=400 -c shared_buffers=64MB) </dev/null >>"$log" 2>&1 &
    started $! "$data"
    wait_for_port $! "$port" || { engine_failed PostgreSQL "$log"; return 0; }
    export MARKETFLOW_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port/postgres
}

# PostgreSQL refuses to run as root, so root lends it another user.
postgres_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

# A folder its user can reach: a checkout under /root is closed to others.
postgres_folder() {
    local data=$RUN/postgres user
    mkdir -p "$data" || return 1
    if [ "$(id -u)" = 0 ]; then
        user=$(postgres_user)
        setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups test -x "$data" 2>/dev/null ||
            data=$(mktemp -d "${TMPDIR:-/tmp}/marketflow-postgres.XXXXXX") || return 1
        chown "$user" "$data" || return 1
    fi
    chmod 700 "$data"
    echo "$data"
}

# ── S3 and schemathesis, from Python packages ────────────────────────────────────────────────────────

python_works() { python3 -c 'import ensurepip, venv' 2>/dev/null || /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null; }

python_path() {
    if python3 -c 'import ensurepip, venv' 2>/dev/null; then echo python3; else echo /usr/bin/python3; fi
}

use_python() {
    local log=$ENGINES/python.log
    if ! python_works; then
        missing "S3 server and schemathesis: install the packages python3 and python3-venv (Python 3.10 or newer)"
        return 1
    fi
    if ! cmp -s "$PYTHON_PACKAGES" "$VENV/installed.txt"; then
        say "  installing the S3 server and schemathesis …"
        rm -rf "$VENV"
        { "$(python_path)" -m venv "$VENV" && "$VENV/bin/pip" install --disable-pip-version-check -q -r "$PYTHON_PACKAGES" &&
            cp "$PYTHON_PACKAGES" "$VENV/installed.txt"; } </dev/null >"$log" 2>&1 ||
            { engine_failed "S3 server and schemathesis" "$log"; return 1; }
    fi
    export MARKETFLOW_TEST_SCHEMATHESIS=${MARKETFLOW_TEST_SCHEMATHESIS:-$VENV/bin/schemathesis}
}

start_s3() {
    local port log=$RUN/s3.log
    [ -z "${MARKETFLOW_TEST_S3:-}" ] || return 0
    port=$(free_port)
    "$VENV/bin/moto_server" -H 127.0.0.1 -p "$port" </dev/null >"$log" 2>&1 &
    started $! "$VENV"
    wait_for_port $! "$port" || { engine_failed "S3 server" "$log"; return 0; }
    export MARKETFLOW_TEST_S3=http://127.0.0.1:$port
}

# ── processes ────────────────────────────────────────────────────────────────────────────────────────

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

wait_for_port() {
    local pid=$1 port=$2 tries
    for ((tries = 0; tries < 300; tries++)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

# TERM ends Python, which ignores QUIT in the background; QUIT ends PostgreSQL without waiting for its clients.
end() { kill -TERM "$1" 2>/dev/null && kill -QUIT "$1" 2>/dev/null; }

engine_failed() {
    missing "$1: it is installed but does not start; the end of its log:"$'\n'"$(tail -n 5 "$2" | sed 's/^/      /')"
}

# started PID FOLDER: noted on disk too, so that the next run can end what a killed one left behind.
started() {
    ENGINE_PIDS="$ENGINE_PIDS $1"
    printf '%s %s\n' "$1" "$2" >>"$RUN/pids"
}

# Ends engines of runs that are gone. A process counts as theirs only if its command line names their folder.
engines_sweep() {
    local run pid folder
    for run in "$ENGINES"/run-*; do
        [ -d "$run" ] && ! kill -0 "${run##*-}" 2>/dev/null || continue
        while read -r pid folder; do
            ps -o args= -p "$pid" 2>/dev/null | grep -qF "$folder" && end "$pid"
            case $folder in */marketflow-postgres.*) rm -rf "$folder" ;; esac
        done < <(cat "$run/pids" 2>/dev/null)
        rm -rf "$run"
    done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -u
    [ $# -gt 0 ] || fail "say which command to run with the engines: scripts/engines.sh cargo nextest run -p mf-stores"
    trap engines_stop EXIT
    engines_start
    [ -z "$MISSING" ] || printf '%s' "$MISSING" >&2
    "$@"
fi
