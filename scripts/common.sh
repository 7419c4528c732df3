# scripts/common.sh: what scripts/run and scripts/test share; sourced by them, from the clone's root.
# shellcheck shell=bash

# Compiler caches stay in the clone, like everything else that is written here.
export CCACHE_DIR="${CCACHE_DIR:-$PWD/.cache/ccache}"
# What it needs for precompiled headers.
export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}"

step() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# As many compilers at once as there are cores, but one per gigabyte of memory at most.
jobs_at_once() {
    local cores gigabytes
    cores=$(nproc)
    gigabytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
    if ((gigabytes < 1)); then gigabytes=1; fi
    echo $((cores < gigabytes ? cores : gigabytes))
}

# missing_packages build test: those of scripts/packages of these kinds that are not installed.
missing_packages() {
    local kind package
    for kind in "$@"; do
        while read -r package; do
            if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
                echo "$package"
            fi
        done < <(awk -v kind="$kind" '$1 == kind { print $2 }' scripts/packages)
    done
}

# ensure_packages build test: installs what is missing, and nothing else.
ensure_packages() {
    local missing as_root=()
    command -v dpkg-query >/dev/null ||
        fail "this is no Debian system; install what docs/dependencies.md lists, then use cmake --preset release"
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)); then return; fi

    step "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "need root for that; as root: apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    local install=("${apt[@]}" install -y --no-install-recommends "${missing[@]}")
    # A system without package lists, or with stale ones, needs an update first.
    if ! apt-cache show "${missing[@]}" >/dev/null 2>&1 || ! "${install[@]}"; then
        "${apt[@]}" update
        "${install[@]}"
    fi
}

# build release herald: configures the preset and builds the targets (all of them if none is named).
# The array configure holds more arguments for the configuration.
configure=()
build() {
    local preset=$1
    shift
    step "Building $preset in build/$preset${*:+: $*}"
    cmake --preset "$preset" "${configure[@]}" >/dev/null || fail "cannot configure $preset"
    cmake --build "build/$preset" --parallel "$(jobs_at_once)" --target "${@:-all}"
}
