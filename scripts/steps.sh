# Runs the steps of a test command one after the other: announces each, shows that it moves, keeps its
# output in a log that is shown when it fails, and adds up what the test runners report.
# Sourced, never run. The script that sources it calls `steps_begin`, then `step` for each, and just ends.
# shellcheck shell=bash

LOGS=$TARGET/test-logs
# The binary the tests drive; absolute, for steps that run in web/.
SERVER=$(cd "$ROOT" && mkdir -p "$TARGET" && cd "$TARGET" && pwd)/debug/marketflow
PASSED=0
FAILED=0
SKIPPED=0
BROKEN=""
STEP_PID=""
STEP_STATUS=0
BEGUN=$SECONDS
ONLY=""
KNOWN=""

# steps_begin [STEP…]: the steps wanted, all when none is named.
steps_begin() {
    ONLY="$*"
    mkdir -p "$LOGS"
    export CARGO_TERM_COLOR=never NO_COLOR=1 CARGO_TERM_PROGRESS_WHEN=never
    unset FORCE_COLOR
    trap steps_end EXIT
    trap 'say "  stopped"; exit 130' INT TERM
}

# wanted NAME: says whether this step was asked for.
wanted() {
    [ -z "$ONLY" ] && return 0
    case " $ONLY " in *" $1 "*) return 0 ;; esac
    return 1
}

# step NAME COUNT TITLE COMMAND…: COUNT names the runner whose summary is read, or `check` for a step that
# is one check of its own.
step() {
    local name=$1 count=$2 title=$3 log=$LOGS/$1.log from=$SECONDS status=0
    shift 3
    KNOWN="$KNOWN $name"
    wanted "$name" || return 0
    announce "$name" "$title"
    run_watched "$log" "$@"
    status=$STEP_STATUS
    add_up "$count" "$log" "$status" || status=1
    if [ "$status" -ne 0 ]; then
        BROKEN=$name
        say "  FAILED after $((SECONDS - from)) s; the end of $log:"
        tail -n 120 "$log" | sed 's/^/    /'
        say "  Again, only this step: make $COMMAND ONLY=$name"
        exit 1
    fi
    say "  ok, $((SECONDS - from)) s$(details "$count" "$log")"
}

announce() { printf '%-10s %s\n' "$1" "$2"; }

# Runs a command in a process group of its own, so that Ctrl-C can end it with all it started, and leaves
# its result in STEP_STATUS. Never call it in a condition: bash would then ignore the `-e` of the command.
run_watched() {
    local log=$1 from=$SECONDS shown=$SECONDS
    shift
    set -m
    (set +m -e; "$@") </dev/null >"$log" 2>&1 &
    STEP_PID=$!
    set +m
    while kill -0 "$STEP_PID" 2>/dev/null; do
        sleep 0.2
        if [ $((SECONDS - shown)) -ge 20 ]; then
            shown=$SECONDS
            say "  … $((SECONDS - from)) s  $(last_line "$log")"
        fi
    done
    STEP_STATUS=0
    wait "$STEP_PID" || STEP_STATUS=$?
    STEP_PID=""
}

last_line() { tail -n 1 "$1" | tr -d '\r' | sed 's/^ *//' | cut -c1-90; }

# add_up COUNT LOG STATUS: fails when a runner that ended well left no summary, for then nothing was proven.
add_up() {
    local count=$1 log=$2 status=$3 passed failed skipped
    if [ "$count" = check ]; then
        if [ "$status" -eq 0 ]; then PASSED=$((PASSED + 1)); else FAILED=$((FAILED + 1)); fi
        return 0
    fi
    if ! read -r passed failed skipped < <("read_$count" "$log") || [ -z "$skipped" ]; then
        FAILED=$((FAILED + 1))
        [ "$status" -ne 0 ] || say "  the test runner printed no summary, so nothing is known"
        return 1
    fi
    [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    PASSED=$((PASSED + passed))
    FAILED=$((FAILED + failed))
    SKIPPED=$((SKIPPED + skipped))
}

# amount LINE WORD: the number before WORD in LINE, else 0.
amount() { printf '%s\n' "$1" | grep -oE "[0-9]+ $2" | head -n 1 | grep -oE '^[0-9]+' || echo 0; }

# What nextest calls skipped are the tests marked slow (tidy lets no other be ignored): `make test-slow`
# runs them, and the step's own line names their number.
read_nextest() {
    local line
    line=$(grep -E 'Summary \[' "$1" | tail -n 1)
    [ -n "$line" ] || return 1
    echo "$(amount "$line" passed) $(($(amount "$line" failed) + $(amount "$line" 'timed out') + $(amount "$line" 'exec failed'))) 0"
}

read_doctest() {
    awk '/^test result:/ { seen = 1
             for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed/) p += $i; if ($(i + 1) ~ /^failed/) f += $i
                                        if ($(i + 1) ~ /^ignored/) s += $i } }
         END { if (seen) print p + 0, f + 0, s + 0 }' "$1"
}

