#!/bin/sh
# Compares what the library offers to programs with what its releases have promised: see --help.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/script.sh"

usage() {
    cat <<'END'
Usage: abi/check.sh [--record] [<folder to build in>]

Installs the Debian packages that are missing, builds the library with what debuggers need, and fails when
  - the shared library exports something else than abi/libmcclient.symbols lists, or the archive has a symbol that is neither
    in that list nor hidden;
  - a program that was built with an earlier release of this major version would no longer run: abidiff compares the library
    with each abi/libmcclient-<version>.abi, and abi/allowed.abignore says which changes harm nobody.

  --record   writes abi/libmcclient-<major>.<minor>.abi anew: before a release, and when what is not yet released changes
  --help     this text
END
}

record=no
case ${1-} in
--record)
    record=yes
    shift
    ;;
-h | --help)
    usage
    exit 0
    ;;
-*)
    usage >&2
    exit 2
    ;;
esac
folder=${1:-$root/build/abi}

install_missing gcc libc6-dev make cmake pkg-config zlib1g-dev nettle-dev binutils abigail-tools

# By gcc alone, with no path of this machine in it, so that a record says the same wherever it was made.
mkdir -p "$folder"
if ! { configure "$root" "$folder" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug \
    "-DCMAKE_C_FLAGS=-ffile-prefix-map=$root/=" -DMC_BUILD_TESTS=OFF -DMC_BUILD_EXAMPLES=OFF -DMC_BUILD_SERVER=OFF &&
    cmake --build "$folder" --target mcclient mcclient_static -j 2; } >"$folder/log" 2>&1 </dev/null; then
    cat "$folder/log"
    echo "The library does not build."
    exit 1
fi
library=$folder/libmcclient.so
archive=$folder/libmcclient.a

header=$root/include/mcclient/mcclient.h
version=$(sed -n 's/^#define MCCLIENT_VERSION "\(.*\)"$/\1/p' "$header")
major=${version%%.*}
this=$root/abi/libmcclient-${version%.*}.abi

abidw --headers-dir "$root/include" --drop-private-types --exported-interfaces-only --no-corpus-path \
    --no-comp-dir-path --no-show-locs --no-parameter-names --out-file "$folder/abi" "$library"
if [ $record = yes ]; then
    cp "$folder/abi" "$this"
    echo "recorded: ${this#"$root"/}"
fi

failures=0

# verdict <what> <command>...: the command must succeed; else what it said is shown.
verdict() {
    what=$1
    shift
    if "$@" >"$folder/output" 2>&1 </dev/null; then
        echo "ok: $what"
    else
        cat "$folder/output"
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}

# The list, and what both libraries have. An archive cannot keep its files' names for one another from its users, so these
# begin with mc__ and are hidden: no library that an archive is linked into hands them on.
sed -n 's/^ \(.*\)@Base .*/\1/p' "$root/abi/libmcclient.symbols" >"$folder/listed"
nm -D --defined-only "$library" | awk '{ print $3 }' | LC_ALL=C sort >"$folder/shared"
readelf -sW "$archive" | awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" { print $8 }' | LC_ALL=C sort >"$folder/static"
readelf -sW "$archive" |
    awk '$5 == "GLOBAL" && $6 == "HIDDEN" && $7 != "UND" && $8 !~ /^mc__[a-z0-9_]*$/ { print $8 }' >"$folder/hidden"
sed -n 's/^libmcclient\.so\.\([0-9]*\) libmcclient\([0-9]*\) #MINVER#$/\1 \2/p' "$root/abi/libmcclient.symbols" \
    >"$folder/majors"
echo "$major $major" >"$folder/major"
verdict "the shared library exports what abi/libmcclient.symbols lists" diff "$folder/listed" "$folder/shared"
verdict "the archive offers the same" diff "$folder/listed" "$folder/static"
verdict "what else the archive has is called mc__..." diff /dev/null "$folder/hidden"
verdict "abi/libmcclient.symbols is of this major version" diff "$folder/major" "$folder/majors"

# allowed.abignore lets two structs grow at their end, and abidiff then says nothing of what else has become of them.
members() {
    awk -F "'" '
        /<class-decl / { struct = $2 }
        /<data-member / { offset = $4 }
        /<var-decl / && struct ~ /^mc_(options|view)$/ { print struct, $2, offset }' "$1" | LC_ALL=C sort
}
members_stay() {
    members "$1" >"$folder/members before"
    members "$folder/abi" >"$folder/members"
    LC_ALL=C comm -23 "$folder/members before" "$folder/members" >"$folder/members that moved"
    test -s "$folder/members before" && diff /dev/null "$folder/members that moved"
}

# Every release of this major version; the soname changes with the major version, and nothing is promised across.
for before in "$root"/abi/libmcclient-"$major".*.abi; do
    verdict "programs built with ${before##*/} run with it" \
        abidiff --suppressions "$root/abi/allowed.abignore" --no-added-syms --fail-no-debug-info "$before" "$library"
    verdict "the members of mc_options and mc_view are where they were in ${before##*/}" members_stay "$before"
done
verdict "the ABI of this version is recorded in ${this##*/}" test -f "$this"

[ $failures -eq 0 ]
