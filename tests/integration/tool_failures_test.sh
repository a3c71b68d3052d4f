#!/bin/bash
# mc: wrong command lines, hosts that are down or silent, output that cannot be written; and what --help says.
#
#     tool_failures_test.sh <mc> <mcserver> <folder of the man pages>
set -u
mc=$1
mcserver=$2
man=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/program.sh"
. "$root/tests/support/tool.sh"

start_servers 1 -I 64m -m 512
export MC_HOSTS=$hosts

# hold_port <Python on the socket "bound">: sets port to one that nobody else can come to listen on.
hold_port() {
    rm -f "$folder/bound"
    mkfifo "$folder/bound"
    python3 -c 'import signal, socket, sys
bound = socket.socket()
bound.bind(("127.0.0.1", 0))
exec(sys.argv[1])
print(bound.getsockname()[1], flush=True)
signal.pause()' "$1" >"$folder/bound" &
    running+=($!)
    IFS= read -r port <"$folder/bound"
}

# Connections are refused there.
hold_port pass
dead=127.0.0.1:$port

# refuses <words of the reason> <argument>...: as a mistake of the caller, with a way to help, and nothing on standard output.
refuses() {
    local reason=$1
    shift
    run "$@"
    ends 2
    explains "mc" "$reason" "Try mc" "--help"
    prints ""
}

commands=(get gets gat gats set add replace append prepend cas delete touch incr decr "multi get" "multi set" "multi delete"
    route ping version stats flush bench)

# Enough operands for a command, so that only what is tested is wrong.
operands_of() {
    case $1 in
    gat | gats | touch) echo k 1 ;;
    set | add | replace | append | prepend | "multi set") echo k v ;;
    cas) echo k v --cas 1 ;;
    ping | version | stats | flush | bench) ;;
    *) echo k ;;
    esac
}

test_help() {
    run --help
    ends 0
    for command in "${commands[@]}"; do
        grep -q "^  $command  " "$out" || fail "mc --help does not tell of $command"
    done
    run help
    ends 0
    grep -q "^Usage: mc COMMAND" "$out" || fail "mc help"
    run multi --help
    ends 0
    grep -q "^  multi set" "$out" || fail "mc multi --help"
    for command in "${commands[@]}"; do
        # shellcheck disable=SC2086
        run $command --help
        ends 0
        grep -q "^Usage: mc $command " "$out" || fail "mc $command --help"
        grep -q "^Exit status:" "$out" || fail "mc $command --help does not tell of exit statuses"
        cp "$out" "$folder/help"
        # shellcheck disable=SC2086
        run help $command
        ends 0
        prints_bytes "$folder/help"
    done
    run --version
    ends 0
    [[ $(cat "$out") =~ ^mc\ [0-9]+\.[0-9]+\.[0-9]+ ]] || fail "--version: $(cat "$out")"
}

# Every option of --help stands in the manual, and every option of the manual in --help.
test_manual() {
    local said written
    for command in "${commands[@]}"; do
        # shellcheck disable=SC2086
        "$mc" $command --help
    done | grep -oE -- '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u >"$folder/said"
    # mdoc writes --hosts as "Fl -hosts".
    sed -n 's/^\.It Fl \([a-zA-Z] , \)\{0,1\}Fl -\([a-z-]*\).*/--\2/p; s/^\.It Fl -\([a-z-]*\).*/--\1/p' \
        "$man/mc.1" "$man/mc-bench.1" | sort -u >"$folder/written"
    said=$(comm -23 "$folder/said" "$folder/written")
    written=$(comm -13 "$folder/said" "$folder/written")
    expect_equal "options that are not in the manual" "" "$said"
    expect_equal "options that are only in the manual" "" "$written"
    for command in "${commands[@]}"; do
        grep -qE "^\.(It|Nm|Ss) .*$command" "$man/mc.1" || fail "mc.1 does not tell of $command"
    done
}

