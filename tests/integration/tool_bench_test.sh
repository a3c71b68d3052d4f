#!/bin/bash
# mc bench: what it counts, that no wrong value goes by, both lists of hosts, the picture, the end that Ctrl-C makes. And mc in
# a terminal.
#
#     tool_bench_test.sh <mc> <mcserver>
set -u
mc=$1
mcserver=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/program.sh"
. "$root/tests/support/tool.sh"

start_servers 2 -I 4m
export MC_HOSTS=$hosts
first=${hosts%,*}
second=${hosts#*,}

# What the servers hold, both together.
items() {
    "$mc" stats | awk -F '\t' '$2 == "curr_items" { sum += $3 } END { print sum }'
}

test_counts() {
    run bench --count 1003 --threads 3 --ratio 1:2 --keys 50 --json
    ends 0
    prints_json 'j["sides"][0]["get"]["calls"] + j["sides"][0]["set"]["calls"] == 1003 == j["sides"][0]["keys"]'
    prints_json 'j["sides"][0]["get"]["calls"] == j["sides"][0]["hits"] and j["sides"][0]["wrong"] == 0'
    prints_json 'not j["sides"][0]["errors"] and j["threads"] == 3 and j["rounds"] == 20 and not j["interrupted"]'
    prints_json '0 < j["sides"][0]["get"]["p50_us"] <= j["sides"][0]["get"]["p99_us"] <= j["sides"][0]["get"]["max_us"]'
    run bench --count 7 --multi 20 --ratio 1:0 --json
    ends 0
    prints_json 'j["sides"][0]["hits"] == 140 and j["sides"][0]["set"]["calls"] == 0 and j["rounds"] == 7'
    run bench --count 7 --multi 20 --ratio 0:1 --json
    prints_json 'j["sides"][0]["keys"] == 140 and j["sides"][0]["get"]["calls"] == 0'
    for size in 0 1 7 8 1000 2m; do
        run bench --count 50 --size "$size" --keys 5 --threads 2
        ends 0
        grep -q " 0 misses, 0 wrong values, 0 errors" "$out" || fail "size $size: $(cat "$out")"
    done
    run bench --duration 0.1 --rounds 3 --threads 1
    ends 0
    grep -q "^  both " "$out" || fail "the table: $(cat "$out")"
    expect_equal "items that are left over" 0 "$(items)"
}

test_two_lists() {
    run bench --hosts "$first" --against "$second" --against "$first=2" --count 40 --rounds 4 --plot "$folder/plot.svg" --json
    ends 0
    prints_json "[s['hosts'] for s in j['sides']] == ['$first', '$second,$first=2'] and j['ratio']['median'] > 0"
    prints_json "all(s['get']['calls'] + s['set']['calls'] == 40 for s in j['sides'])"
    python3 -c 'import sys, xml.dom.minidom
bars = xml.dom.minidom.parse(sys.argv[1]).getElementsByTagName("rect")
sys.exit(len(bars) < 12)' "$folder/plot.svg" || fail "the picture: $(cat "$folder/plot.svg")"
    run bench --hosts "$first" --against "$second" --count 40
    ends 0
    grep -q "The first is .* times as fast as the second" "$out" || fail "no ratio: $(cat "$out")"
    expect_equal "items that are left over" 0 "$(items)"
}

# get_hits: reads that the server that is watched has answered with a value.
watched=$first
get_hits() {
    "$mc" stats --hosts "$watched" | awk -F '\t' '$2 == "get_hits" { print $3 }'
}

# Starts a load on the server that is watched, which ends by a signal alone, and waits until it reads. Sets bench.
start_load() {
    local before
    before=$(get_hits)
    "$mc" bench --hosts "$watched" --duration 3600 --rounds 1 "$@" >"$out" 2>"$err" &
    bench=$!
    running+=("$bench")
    last="mc bench $*"
    wait_for_reads "$before"
}

# wait_for_reads <hits before>: until there are many more.
wait_for_reads() {
    until [ "$(get_hits)" -gt $(($1 + 50)) ]; do
        sleep 0.01
    done
}

end_load() {
    kill "-$1" "$bench"
    wait "$bench" 2>/dev/null
    status=$?
}

test_interruption() {
    for signal in INT TERM; do
        start_load --against "$second"
        end_load "$signal"
        ends 0
        grep -q "^Interrupted after 0 of 1 rounds" "$out" || fail "$last: $(cat "$out")"
        grep -q " 0 misses, 0 wrong values, 0 errors" "$out" || fail "$last: $(cat "$out")"
    done
    start_load --json
    end_load INT
    ends 0
    prints_json 'j["interrupted"] and j["sides"][0]["get"]["calls"] > 50'
    expect_equal "items that are left over" 0 "$(items)"
}

# While a call is waited for, a second Ctrl-C does not wait.
test_second_interruption() {
    start_load --timeout 3600
    kill -STOP "${pids[0]}"
    kill -INT "$bench"
    # Two that come at once are one. The first has come when the next would no longer be caught.
    while [ $((0x$(sed -n 's/^SigCgt:\t//p' "/proc/$bench/status") & 2)) -ne 0 ]; do
        sleep 0.01
    done
    end_load INT
    expect_equal "exit status after two" 130 "$status"
    kill -CONT "${pids[0]}"
    "$mc" flush
}

# Somebody else writes to the only key; what is read then belongs to no key of the load.
test_wrong_values() {
    for batch in 1 3; do
        for wrong in "not it" "$(printf 'x%.0s' $(seq 100))"; do
            start_load --keys 1 --ratio 1:0 --multi "$batch" --json
            "$mc" set mc-bench:0 "$wrong" --hosts "$first"
            wait_for_reads "$(get_hits)"
            end_load INT
            ends 5
            explains "values were wrong"
            prints_json 'j["sides"][0]["wrong"] > 0'
        done
    done
    start_load --keys 1 --ratio 1:0
    "$mc" delete mc-bench:0 --hosts "$first"
    "$mc" set mc-bench:0 "" --hosts "$first"
    wait_for_reads "$(get_hits)"
    end_load INT
    ends 5
    grep -q " [1-9][0-9]* wrong values, 0 errors" "$out" || fail "$last: $(cat "$out")"
}

# The server dies under it.
test_errors() {
    local dying
    start_on_socket "$folder/dying"
    dying=$pid
    watched=$folder/dying
    start_load --failover none --verbose --json
    watched=$first
    kill -KILL "$dying"
    until grep -q "mcclient: " "$err"; do
        sleep 0.01
    done
    end_load INT
    [ "$status" -eq 3 ] || [ "$status" -eq 4 ] || fail "exit status $status with errors: $(cat "$out")"
    prints_json 'sum(j["sides"][0]["errors"].values()) > 0 and j["sides"][0]["last_error"]'
}

# in_terminal <argument>...: runs mc in one; sets shown to what a terminal gets, its line ends without a carriage return.
in_terminal() {
    shown=$(script -qec "$(printf '%q ' "$mc" "$@")" /dev/null </dev/null | tr -d '\r' && echo .)
}

test_terminal() {
    "$mc" set t "no line end"
    in_terminal get t
    expect_equal "a value in a terminal" "no line end
." "$shown"
    printf 'line\n' | "$mc" set t -
    in_terminal get t
    expect_equal "a line in a terminal" "line
." "$shown"
    in_terminal bench --count 100 --rounds 4
    for text in "[####" "storing the keys" "1/4" "calls/s"; do
        [[ $shown == *"$text"* ]] || fail "mc bench in a terminal does not show '$text': $shown"
    done
    in_terminal stats
    "$mc" delete t
    [[ $shown == "$first"*"  pid   "*"$second"* ]] || fail "mc stats in a terminal: $shown"
}

run_tests