read_vitest() { read_line "$(grep -E '^ *Tests +[0-9].*[)]$' "$1" | tail -n 1)"; }

read_browser() { read_line "$(grep -E '[0-9]+ passed, [0-9]+ failed' "$1" | tail -n 1)"; }

read_line() {
    [ -n "$1" ] || return 1
    echo "$(amount "$1" passed) $(amount "$1" failed) $(($(amount "$1" skipped) + $(amount "$1" todo)))"
}

details() {
    local numbers slow
    [ "$1" != check ] || return 0
    numbers=$("read_$1" "$2")
    printf ': %s passed' "${numbers%% *}"
    [ "$1" = nextest ] || return 0
    slow=$(amount "$(grep -E 'Summary \[' "$2" | tail -n 1)" skipped)
    [ "$slow" = 0 ] || [ "$COMMAND" = test-slow ] || printf ', %s slow ones left to make test-slow' "$slow"
}

# begin_engines STEP…: starts the engines unless none of the steps that use them is wanted. One that cannot be
# had is a skip, named, for a person; on a build machine (CI=true) it is a failure.
begin_engines() {
    local name line from=$SECONDS
    for name in "$@"; do wanted "$name" && break; done
    wanted "$name" || return 0
    announce engines "PostgreSQL, Chromium, S3, schemathesis"
    engines_start
    while IFS= read -r line; do
        [ -z "$line" ] || case $line in
            " "*) say "  $line" ;;
            *) skip "${line%%:*}" "${line#*: }" ;;
        esac
    done <<<"$MISSING"
    if [ -n "$MISSING" ] && [ "${CI:-}" = true ]; then
        BROKEN=engines
        FAILED=$((FAILED + 1))
        exit 1
    fi
    say "  ok, $((SECONDS - from)) s"
}

# step_with ENGINE NAME…: a step that only runs with an engine; begin_engines has named it when it is missing.
step_with() {
    local variable=MARKETFLOW_TEST_$1
    shift
    if [ -n "${!variable:-}" ]; then step "$@"; else KNOWN="$KNOWN $1"; fi
}

# skip NAME WHY: a step or engine left out, by name.
skip() {
    SKIPPED=$((SKIPPED + 1))
    say "  SKIPPED $1: $2"
}

# all_known: whether every step asked for exists; a misspelt one must not look like a pass.
all_known() {
    local name
    for name in $ONLY; do
        case "$KNOWN " in *" $name "*) ;; *) say "There is no step '$name'; there are:$KNOWN"; return 1 ;; esac
    done
}

steps_end() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    [ -z "$STEP_PID" ] || kill -TERM -- "-$STEP_PID" 2>/dev/null
    [ "$(type -t engines_stop)" != function ] || engines_stop
    [ -z "$BROKEN" ] || say "Stopped at the step '$BROKEN'; the steps after it did not run."
    say "$COMMAND took $(((SECONDS - BEGUN) / 60)) min $(((SECONDS - BEGUN) % 60)) s"
    [ "$status" -ne 0 ] || all_known || status=2
    [ "$status" -eq 0 ] || [ "$FAILED" -gt 0 ] || FAILED=1
    say "$PASSED passed, $FAILED failed, $SKIPPED skipped"
    exit "$status"
}
