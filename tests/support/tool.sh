# shellcheck shell=bash
# Sourced by the tests of mc, behind program.sh (folder, port, pid): with mc and mcserver set.
# shellcheck disable=SC2154

# run <argument>...: runs mc; what it says is in $out and $err (files), how it ends in $status.
out=$folder/stdout
err=$folder/stderr
run() {
    "$mc" "$@" >"$out" 2>"$err" </dev/null
    status=$?
    last="mc $*"
}

# run_with_input <file> <argument>...
run_with_input() {
    "$mc" "${@:2}" >"$out" 2>"$err" <"$1"
    status=$?
    last="mc ${*:2} < $1"
}

# ends <exit status>: of the last run; with 0 it has said nothing on standard error.
ends() {
    [ "$status" -eq "$1" ] || fail "$last: exit status $status instead of $1: $(head -c 500 "$err")"
    [ "$1" -ne 0 ] || [ ! -s "$err" ] || fail "$last: it says '$(head -c 500 "$err")'"
}

# prints <text>: exactly this, without the line ends behind it.
prints() {
    expect_equal "$last" "$1" "$(cat "$out")"
}

# prints_bytes <file>: exactly these.
prints_bytes() {
    cmp -s "$out" "$1" || fail "$last: other bytes than those of $1: $(head -c 60 "$out" | od -c | head -n 3)"
}

# explains <text>...: standard error has each of them in it.
explains() {
    local text
    for text in "$@"; do
        grep -qF -- "$text" "$err" || fail "$last: '$(cat "$err")' does not say '$text'"
    done
}

# prints_json <Python expression over j>: standard output is JSON, of which this is true.
prints_json() {
    python3 -m json.tool <"$out" >/dev/null 2>"$folder/json" || fail "$last: not JSON: $(cat "$out")"
    python3 -c 'import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    j = json.load(file)
sys.exit(not eval(sys.argv[2]))' "$out" "$1" 2>>"$folder/json" ||
        fail "$last: $1 is not so in $(head -c 500 "$out") $(cat "$folder/json")"
}

# start_on_socket <path>: a server there. Sets pid once it is there.
start_on_socket() {
    "$mcserver" "${as_user[@]}" -s "$1" 2>"$folder/err" &
    pid=$!
    running+=("$pid")
    while [ ! -S "$1" ]; do
        sleep 0.01
    done
}

# start_servers <number> <mcserver's option>...: sets hosts (a list for --hosts) and pids.
start_servers() {
    local number=$1
    shift
    hosts=
    pids=()
    while [ "${#pids[@]}" -lt "$number" ]; do
        start_server "$mcserver" "$@"
        hosts=${hosts:+$hosts,}127.0.0.1:$port
        pids+=("$pid")
    done
}
