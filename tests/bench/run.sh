#!/bin/sh
# Measures the library beside a hand-written limit and libmemcached: see --help.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/script.sh"

usage() {
    cat <<'END'
Usage: tests/bench/run.sh [--quick] [--cores same|own|any] [--plot FOLDER] [--server] [option of client_bench]...

Installs the Debian packages that are missing, builds for release in build/bench, and measures this library beside raw (the
hand-written limit: one prepared send, one recv) and libmemcached, round by round on the same memcached servers, which are
started on free ports. Every value is checked first, in a pass that is not timed. Let nothing else run meanwhile.

  --quick         under a minute
  --cores same    client and servers share one core; this is what the goals are set for. own: the client has one, the
                  servers another; any: wherever the kernel puts them. Works of many threads always run on any
  --plot FOLDER   write charts (SVG) and a table (data.tsv) there; the folder is made
  --bundled       the client on the bundled server in place of memcached
  --server        the bundled server beside memcached, in place of the client beside its peers
  --help          this text

System calls and instructions are counted by the kernel's performance counters where they are there and allowed (as root, or
with a perf_event_paranoid that lets you), else by strace and by valgrind's callgrind, which counts each byte that a single
instruction copies ("rep movsb") as one. "client_bench --help" has the rest, such as --work for some works only.
END
}

folder=${MC_BUILD_ROOT:-$root/build}/bench
jobs=$(nproc 2>/dev/null || echo 2)
program=client_bench

# What is for the program itself goes back to the arguments.
count=$#
while [ "$count" -gt 0 ]; do
    argument=$1
    shift
    count=$((count - 1))
    case $argument in
    --server) program=server_bench ;;
    --bundled) set -- "$@" --server "$folder/tests/server/mcserver" ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        if [ "${previous-}" = --plot ]; then
            mkdir -p "$argument"
        fi
        set -- "$@" "$argument"
        ;;
    esac
    previous=$argument
done

install_missing gcc libc6-dev make cmake pkg-config zlib1g-dev nettle-dev libevent-dev check memcached libmemcached-dev \
    strace valgrind
echo "Building in $folder"
mkdir -p "$folder"
if ! { configure "$root" "$folder" -DCMAKE_BUILD_TYPE=Release -DMC_BUILD_EXAMPLES=OFF &&
    cmake --build "$folder" -j "$jobs" --target mcserver "$program"; } >"$folder/build.log" 2>&1 </dev/null; then
    cat "$folder/build.log"
    exit 1
fi

echo "$(uname -sm), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1); memcached $(memcached -V |
    sed 's/^memcached //')"
if [ "$program" = server_bench ]; then
    exec "$folder/tests/server_bench" "$@" "$folder/tests/server/mcserver"
fi
exec "$folder/tests/client_bench" "$@"
