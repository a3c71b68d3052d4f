#!/bin/bash
# mc: every command on bundled servers; values of any bytes and any size; JSON; hosts and weights.
#
#     tool_commands_test.sh <mc> <mcserver>
set -u
mc=$1
mcserver=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/program.sh"
. "$root/tests/support/tool.sh"

start_servers 3 -I 64m -m 512
export MC_HOSTS=$hosts

# Every byte there is, and a line feed at the end that a shell would lose.
every_byte() {
    local i
    for i in $(seq 0 255); do
        # shellcheck disable=SC2059
        printf "\\x$(printf %x "$i")"
    done
    printf '\n'
}
every_byte >"$folder/bytes"

test_get_and_set() {
    run get absent
    ends 1
    prints ""
    explains '"absent"' "not there"
    run get absent --quiet
    ends 1
    expect_equal "what --quiet says" "" "$(cat "$err")"
    run set k "a value"
    ends 0
    prints ""
    run get k
    ends 0
    printf 'a value' >"$folder/expected"
    prints_bytes "$folder/expected"
    run set k ""
    ends 0
    run get k
    ends 0
    prints_bytes /dev/null
    run set k -- -v
    ends 0
    run get k
    prints -v
    run set -5 -6
    ends 0
    run get -5
    prints -6
}

test_values_of_any_bytes() {
    run_with_input "$folder/bytes" set bytes -
    ends 0
    run get bytes
    ends 0
    prints_bytes "$folder/bytes"
    run set bytes2 --file "$folder/bytes"
    ends 0
    run get bytes2
    prints_bytes "$folder/bytes"
    run_with_input "$folder/bytes" set bytes3 -f -
    ends 0
    run get bytes3
    prints_bytes "$folder/bytes"
    run set empty --file /dev/null
    ends 0
    run get empty
    ends 0
    prints_bytes /dev/null
}

test_large_values() {
    head -c 10000000 /dev/urandom >"$folder/large"
    run set large --file "$folder/large"
    ends 2
    explains '"large"' 1048576 --max-value
    run set large --file "$folder/large" --max-value 16m
    ends 0
    run get large
    ends 0
    prints_bytes "$folder/large"
    head -c 10000000 "$folder/large" | "$mc" set large2 - --max-value 16m || fail "a large value from a pipe"
    run get large2
    prints_bytes "$folder/large"
    run get large --max-value 1m
    ends 4
    run_with_input /dev/zero set endless -
    ends 2
}

test_conditions() {
    run add c 1
    ends 0
    run add c 2
    ends 1
    explains '"c"' "there already"
    run replace c 3
    ends 0
    run replace absent 3
    ends 1
    explains '"absent"' "not there"
    run append c -- -a
    ends 0
    run prepend c b-
    ends 0
    run get c
    prints b-3-a
    run append absent x
    ends 1
    run prepend absent x
    ends 1
    run delete c
    ends 0
    run delete c
    ends 1
}

test_tokens() {
    run set t old --flags 7
    ends 0
    run gets t
    ends 0
    read -r token flags len <"$out"
    expect_equal flags 7 "$flags"
    expect_equal length 3 "$len"
    expect_equal value old "$(tail -n 1 "$out")"
    run cas t new --cas "$token"
    ends 0
    run cas t newer --cas "$token"
    ends 1
    explains '"t"' changed
    run cas absent x --cas 1
    ends 1
    run get t
    prints new
    run gats t 100
    ends 0
    run gat t 100
    ends 0
    prints new
    run gat t -1
    ends 0
    run get t
    ends 1
}

test_numbers() {
    run incr n
    ends 1
    run set n 41
    run incr n
    ends 0
    prints 42
    run incr n 18446744073709551573
    prints 18446744073709551615
    run decr n 18446744073709551614
    prints 1
    run decr n 5
    prints 0
    run set n many
    run incr n
    ends 5
    explains "non-numeric" 127.0.0.1 '"n"'
}

test_time_to_live() {
    run set l v --ttl -1
    ends 0
    run get l
    ends 1
    run set l v --ttl 1000
    run touch l 2000
    ends 0
    run get l
    prints v
    run touch l -1
    ends 0
    run get l
    ends 1
    run touch absent 1
    ends 1
}

test_many_keys() {
    run multi set m1 one m2 "two	tabs" m3 ""
    ends 0
    run multi get m1 m2 m3 m4
    ends 1
    explains "1 of 4 keys"
    prints "$(printf 'm1\tone\nm2\ttwo\\ttabs\nm3\t')"
    run multi get m4 -q
    ends 1
    expect_equal "what -q says" "" "$(cat "$err")"
    run multi delete m1 m2 m3
    ends 0
    run multi delete m1
    ends 1
    explains "1 of 1 keys"
}