test_wrong_words() {
    refuses "which command"
    refuses '"bogus"' bogus
    refuses "which one" multi
    refuses '"bogus"' multi bogus
    refuses '"bogus"' help bogus
    refuses "--bogus" --bogus
    refuses "--ttl" --ttl 5 set k v
    refuses "--max-value is no option of mc route" --max-value 5 route k
    for command in "${commands[@]}"; do
        # shellcheck disable=SC2086,SC2046
        {
            refuses "--bogus" $command $(operands_of "$command") --bogus
            refuses "-Z" $command $(operands_of "$command") -Z
            refuses "takes no value" $command $(operands_of "$command") --json=1
            refuses "needs a value" $command $(operands_of "$command") --hosts
            refuses "no address" $command $(operands_of "$command") --hosts ""
        }
    done 2>"$folder/loop"
    cat "$folder/loop" >&2
    for command in get gets gat gats set add replace append prepend cas delete touch incr decr; do
        refuses "is missing" "$command"
        # shellcheck disable=SC2046
        refuses "too many" "$command" $(operands_of "$command") 1 2 surplus
    done
    for command in ping version flush bench; do
        refuses '"surplus"' "$command" surplus
    done
    refuses '"surplus"' stats items surplus
    refuses "Give" multi get
    refuses "Give" multi delete
    refuses "Give" multi set
    refuses "Give" route
    refuses "no value" multi set k v k2
    refuses "no value" set k
    refuses "two values" set k v --file x
    refuses "both" multi get k --file x
    refuses "--cas TOKEN" cas k v
}

test_wrong_numbers() {
    for value in x -1 "" 4294967296 1k " 1" +1 0x1; do
        refuses "--flags" set k v --flags "$value"
    done
    for value in x "" 1.5 9223372036854775808 +1; do
        refuses "--ttl" set k v --ttl "$value"
        refuses "TTL" touch k -- "$value"
        refuses "TTL" gat k -- "$value"
    done
    for value in x -1 18446744073709551616 ""; do
        refuses "--cas" cas k v --cas "$value"
        refuses "DELTA" incr k -- "$value"
        refuses "DELTA" decr k -- "$value"
    done
    for value in x 0 -1 1.2345 86401 "" . 1.; do
        refuses "--timeout" get k --timeout "$value"
        refuses "--connect-timeout" get k --connect-timeout "$value"
    done
    for value in 0 x 2g 1kk "" k; do
        refuses "--max-value" get k --max-value "$value"
    done
    refuses "--delay" flush --delay x
    for option in like distribution hash failover; do
        refuses "--$option" get k "--$option" bogus
    done
    for value in 0 257 x; do
        refuses "--threads" bench --threads "$value"
    done
    for value in 9 9:x : 0:0 1001:1 9:1:1; do
        refuses "--ratio" bench --ratio "$value"
    done
    refuses "--keys" bench --keys 0
    refuses "--multi" bench --multi 0
    refuses "--multi" bench --multi 10001
    refuses "--rounds" bench --rounds 1001
    refuses "--count" bench --count 0
    refuses "--size" bench --size x
    refuses "--duration" bench --duration 0
    refuses "--against" bench --against ""
}

test_wrong_hosts() {
    for list in "," "a:1," ",a:1" "a:1=" "a:1=x" "a:1=-1" "a:1=1048577" "=1"; do
        refuses "--hosts" get k --hosts "$list"
        MC_HOSTS=$list refuses "MC_HOSTS" get k
    done
    for list in "a:b" "a:70000" "[::1" "unix:x" "a b"; do
        refuses "host" get k --hosts "$list"
        refuses "host" route k --hosts "$list"
    done
    refuses "weights" get k --hosts a:1=0,b:1=0
    MC_HOSTS='' refuses "MC_HOSTS" get k
    (
        unset MC_HOSTS
        refuses "--hosts" get k
        exit "$failures"
    )
    failures=$((failures + $?))
}

test_bad_keys() {
    for command in "${commands[@]}"; do
        case $command in
        ping | version | stats | flush | bench) continue ;;
        "multi "* | route) words=("a b" v) ;;
        *) words=("a b") ;;
        esac
        # shellcheck disable=SC2046
        set -- $(operands_of "$command" | cut -s -d' ' -f 2-)
        case $command in
        "multi set") set -- v ;;
        esac
        # shellcheck disable=SC2086
        run $command "${words[0]}" "$@"
        ends 2
        explains "a b" "legal"
    done
    run get "$(head -c 251 /dev/zero | tr '\0' k)"
    ends 2
    run get ""
    ends 2
    run stats "a  b"
    ends 2
}

