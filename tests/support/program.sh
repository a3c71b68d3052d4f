# shellcheck shell=bash
# shellcheck disable=SC2034 # port is for those who source this
# Sourced by tests of programs: a folder of their own, verdicts, and processes that end with the test.

folder=$(mktemp -d)
chmod 777 "$folder"
failures=0
running=()

# Of those that were started only the ones that still run: the number of one that has ended may be another's by now.
finish() {
    alive=" $(jobs -pr | tr '\n' ' ') "
    for pid in "${running[@]}"; do
        case $alive in
        *" $pid "*) kill -9 "$pid" 2>/dev/null ;;
        esac
    done
    rm -rf "$folder"
}
trap finish EXIT

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect_equal <what> <expected> <got>
expect_equal() {
    [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# As another user than root, who may not.
as_user=()
if [ "$(id -u)" -eq 0 ]; then
    as_user=(-u nobody)
fi

# start_server <mcserver> <option>...: sets pid and port once connections are accepted. What it says is in $folder/err.
start_server() {
    rm -f "$folder/started"
    mkfifo "$folder/started"
    "$1" -p 0 "${as_user[@]}" "${@:2}" >"$folder/started" 2>"$folder/err" &
    pid=$!
    running+=("$pid")
    IFS= read -r port <"$folder/started"
}

# Runs every function whose name begins with test_, and exits with 0 if none has failed.
run_tests() {
    for name in $(compgen -A function test_); do
        echo "$name"
        "$name"
    done
    exit $((failures > 0))
}
