# The cargo tools `make test` needs. One found on PATH is used as it is; else the version named here is
# built once into .tools/. Unoptimised on purpose: they build in half the time and run fast enough.
# Sourced, never run.
# shellcheck shell=bash

CARGO_TOOLS="cargo-nextest@0.9.151 cargo-machete@0.9.2 cargo-deny@0.20.2"

install_tools() {
    local spec features
    mkdir -p "$TOOLS"
    printf '*\n' >"$TOOLS/.gitignore"
    for spec in $CARGO_TOOLS; do
        command -v "${spec%@*}" >/dev/null && continue
        features=""
        # nextest's self-updater is half of its dependencies, and nobody updates a pinned tool that way.
        [ "${spec%@*}" = cargo-nextest ] && features="--no-default-features --features default-no-update"
        # shellcheck disable=SC2086
        CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --debug --root "$TOOLS" "$spec" $features
    done
}
