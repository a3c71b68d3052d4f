#!/bin/bash
# mcserver as a program: its command line, the background, signals, the pid file, the user.
#
#     server_program_test.sh <mcserver>
set -u
mcserver=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/program.sh"

# ask <port> <command>: the first line of the answer
ask() {
    local line
    exec 7<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf '%s\r\n' "$2" >&7
    IFS= read -r line <&7
    exec 7>&-
    printf '%s' "${line%$'\r'}"
}

# count <port> <name>: a statistic
count() {
    local line
    exec 7<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'stats\r\nquit\r\n' >&7
    while IFS= read -r line <&7; do
        [[ $line == "STAT $2 "* ]] && printf '%s' "${line//[^0-9]/}"
    done
    exec 7>&-
}

# start <options>
start() {
    start_server "$mcserver" "$@"
}

# expect_refusal <words of the reason> <options>: one line on stderr, an exit status that is not 0
expect_refusal() {
    local reason=$1 text status
    shift
    text=$("$mcserver" "$@" 2>&1 >/dev/null </dev/null)
    status=$?
    [ "$status" -ne 0 ] || fail "mcserver $*: started"
    expect_equal "lines that mcserver $* says" 1 "$(printf '%s\n' "$text" | wc -l)"
    [[ $text == *"$reason"* ]] || fail "mcserver $*: '$text' does not say '$reason'"
}

test_help_and_version() {
    local help
    help=$("$mcserver" -h) || fail "-h is no success"
    for option in -p -l -s -c -t -m -I -d -P -u -v -h -V; do
        [[ $help == *" $option,"* ]] || fail "-h does not tell of $option"
    done
    [[ $("$mcserver" -V) =~ ^mcserver\ [1-9][0-9]*\.[0-9]+\.[0-9]+$ ]] || fail "-V"
    expect_equal "--help" "$help" "$("$mcserver" --help)"
}

test_refusals() {
    expect_refusal "-c 0" -c 0
    expect_refusal "-t 0" -t 0
    expect_refusal "-t 1x" -t 1x
    expect_refusal "-p 65536" -p 65536
    expect_refusal "-p -1" -p -1
    expect_refusal "-m 0" -m 0
    expect_refusal "-I 1" -I 1
    expect_refusal "-I" -m 1 -I 2m
    expect_refusal "-U" -U 65536
    expect_refusal "-B http" -B http
    expect_refusal "bogus" --bogus
    expect_refusal "?" "-?"
    expect_refusal "surplus" surplus
    expect_refusal "bad address 256.0.0.1" "${as_user[@]}" -l 256.0.0.1
    expect_refusal "pid file" "${as_user[@]}" -p 0 -P "$folder/none/pid"
    if [ "$(id -u)" -eq 0 ]; then
        expect_refusal "root" -p 0
        expect_refusal "no-such-user" -p 0 -u no-such-user
    fi
}

test_port_in_use() {
    start
    expect_refusal "Address already in use" "${as_user[@]}" -p "$port"
    expect_refusal "Address already in use" "${as_user[@]}" -p "$port" -d
    expect_equal "the first one" "VERSION" "$(ask "$port" version | cut -d' ' -f1)"
    kill "$pid"
    wait "$pid"
}

test_ending_signals() {
    for signal in TERM INT USR1; do
        start -P "$folder/pid"
        expect_equal "pid file" "$pid" "$(cat "$folder/pid")"
        kill -HUP "$pid"
        kill -PIPE "$pid"
        expect_equal "answer after SIGHUP" "MN" "$(ask "$port" mn)"
        kill -"$signal" "$pid"
        wait "$pid"
        expect_equal "exit status after SIG$signal" 0 $?
        [ ! -e "$folder/pid" ] || fail "the pid file stays after SIG$signal"
        expect_equal "stderr" "" "$(cat "$folder/err")"
    done
}

test_shutdown() {
    start
    expect_equal "shutdown" "ERROR: shutdown not enabled" "$(ask "$port" shutdown)"
    kill "$pid"
    wait "$pid"
    for command in shutdown "shutdown graceful"; do
        start -A -P "$folder/pid"
        expect_equal "shutdown soon" "CLIENT_ERROR invalid shutdown mode" "$(ask "$port" "shutdown soon")"
        expect_equal "$command" "" "$(ask "$port" "$command")"
        wait "$pid"
        expect_equal "exit status after $command" 0 $?
        [ ! -e "$folder/pid" ] || fail "the pid file stays after $command"
    done
}