test_hosts_that_are_down() {
    for command in "${commands[@]}"; do
        [ "$command" != route ] || continue
        # shellcheck disable=SC2086,SC2046
        run $command $(operands_of "$command") --hosts "$dead"
        ends 3
        explains "$dead" "refused" "Nothing was sent"
    done
    run ping --hosts "$dead,$hosts"
    ends 3
    grep -q "^$hosts	up" "$out" || fail "one host that is down hides another: $(cat "$out")"
    run get k --hosts "$dead,$hosts" --verbose
    explains "mcclient: "
    run get k --hosts "$dead" --json
    ends 3
    prints_json 'j["status"] == "MC_UNREACHABLE" and "refused" in j["detail"]'
    run ping --hosts "$dead" --json
    prints_json 'j[0]["status"] == "MC_UNREACHABLE"'
}

# It is connected to, and answers nothing.
test_hosts_that_are_silent() {
    local silent
    hold_port 'bound.listen(256)'
    silent=127.0.0.1:$port
    for command in "${commands[@]}"; do
        [ "$command" != route ] || continue
        # A machine that stands still for a while may not get to send in that time.
        for timeout in 0.3 2 10; do
            # shellcheck disable=SC2086,SC2046
            run $command $(operands_of "$command") --hosts "$silent" --timeout "$timeout" --connect-timeout "$timeout"
            [ "$status" -eq 3 ] || break
        done
        ends 4
        explains "$silent" "It may or may not have been done"
    done
}

# More than a pipe holds goes to somebody who reads one byte and leaves.
test_closed_pipes() {
    head -c 10000000 /dev/urandom >"$folder/large"
    "$mc" set large --file "$folder/large" --max-value 16m || fail "set of 10 MB"
    for command in "get large" "gets large" "get large --json" "multi get large" "multi get large --json" "gat large 0"; do
        # shellcheck disable=SC2086
        "$mc" $command 2>"$err" | head -c 1 >/dev/null
        expect_equal "mc $command into a closed pipe" "6 0" "${PIPESTATUS[*]}"
        expect_equal "what it says" "" "$(cat "$err")"
    done
    yes | "$mc" route - | head -n 1 >"$out"
    expect_equal "keys without an end into a closed pipe" "0" "${PIPESTATUS[2]}"
    yes | "$mc" multi get - --json -q | head -c 1 >"$out"
    expect_equal "the same as JSON" "0" "${PIPESTATUS[2]}"
}

test_full_disks() {
    "$mc" set small v || fail "set"
    for command in "get large" "get small" "get small --json" "multi get large" stats version ping "route k" \
        "bench --count 10" --help --version "get --help"; do
        # shellcheck disable=SC2086
        "$mc" $command >/dev/full 2>"$err"
        expect_equal "mc $command into a full disk" 6 "$?"
        grep -q "standard output: No space left" "$err" || fail "mc $command into a full disk says $(cat "$err")"
    done
    "$mc" get large >&- 2>"$err"
    expect_equal "closed output" 6 $?
    "$mc" get small >&- 2>"$err" <&-
    expect_equal "closed output and input" 6 $?
    "$mc" get small >/dev/null 2>&- <&-
    expect_equal "closed errors and input" 0 $?
    run bench --count 10 --plot /dev/full
    ends 6
    explains "/dev/full" "No space left"
    run bench --count 10 --plot "$folder/none/x"
    ends 6
    explains "$folder/none/x" "No such file"
}

test_missing_files() {
    for command in "set k" "multi get" "multi set" "multi delete" route; do
        # shellcheck disable=SC2086
        run $command --file "$folder/none"
        ends 6
        explains "$folder/none" "No such file"
        # shellcheck disable=SC2086
        run $command --file /
        ends 6
        explains "Is a directory"
    done
    "$mc" set k - <&- 2>"$err"
    expect_equal "closed input" 6 $?
}

run_tests