# What get prints, set reads: bytes and flags stay what they are.
test_many_keys_from_files() {
    local i
    for i in $(seq 2500); do
        printf 'file%d\tvalue %d\n' "$i" "$i"
    done >"$folder/pairs"
    printf 'flagged\tv\t9\n' >>"$folder/pairs"
    cut -f 1 "$folder/pairs" >"$folder/keys"
    run multi set --file "$folder/pairs"
    ends 0
    run multi get --file "$folder/keys"
    ends 0
    prints_bytes "$folder/pairs"
    run_with_input "$folder/keys" multi get -
    ends 0
    prints_bytes "$folder/pairs"
    run_with_input "$folder/keys" multi delete -
    ends 0
    run multi get --file "$folder/keys"
    ends 1
    prints ""
    run_with_input "$folder/pairs" multi set - --prefix p: --flags 3
    ends 0
    run gets file1 --prefix p:
    expect_equal "flags of the option" 3 "$(head -n 1 "$out" | cut -d' ' -f 2)"
    run gets p:flagged
    expect_equal "flags of the line" 9 "$(head -n 1 "$out" | cut -d' ' -f 2)"

    run set raw --file "$folder/bytes" --flags 77
    run multi get raw
    cp "$out" "$folder/line"
    run flush
    ends 0
    run multi get raw
    ends 1
    run multi set --file "$folder/line"
    ends 0
    run get raw
    prints_bytes "$folder/bytes"
    run gets raw
    expect_equal "flags by way of a line" 77 "$(head -n 1 "$out" | tr '\0' ' ' | cut -d' ' -f 2)"
}

# More than is held in memory at once.
test_many_large_values() {
    head -c 900000 /dev/zero | tr '\0' x >"$folder/long"
    local i
    for i in $(seq 120); do
        printf 'wide%d\t%d' "$i" "$i"
        cat "$folder/long"
        printf '\n'
    done >"$folder/wide"
    cut -f 1 "$folder/wide" >"$folder/keys"
    run multi set --file "$folder/wide"
    ends 0
    run multi get --file "$folder/keys"
    ends 0
    prints_bytes "$folder/wide"
    run multi delete --file "$folder/keys"
    ends 0
}

test_bad_lines() {
    printf 'good1\t1\nno tab\nbad\\q\t\\q\ngood2\t2\tx\ngood3\t3\t4294967296\ngood4\t\\x4\ngood5\t5\n' >"$folder/lines"
    run multi set --file "$folder/lines"
    ends 2
    explains "line 2" "line 3" "line 4" "line 5" "line 6"
    run multi get good1 good2 good3 good4 good5 -q
    prints "$(printf 'good1\t1\ngood5\t5')"
    printf 'good1\n\n\na b\ngood5' >"$folder/lines"
    run multi get --file "$folder/lines"
    ends 2
    explains '"a b"'
    prints "$(printf 'good1\t1\ngood5\t5')"
}

test_json() {
    run set j "quote \" backslash \\ tab	umlaut ü" --json
    ends 0
    prints_json 'j == {"key": "j", "status": "MC_OK"}'
    run get j --json
    ends 0
    prints_json 'j["value"] == "quote \" backslash \\ tab\tumlaut ü" and j["flags"] == 0'
    run set j --file "$folder/bytes" --flags 4294967295
    run gets j --json
    prints_json '__import__("base64").b64decode(j["value_base64"]) == bytes(range(256)) + b"\n"'
    prints_json 'j["flags"] == 4294967295 and int(j["cas"]) > 0 and "value" not in j'
    for surrogate in '\xed\xa0\x80' '\xc0\x80' '\xf4\x90\x80\x80' '\xe2\x82' '\x80'; do
        # shellcheck disable=SC2059
        printf "$surrogate" | "$mc" set j -
        run get j --json
        prints_json '"value_base64" in j'
    done
    for text in '\x00' '\xe2\x82\xac' '\xf4\x8f\xbf\xbf' '\x7f\x1f' ''; do
        # shellcheck disable=SC2059
        printf "$text" | "$mc" set j -
        run get j --json
        prints_json '"value" in j'
    done
    run get "$(printf '\xff')" --json
    ends 1
    prints_json 'j == {"key_base64": "/w==", "status": "MC_NOT_FOUND"}'
    run get "a b" --json
    ends 2
    prints_json 'j["status"] == "MC_BAD_KEY" and "space" in j["detail"]'
    run set n 5
    run incr n --json
    prints_json 'j == {"key": "n", "status": "MC_OK", "number": 6}'
    run multi get n absent "$(printf '\xfe')" --json
    ends 1
    prints_json '[i["status"] for i in j] == ["MC_OK", "MC_NOT_FOUND", "MC_NOT_FOUND"] and j[0]["value"] == "6"'
    run multi set n 6 o 7 --json
    prints_json 'len(j) == 2 and j[1]["key"] == "o"'
    run multi delete n absent --json
    prints_json '[i["status"] for i in j] == ["MC_OK", "MC_NOT_FOUND"]'
    run_with_input /dev/null multi get - --json
    ends 0
    prints_json 'j == []'
    for command in version ping stats flush "route k" "delete k" "touch k 1" "add k v" "replace k v" "append k v" "prepend k v" \
        "cas k v --cas 1" "gat k 0" "gats k 0" "decr k"; do
        # shellcheck disable=SC2086
        run $command --json
        prints_json 'len(j) > 0'
    done
}