test_protocols() {
    for protocol in auto ascii; do
        start -B "$protocol"
        expect_equal "-B $protocol" "MN" "$(ask "$port" mn)"
        kill "$pid"
        wait "$pid"
    done
    start -B binary
    expect_equal "-B binary" "" "$(ask "$port" mn)"
    kill "$pid"
    wait "$pid"
}

test_background() {
    local out
    out=$("$mcserver" -p 0 "${as_user[@]}" -d -P "$folder/pid") || fail "-d"
    pid=$(cat "$folder/pid")
    running+=("$pid")
    expect_equal "answer in the background" "MN" "$(ask "$out" mn)"
    expect_equal "working folder" / "$(readlink "/proc/$pid/cwd")"
    expect_equal "stderr" /dev/null "$(readlink "/proc/$pid/fd/2")"
    expect_equal "session" "$pid" "$(ps -o sid= -p "$pid" | tr -d ' ')"
    kill "$pid"
    while [ -e "/proc/$pid" ] && [ "$(ps -o stat= -p "$pid" | cut -c1)" != Z ]; do
        sleep 0.01
    done
    [ ! -e "$folder/pid" ] || fail "the pid file stays"
}

test_user() {
    [ "$(id -u)" -eq 0 ] || return
    start
    expect_equal "user" "$(id -u nobody)" "$(ps -o uid= -p "$pid" | tr -d ' ')"
    kill "$pid"
    wait "$pid"
}

test_memcached_command_line() {
    start -l 127.0.0.1,127.0.0.2 -l 127.0.0.3 -m 32 -c 100 -t 2 -U 0 -I 2m -R 20 -b 128 -k -M -F -v -o modern -B auto -f 1.1 -n 48 -C
    expect_equal "limit" "STAT maxbytes 33554432" "$(ask "$port" "stats settings")"
    expect_equal "flush_all" "CLIENT_ERROR flush_all not allowed" "$(ask "$port" flush_all)"
    expect_equal "what has no effect" "mcserver: accepted and without effect: -URkofn" "$(cat "$folder/err")"
    kill "$pid"
    wait "$pid"
}

test_unix_socket() {
    "$mcserver" "${as_user[@]}" -s "$folder/socket" -a 777 -d -P "$folder/pid" || fail "-s"
    pid=$(cat "$folder/pid")
    running+=("$pid")
    expect_equal "mode" 777 "$(stat -c %a "$folder/socket")"
    kill "$pid"
    while [ -e "$folder/pid" ]; do
        sleep 0.01
    done
}

# A shell starts what it puts in the background with SIGINT ignored.
test_ignored_signal() {
    (
        trap '' INT
        exec "$mcserver" -p 0 "${as_user[@]}" -P "$folder/pid" >/dev/null
    ) &
    while [ ! -s "$folder/pid" ]; do
        sleep 0.01
    done
    pid=$(cat "$folder/pid")
    running+=("$pid")
    kill -INT "$pid"
    wait
    [ ! -e "$folder/pid" ] || fail "SIGINT stays ignored"
}

# Descriptors run out before connections do: accepting pauses, and goes on.
test_no_descriptors() {
    local fds=()
    rm -f "$folder/out"
    mkfifo "$folder/out"
    (
        ulimit -n 40
        exec "$mcserver" -p 0 "${as_user[@]}" -c 1000 -t 1 >"$folder/out" 2>/dev/null
    ) &
    pid=$!
    running+=("$pid")
    IFS= read -r port <"$folder/out"
    if ! grep -q '^Max open files *40 ' "/proc/$pid/limits"; then
        kill "$pid"
        wait "$pid"
        return # it may raise its own limit
    fi
    for _ in $(seq 60); do
        exec {fd}<>"/dev/tcp/127.0.0.1/$port"
        fds+=("$fd")
    done
    for fd in "${fds[@]}"; do
        exec {fd}>&-
    done
    expect_equal "answer after running out" "MN" "$(ask "$port" mn)"
    [ "$(count "$port" listen_disabled_num)" -gt 0 ] || fail "descriptors did not run out"
    kill "$pid"
    wait "$pid"
}

run_tests
