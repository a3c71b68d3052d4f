#!/bin/sh
# Measures the library beside a hand-written limit and other clients: see --help.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/script.sh"

usage() {
    cat <<'END'
Usage: tests/bench/run.sh [--quick] [--cores same|own|any] [--plot FOLDER] [--mcmc FOLDER] [--libmc FOLDER] [--server]
                          [option of client_bench]...

Installs the Debian packages that are missing, builds for release in build/bench, and measures this library beside raw (the
hand-written limit: one prepared send, one recv) and libmemcached, and beside mcmc and libmc where they are named, round by
round on the same memcached servers, which are started on free ports. Every value is checked first, in a pass that is not
timed. Let nothing else run meanwhile.

  --quick         under a minute
  --cores same    client and servers share one core; this is what the goals are set for. own: the client has one, the
                  servers another; any: wherever the kernel puts them. Works of many threads always run on any
  --plot FOLDER   write charts (SVG) and a table (data.tsv) there; the folder is made
  --mcmc FOLDER   mcmc, too: the folder of its mcmc.c and mcmc.h, such as vendor/mcmc in the source of memcached
  --libmc FOLDER  libmc, too: the folder of its source, in which it has been built
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
mcmc=
libmc=
compiler=gcc

# What is for the program itself goes back to the arguments. option: the one whose value comes next, with a space behind it.
count=$#
option=
while [ "$count" -gt 0 ]; do
    argument=$1
    shift
    count=$((count - 1))
    case $option$argument in
    --mcmc | --libmc | --plot)
        option="$argument "
        continue
        ;;
    '--mcmc '*) mcmc=${argument:-.} ;;
    '--libmc '*) libmc=${argument:-.} ;;
    '--plot '*)
        mkdir -p "$argument"
        set -- "$@" --plot "$argument"
        ;;
    --server) program=server_bench ;;
    --bundled) set -- "$@" --server "$folder/tests/server/mcserver" ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) set -- "$@" "$argument" ;;
    esac
    option=
done
if [ -n "$option" ]; then
    echo "run.sh: ${option}lacks its value" >&2
    exit 2
fi

if [ -n "$libmc" ]; then
    compiler=g++
fi
install_missing "$compiler" libc6-dev make cmake pkg-config zlib1g-dev nettle-dev libevent-dev check memcached libmemcached-dev \
    strace valgrind
echo "Building in $folder"
mkdir -p "$folder"
if ! { configure "$root" "$folder" -DCMAKE_BUILD_TYPE=Release -DMC_BUILD_EXAMPLES=OFF \
    -DMC_BENCH_MCMC="$mcmc" -DMC_BENCH_LIBMC="$libmc" &&
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
