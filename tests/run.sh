#!/bin/sh
# Builds and tests the project in every way that matters: see --help.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/script.sh"

usage() {
    cat <<'END'
Usage: tests/run.sh [--quick | --coverage]

Installs the Debian packages that are missing, then builds and tests, each in a folder of its own under build/:
  gcc     warnings are errors; every test
  clang   warnings are errors; every test
  asan    gcc's address and undefined-behaviour sanitizers; every test
  tsan    gcc's thread sanitizer; the tests that use threads
  lint    no build: tests/lint.sh reads the sources with every checker

  --quick      only the first
  --coverage   only a build that counts: every test, then the lines and branches of lib/ that they ran, and did not; too few
               of them is a failure
  --help       this text

MC_BUILD_ROOT names another folder than build/. Exits with 0 when every test has passed.
END
}

mode=all
for argument in "$@"; do
    case $argument in
    --quick) mode=quick ;;
    --coverage) mode=coverage ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
done

build_root=${MC_BUILD_ROOT:-$root/build}
jobs=$(nproc 2>/dev/null || echo 2)
started=$(date +%s)
passed=0
failed=0

# Of lib/, in percent.
least_lines=98
least_branches=90

packages="gcc g++ libc6-dev make cmake pkg-config zlib1g-dev nettle-dev libevent-dev check
    memcached python3 python3-memcache python3-pylibmc php-cli php-memcached locales
    libmemcached-dev valgrind
    doxygen groff man-db mandoc
    abigail-tools binutils dpkg-dev fakeroot file lintian musl-tools"
case $(dpkg --print-architecture 2>/dev/null) in
amd64) packages="$packages gcc-multilib" ;;
esac
case $mode in
all) packages="$packages clang libclang-rt-14-dev" ;;
coverage) packages="$packages lcov" ;;
esac
# shellcheck disable=SC2086
install_missing $packages

# The sanitizers of this gcc lose their way where the kernel scatters memory widely.
steady=
if setarch "$(uname -m)" -R true 2>/dev/null; then
    steady="setarch $(uname -m) -R"
fi

now() {
    echo $(($(date +%s) - started)) s
}

# stage <name> <compiler> <ctest arguments, or ""> <cmake argument>...: configures, builds and tests in a folder of its own.
stage() {
    name=$1
    compiler=$2
    selection=$3
    shift 3
    folder=$build_root/$name
    log=$folder.log

    mkdir -p "$build_root"
    echo "[$(now)] $name: building"
    if ! { configure "$root" "$folder" -DCMAKE_C_COMPILER="$compiler" -DMC_WERROR=ON "$@" &&
        cmake --build "$folder" -j "$jobs"; } >"$log" 2>&1 </dev/null; then
        grep -E -A 6 '(error|Error|warning|undefined reference)' "$log" | head -n 60
        echo "[$(now)] $name: the build failed; all of its output is in $log"
        failed=$((failed + 1))
        return 0
    fi

    echo "[$(now)] $name: testing"
    # shellcheck disable=SC2086
    $steady ctest --test-dir "$folder" -j "$jobs" --output-on-failure $selection >"$log" 2>&1 </dev/null || true
    stage_failed=$(sed -n 's/.* tests passed, \([0-9]*\) tests* failed out of [0-9]*$/\1/p' "$log")
    stage_total=$(sed -n 's/.* tests passed, [0-9]* tests* failed out of \([0-9]*\)$/\1/p' "$log")
    if [ -z "$stage_total" ] || [ "$stage_failed" -gt 0 ]; then
        cat "$log"
    fi
    if [ -z "$stage_total" ]; then
        echo "[$(now)] $name: the tests did not run"
        failed=$((failed + 1))
        return 0
    fi
    echo "[$(now)] $name: $((stage_total - stage_failed)) passed, $stage_failed failed"
    passed=$((passed + stage_total - stage_failed))
    failed=$((failed + stage_failed))
}

# Prints what of lib/ the tests of the stage "coverage" have run, file by file, and each line that they have not.
coverage_report() {
    info=$build_root/coverage.info
    lcov_quiet="lcov --quiet --rc lcov_branch_coverage=1"

    $lcov_quiet --capture --directory "$build_root/coverage" --base-directory "$root" --output-file "$info.all" \
        2>>"$build_root/coverage.log"
    $lcov_quiet --extract "$info.all" "$root/lib/*" --output-file "$info"
    lcov --rc lcov_branch_coverage=1 --list "$info"
    echo "Lines that never ran, and lines with a branch that was never taken; docs/coverage.md says why:"
    awk -F '[:,]' -v root="$root/" '
        /^SF:/ {
            file = substr($0, 4)
            name = substr(file, length(root) + 1)
            for (lines = 0; (getline text <file) > 0;)
                source[++lines] = text
            close(file)
        }
        /^BRDA:/ && $5 == 0 { missed[$2] = "branch" }
        /^DA:/ && $3 == 0 { missed[$2] = "line" }
        /^end_of_record/ {
            for (line = 1; line <= lines; line++)
                if (line in missed)
                    print "  " name ":" line ": " missed[line] ": " source[line]
            delete missed
        }' "$info"
    at_least lines "$least_lines" LH LF
    at_least branches "$least_branches" BRH BRF
}

# at_least <what> <percent> <record of those that ran> <record of all>
at_least() {
    ran=$(sed -n "s/^$3://p" "$info" | awk '{ sum += $1 } END { print sum + 0 }')
    all=$(sed -n "s/^$4://p" "$info" | awk '{ sum += $1 } END { print sum + 0 }')
    share=$(awk -v ran="$ran" -v all="$all" 'BEGIN { printf("%.1f", all ? 100 * ran / all : 0) }')
    if [ "$all" -gt 0 ] && [ $((100 * ran)) -ge $(($2 * all)) ]; then
        passed=$((passed + 1))
        echo "[$(now)] coverage: $share % of all $1 ($ran of $all)"
    else
        failed=$((failed + 1))
        echo "[$(now)] coverage: $share % of all $1 ($ran of $all), and $2 % is the least"
    fi
}

# The stage that builds nothing.
lint() {
    log=$build_root/lint.log
    echo "[$(now)] lint: reading"
    MC_BUILD_ROOT=$build_root "$root/tests/lint.sh" >"$log" 2>&1 </dev/null || true
    # Two numbers; without them it never got to its end.
    # shellcheck disable=SC2046
    set -- $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log") 0 1
    if [ "$2" -gt 0 ]; then
        cat "$log"
    fi
    echo "[$(now)] lint: $1 passed, $2 failed"
    passed=$((passed + $1))
    failed=$((failed + $2))
}

case $mode in
quick)
    stage gcc gcc ""
    ;;
coverage)
    if [ -d "$build_root/coverage" ]; then
        find "$build_root/coverage" -name '*.gcda' -delete
    fi
    stage coverage gcc "" -DMC_COVERAGE=ON -DCMAKE_BUILD_TYPE=Debug
    if [ -n "$(find "$build_root/coverage" -name '*.gcda' 2>/dev/null | head -n 1)" ]; then
        coverage_report
    fi
    ;;
all)
    stage gcc gcc ""
    stage clang clang ""
    stage asan gcc "" -DMC_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Debug
    stage tsan gcc "-L threads" -DMC_SANITIZE=thread
    lint
    ;;
esac

echo "[$(now)] done"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
