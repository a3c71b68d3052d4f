#!/bin/sh
# Lets the fuzz targets look for new inputs for as long as asked: see --help.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/script.sh"

usage() {
    cat <<'END'
Usage: tests/fuzz/run.sh [SECONDS [TARGET...]]

Installs the Debian packages that are missing, builds the fuzz targets with clang, and runs each for SECONDS (3600 when not
given), two at a time. Targets: address inflate reply server; all when none is named. What they find stays in
build/fuzz/tests/fuzz/found/TARGET, and a failing input in build/fuzz/tests/fuzz/crash-*, which

    build/fuzz/tests/fuzz/TARGET_replay FILE

plays again. Exits with 0 when no target has failed. MC_BUILD_ROOT names another folder than build/.
END
}

case ${1:-} in
-h | --help)
    usage
    exit 0
    ;;
esac
seconds=${1:-3600}
case $seconds in
'' | *[!0-9]*)
    usage >&2
    exit 2
    ;;
esac
[ $# -gt 0 ] && shift
targets=${*:-address inflate reply server}

install_missing gcc libc6-dev make cmake pkg-config zlib1g-dev nettle-dev libevent-dev check clang libclang-rt-14-dev

folder=${MC_BUILD_ROOT:-$root/build}/fuzz
names=
for target in $targets; do
    names="$names ${target}_fuzz ${target}_replay"
done
mkdir -p "$(dirname "$folder")"
# shellcheck disable=SC2086
if ! { configure "$root" "$folder" -DCMAKE_C_COMPILER=clang && cmake --build "$folder" -j 2 --target $names; } \
    >"$folder.log" 2>&1; then
    tail -n 40 "$folder.log"
    echo "the build failed; all of its output is in $folder.log"
    exit 1
fi

cd "$folder/tests/fuzz"
failed=0
for target in $targets; do
    mkdir -p "found/$target"
done
# The names are words; the inner shell expands what it is given.
# shellcheck disable=SC2086,SC2016
printf '%s\n' $targets | xargs -P 2 -I '{}' sh -c '
    if "./$3_fuzz" -max_total_time="$1" -max_len=8192 -print_final_stats=1 -dict="$2/$3.dict" "found/$3" "$2/corpus/$3" \
        >"$3.log" 2>&1; then
        echo "$3: nothing found in $1 s"
    else
        tail -n 40 "$3.log"
        echo "$3: FAILED; all of its output is in $(pwd)/$3.log"
        exit 1
    fi' sh "$seconds" "$root/tests/fuzz" '{}' || failed=1
exit "$failed"
