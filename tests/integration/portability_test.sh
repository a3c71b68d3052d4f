#!/bin/sh
# The library compiles without a warning where the suite does not run: portability_test.sh <compiler> <source folder>. Each
# file of lib/ to an object, at the levels of optimisation that find different things, and with gcc also for 32 bits and for
# musl, which is as strict about types as the systems that have no glibc.
set -eu

compiler=$1
source=$2

failures=0

# compiles <what> <command>...: with each file of the library.
compiles() {
    what=$1
    shift
    if output=$(find "$source/lib" -name '*.c' -print0 |
        xargs -0 -n 1 -P 2 "$@" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
            -Wstrict-prototypes -Wmissing-prototypes -Werror -I"$source/include" -I"$source/lib" -o /dev/null -c 2>&1); then
        echo "ok: $what"
    else
        echo "$output"
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}

for level in 0 3; do
    compiles "$compiler -O$level" "$compiler" -O$level
done
compiles "$compiler, what every system has" "$compiler" -O2 -DMC_PORTABLE

# zlib and nettle have headers that are the same for each; only Debian's folder for them has the name of one.
headers=/usr/include/$("$compiler" -print-multiarch 2>/dev/null || gcc -print-multiarch)
case $("$compiler" -dumpmachine) in
x86_64-*) compiles "$compiler -m32" "$compiler" -m32 -O2 -idirafter "$headers" ;;
esac
if "$compiler" --version | grep -q 'Free Software Foundation'; then
    compiles "musl" env REALGCC="$compiler" musl-gcc -O2 -idirafter /usr/include -idirafter "$headers"
fi

[ $failures -eq 0 ]
