#!/bin/sh
# Runs every example on three bundled servers: examples_test.sh <build folder>.
set -eu

build=$1
scratch=$(mktemp -d)
servers=
clean_up() {
    for pid in $servers; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

hosts=
for number in 1 2 3; do
    "$build/tests/server/mcserver" -u nobody -p 0 >"$scratch/$number" 2>&1 </dev/null &
    servers="$servers $!"
    tries=0
    until grep -qx '[0-9][0-9]*' "$scratch/$number"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 200 ]; then
            cat "$scratch/$number"
            echo "a bundled server did not start"
            exit 1
        fi
        sleep 0.05
    done
    hosts="$hosts 127.0.0.1:$(cat "$scratch/$number")"
done

failures=0

# Whether the last example has written to standard error anything that it may not: cache_aside gives its cache 100 ms, which
# a machine that stands still for a while does not leave it, and says so.
complains() {
    grep -qvE '^cache_aside: (not cached|user [0-9] may be read old for [0-9]+ s): (no complete answer|the host cannot be)' \
        "$scratch/errors"
}

# run <example> <host>...: it must exit with 0 and say nothing on standard error.
run() {
    name=$1
    shift
    if "$build/examples/$name" "$@" >"$scratch/output" 2>"$scratch/errors" && ! complains; then
        echo "ok: $name $*"
    else
        cat "$scratch/output" "$scratch/errors"
        echo "FAILED: $name $*"
        failures=$((failures + 1))
    fi
}

# says <text>: the last example has printed it.
says() {
    if ! grep -qF -- "$1" "$scratch/output"; then
        cat "$scratch/output"
        echo "FAILED: it did not print: $1"
        failures=$((failures + 1))
    fi
}

# The lists of hosts are split on purpose.
# shellcheck disable=SC2086
{
    set -- $hosts
    run tour $hosts
    says "[0] $1"
    says "[1] $2"
    says "[2] $2"
    says "[3] $3"
    says '"one-two-three", flags 7'
    says "MC_CLIENT_ERROR"
    says "Every answer was the expected one."
    run tour "$1"

    run multi $hosts
    says "1000 hits, 1 misses, 0 unanswered"
    says "1000 deleted"
    run cas_retry $hosts
    says "350 sold, 50 times sold out, 0 failed"
    says "stock left: 0"
    run cache_aside $hosts
    says "from the cache"
    run hostmap --keys 10000 --svg "$scratch/map.svg" cache-1=1 cache-2=2 cache-3=1
    says "10,000 keys on 3 hosts"
    says "cache-2, weight 2"
    grep -q '</svg>' "$scratch/map.svg"
}

[ "$failures" -eq 0 ]
