#!/bin/sh
# Reads the sources with every checker that the project uses: see --help.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/script.sh"

usage() {
    cat <<'TEXT'
Usage: tests/lint.sh

Installs the Debian packages that are missing, then reads the sources without running them:
  clang-format    every C file
  clang-tidy      lib/ by all of .clang-tidy; server, examples and tools by what of it takes no analysis of paths
  cppcheck        lib/, the bundled server, the examples and the tools
  gcc -fanalyzer  the same
  shellcheck      every script

.clang-tidy says which checks are left out and why; what a checker misunderstands in one place is explained in that place.
MC_BUILD_ROOT names another folder than build/, for the list of compilations and the output. Exits with 0 when nothing was
found.
TEXT
}

case ${1-} in
'') ;;
-h | --help)
    usage
    exit 0
    ;;
*)
    usage >&2
    exit 2
    ;;
esac

folder=${MC_BUILD_ROOT:-$root/build}/lint
jobs=$(nproc 2>/dev/null || echo 2)
passed=0
failed=0

install_missing gcc libc6-dev make cmake pkg-config zlib1g-dev nettle-dev libevent-dev check clang clang-format clang-tidy \
    cppcheck shellcheck
mkdir -p "$folder"
cd "$root"

# sources <name pattern> <folder>...: paths below the root.
sources() {
    pattern=$1
    shift
    find "$@" -name "$pattern" -type f | sort
}

# each <command>...: runs it on every file that is named on standard input, some at the same time.
each() {
    xargs -P "$jobs" -n 1 "$@"
}

# verdict <name> <command>...: passes when the command succeeds; else what it said is shown.
verdict() {
    name=$1
    shift
    if "$@" >"$folder/output" 2>&1 </dev/null; then
        passed=$((passed + 1))
        echo "ok: $name"
    else
        failed=$((failed + 1))
        grep -vE '^[0-9]+ warnings? generated' "$folder/output" || true
        echo "FAILED: $name"
    fi
}

format() {
    sources '*.[ch]' include lib tests examples docs tools | each clang-format --dry-run -Werror
}

tidy_library() {
    sources '*.c' lib | each clang-tidy -p "$folder" --quiet --warnings-as-errors='*'
}

tidy_programs() {
    sources '*.c' tests/server examples tools |
        each clang-tidy -p "$folder" --quiet --warnings-as-errors='*' --checks='-clang-analyzer-*'
}

check_with_cppcheck() {
    cppcheck -j "$jobs" --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
        -D_GNU_SOURCE -Iinclude -Ilib -Itests -Itools lib tests/server examples tools docs
}

# Without optimisation, for that leaves the analyser the program as it was written.
analyse() {
    # shellcheck disable=SC2046
    sources '*.c' lib tests/server examples tools docs |
        each gcc -std=c11 -D_GNU_SOURCE -O0 -Werror -fanalyzer -Iinclude -Ilib -Itests -Itools \
            $(pkg-config --cflags zlib nettle libevent) -o /dev/null -c
}

# SC2317 calls functions that are reached through traps or by a name in a variable unreachable.
check_scripts() {
    {
        sources '*.sh' abi tests examples
        echo .ci/run
    } | each shellcheck -x -e SC2317
}

if ! configure "$root" "$folder" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >"$folder/output" 2>&1; then
    cat "$folder/output"
    echo "0 passed, 1 failed"
    exit 1
fi
verdict "clang-format" format
verdict "shellcheck" check_scripts
verdict "cppcheck" check_with_cppcheck
verdict "gcc -fanalyzer" analyse
verdict "clang-tidy, the bundled server, the examples and the tools" tidy_programs
verdict "clang-tidy, the library" tidy_library

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