test_servers() {
    run version
    ends 0
    expect_equal "hosts with a version" "$hosts" "$(cut -f 1 "$out" | paste -sd,)"
    run ping
    ends 0
    expect_equal "hosts that are up" 3 "$(grep -c "	up	[0-9.]* ms	" "$out")"
    run stats
    ends 0
    expect_equal "pids" "$(echo "${pids[*]}" | tr ' ' '\n')" "$(awk -F '\t' '$2 == "pid" { print $3 }' "$out")"
    run stats settings
    ends 0
    expect_equal "item_size_max" 3 "$(grep -c "item_size_max	67108864$" "$out")"
    run stats --json
    prints_json "[s['stats']['pid'] for s in j] == [$(echo "${pids[*]}" | tr ' ' ',')]"
    run stats no-such-group
    ends 5
    run set f v
    run flush --delay 1000
    ends 0
    run get f
    ends 0
    run flush
    ends 0
    run get f
    ends 1
}

# The list of hosts, its weights, and the rules of other clients; nothing is connected to.
test_routes() {
    unset MC_HOSTS
    run route k1 --hosts a:1,b:2=0
    ends 0
    prints "$(printf 'k1\ta:1')"
    run --hosts '[::1]:5' --hosts '/tmp/a\,b\=c=1' route "$(printf 'k\xff')" k2 --failover none --tries --json
    ends 0
    prints_json '{t for i in j for t in i["tries"]} <= {"[::1]:5", "/tmp/a,b=c"} and len(j[0]["tries"]) == 1'
    run route a b c --hosts x:1,y:1 --tries
    expect_equal "tries" 11 "$(head -n 1 "$out" | awk -F '\t' '{ print NF }')"
    MC_HOSTS=env:1 run route k
    prints "$(printf 'k\tenv:1')"
    MC_HOSTS=env:1 run route k --hosts option:1
    prints "$(printf 'k\toption:1')"

    # The same as presets and as their parts; which keys are where is tested with the library.
    seq 200 | run_with_input /dev/stdin route - --hosts x:1,y:1,z:1=3 --like php-ketama
    cp "$out" "$folder/preset"
    seq 200 | run_with_input /dev/stdin route - --hosts x:1,y:1,z:1=3 --distribution ketama-weighted --hash md5
    prints_bytes "$folder/preset"
    seq 200 | run_with_input /dev/stdin route - --hosts x:1,y:1,z:1=3
    cmp -s "$out" "$folder/preset" && fail "--like does nothing"
    seq 200 | run_with_input /dev/stdin route - --hosts x:1,y:1,z:1=3 --hash crc32 --like python-memcached
    cp "$out" "$folder/preset"
    seq 200 | run_with_input /dev/stdin route - --hosts x:1,y:1,z:1=3 --like python-memcached --hash crc32
    prints_bytes "$folder/preset"
    seq 200 | run_with_input /dev/stdin route - --hosts x:1,y:1,z:1=3 --prefix p
    cmp -s "$out" "$folder/preset" && fail "--prefix does nothing"
    run route "a b" --hosts x
    ends 2
    export MC_HOSTS=$hosts
}

test_prefix_and_sockets() {
    run set k v --prefix pre:
    ends 0
    run get pre:k
    prints v
    start_on_socket "$folder/a,b=c"
    run --hosts "$folder/a\\,b\\=c=5" ping
    ends 0
    run --hosts "unix:$folder/a\\,b\\=c" ping
    ends 0
}

test_locale() {
    for locale in de_DE.UTF-8 fr_FR.UTF-8 C; do
        env LC_ALL="$locale" "$mc" bench --count 10 --json >"$out" 2>&1
        prints_json 'j["sides"][0]["get"]["p50_us"] >= 0'
    done
}

run_tests
