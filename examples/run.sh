#!/bin/sh
# Shows the library at work: see --help.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/script.sh"

case ${1:-} in
-h | --help)
    cat <<'END'
Usage: examples/run.sh [HOST:PORT...]

Installs the Debian packages that are missing, builds the library and its examples in build/release, and runs the tour: on
the memcached servers that are named, or else on three bundled servers of its own on free ports, which it stops at the end.
The tour's keys begin with "tour:", and it deletes them.

MC_BUILD_ROOT names another folder than build/.
END
    exit 0
    ;;
esac

build=${MC_BUILD_ROOT:-$root/build}/release
log=$build.log
scratch=
servers=

stop_servers() {
    for pid in $servers; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    servers=
    if [ -n "$scratch" ]; then
        rm -rf "$scratch"
    fi
}
trap stop_servers EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Starts a bundled server on a free port, which it prints, and appends it to $hosts.
start_server() {
    output=$scratch/server-$1
    # Started by root, it runs as nobody; others cannot and need not change the user.
    if [ "$(id -u)" -eq 0 ]; then
        set -- -u nobody
    else
        set --
    fi
    "$build/tests/server/mcserver" -p 0 "$@" >"$output" 2>&1 </dev/null &
    pid=$!
    servers="$servers $pid"
    tries=0
    port=
    while [ -z "$port" ]; do
        if ! kill -0 "$pid" 2>/dev/null || [ "$tries" -ge 200 ]; then
            echo "a bundled server did not start:" >&2
            cat "$output" >&2
            exit 1
        fi
        tries=$((tries + 1))
        sleep 0.05
        port=$(sed -n '1s/^.*[^0-9]\([0-9][0-9]*\)$/\1/p;1s/^\([0-9][0-9]*\)$/\1/p' "$output")
    done
    hosts="$hosts 127.0.0.1:$port"
}

# shellcheck disable=SC2086
install_missing gcc libc6-dev make cmake pkg-config zlib1g-dev nettle-dev libevent-dev

mkdir -p "$build"
if [ ! -x "$build/examples/tour" ]; then
    echo "Building in $build (the first time takes a minute)"
fi
if ! { configure "$root" "$build" -DCMAKE_BUILD_TYPE=Release -DMC_BUILD_TESTS=OFF &&
    cmake --build "$build" -j "$(nproc 2>/dev/null || echo 2)"; } >"$log" 2>&1 </dev/null; then
    tail -n 60 "$log" >&2
    echo "the build failed; all of its output is in $log" >&2
    exit 1
fi

hosts=
if [ $# -gt 0 ]; then
    hosts=$*
    echo "On your servers: $hosts"
else
    scratch=$(mktemp -d)
    for number in 1 2 3; do
        start_server $number
    done
    echo "On three bundled servers, with the weights 1, 2, 1:$hosts"
fi

echo
# shellcheck disable=SC2086
"$build/examples/tour" $hosts
cat <<END

What to look at next: the source of this tour, $root/examples/tour.c,
and beside it multi.c, cas_retry.c and cache_aside.c; they are built in $build/examples.
END
