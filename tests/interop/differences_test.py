#!/usr/bin/python3
"""Where python-memcached loses or mixes up data, and what this library answers to the same: each row of the README's table.

    /usr/bin/python3 differences_test.py PATH/TO/interop_peer

Needs Debian's packages memcached and python3-memcache; without them it exits with 77, which ctest takes as skipped.
"""
import sys
import unittest

try:
    import memcache
except ImportError as error:
    print("skipped: %s" % error)
    sys.exit(77)

from harness import *

TIMEOUT_S = 1  # python-memcached's for each read; the library's is its default
LIMIT = 1024 * 1024
MANY = 30


class Differences(unittest.TestCase):
    def setUp(self):
        self.servers = [Memcached() for _ in range(3)]
        self.hosts = [server.address for server in self.servers]
        self.c = Peer(PEER)
        self.c.like(self.hosts, (1, 1, 1), LIKE_PYTHON_MEMCACHED_1_59)
        self.python = self.new_python()
        self.keys = ["k%d" % i for i in range(MANY)]
        self.homes = {key: self.c.route(key.encode())[0] for key in self.keys}

    def tearDown(self):
        for server in self.servers:
            server.stop()
        self.c.close()

    def new_python(self, hosts=None, **options):
        return memcache.Client(hosts or self.hosts, socket_timeout=TIMEOUT_S, **options)

    def entries(self, value=b"new"):
        return [(key.encode(), TEXT, value) for key in self.keys]

    def keys_of(self, host):
        return [key for key in self.keys if self.homes[key] == host]

    def test_a_value_too_large_inside_set_multi(self):
        values = {key: "value" for key in self.keys}
        values["k5"] = "x" * (LIMIT + 1)
        self.assertEqual(self.python.set_multi(values), ["k5"])  # after a wait for a reply that nobody owes
        dead = [bool(server.deaduntil) for server in self.python.servers]
        self.assertEqual(sum(dead), 1)
        self.assertTrue(dead[self.homes["k5"]])
        self.assertLess(len(self.python.get_multi(self.keys)), MANY - 1)  # the others of that host are out of reach

        entries = [(key.encode(), TEXT, value.encode()) for key, value in values.items()]
        expected = ["MC_TOO_LARGE" if key == "k5" else "MC_OK" for key in self.keys]
        self.assertEqual(self.c.set_multi(entries), ["MC_PARTIAL", *expected])
        status, items = self.c.get_multi([key.encode() for key in self.keys if key != "k5"])
        self.assertEqual(status, "MC_OK")

    def test_a_host_that_falls_silent_in_set_multi(self):
        self.assertEqual(self.python.set_multi({key: "old" for key in self.keys}), [])
        self.c.set_multi(self.entries(b"old"))  # the connections are open
        self.servers[1].pause()
        self.assertEqual(self.python.set_multi({key: "new" for key in self.keys}), [])  # "all stored"
        answers = self.c.set_multi(self.entries())
        self.servers[1].resume()
        expected = ["MC_TIMEOUT" if self.homes[key] == 1 else "MC_OK" for key in self.keys]
        self.assertEqual(answers, ["MC_PARTIAL", *expected])

    def test_a_host_that_is_gone_when_set_multi_sends(self):
        large = {key: "x" * 500000 for key in self.keys}
        self.python.set_multi({key: "old" for key in self.keys})
        self.c.set_multi(self.entries(b"old"))
        self.servers[1].stop()
        self.assertEqual(self.python.set_multi(large), [])  # "all stored"
        found = self.new_python().get_multi(self.keys)
        self.assertEqual(set(self.keys) - set(found), set(self.keys_of(1)))

        answers = self.c.set_multi(self.entries(b"x" * 500000))
        for key, answer in zip(self.keys, answers[1:]):
            self.assertIn(answer, ("MC_OK", "MC_CONNECTION_LOST") if self.homes[key] == 1 else ("MC_OK",), key)
        status, items = self.c.get_multi([key.encode() for key in self.keys])
        for key, answer, item in zip(self.keys, answers[1:], items):
            if answer == "MC_OK":
                self.assertEqual((item[0], len(item[2])), ("MC_OK", 500000), key)

    def test_keys_without_any_host_left(self):
        weights = (1, 30, 0)
        python = self.new_python(list(zip(self.hosts, weights)))
        self.c.like(self.hosts, weights, LIKE_PYTHON_MEMCACHED_1_59)
        self.servers[1].stop()
        keys = ["n%d" % i for i in range(500)]
        self.assertEqual(python.set_multi({key: "v" for key in keys}), [])  # "all stored"
        self.assertLess(len(python.get_multi(keys)), len(keys) / 2)

        answers = self.c.set_multi([(key.encode(), TEXT, b"v") for key in keys])[1:]
        self.assertEqual(set(answers), {"MC_OK", "MC_UNREACHABLE", "MC_NO_SERVER"} & set(answers))
        lost = [key for key, answer in zip(keys, answers) if answer != "MC_OK"]
        self.assertGreater(len(lost), len(keys) / 2)
        status, items = self.c.get_multi([key.encode() for key in keys if key not in lost])
        self.assertEqual(status, "MC_OK")

    def test_cas_without_gets(self):
        for options in ({}, {"cache_cas": True}):
            first, second = self.new_python(**options), self.new_python(**options)
            first.set("c", "1")
            if not options:
                first.gets("c")  # of no use without cache_cas
            second.set("c", "2")
            self.assertTrue(first.cas("c", "mine"))
            self.assertEqual(first.get("c"), "mine")  # the other's change is lost

        self.c.set(b"c", 0, b"1")
        status, token = self.c.gets(b"c")
        self.c.set(b"c", 0, b"2")
        self.assertEqual(self.c.cas(b"c", token, b"mine"), "MC_EXISTS")
        self.assertEqual(self.c.get(b"c")[2], b"2")

    def test_a_host_that_does_not_answer_a_get(self):
        self.python.set_multi({key: "old" for key in self.keys})
        self.servers[1].pause()
        self.assertIsNone(self.new_python([self.hosts[1]]).get(self.keys_of(1)[0]))  # "not there"
        self.assertEqual(set(self.python.get_multi(self.keys)), set(self.keys) - set(self.keys_of(1)))
        self.assertEqual(self.c.get(self.keys_of(1)[0].encode())[0], "MC_TIMEOUT")
        status, items = self.c.get_multi([key.encode() for key in self.keys])
        self.servers[1].resume()
        expected = ["MC_TIMEOUT" if self.homes[key] == 1 else "MC_OK" for key in self.keys]
        self.assertEqual([status, *(item[0] for item in items)], ["MC_PARTIAL", *expected])

    def test_a_key_that_ends_in_a_line_feed(self):
        python = self.new_python([self.hosts[0]])
        for key in "xyzuvw":
            python.set(key, "value of " + key)
        python.set("abc\n", "value")  # three lines for the server, and an answer to each
        answers = [python.get(key) for key in "xyzuvw"]
        self.assertTrue(any(answer not in (None, "value of " + key) for key, answer in zip("xyzuvw", answers)), answers)

        self.assertEqual(self.c.set(b"abc\n", 0, b"value"), "MC_BAD_KEY")
        for key in self.keys:
            self.c.set(key.encode(), 0, key.encode())
        for key in self.keys:
            self.assertEqual(self.c.get(key.encode()), ("MC_OK", 0, key.encode()))

    def test_more_than_thirty_days(self):
        days_60 = 60 * 24 * 3600
        self.assertTrue(self.python.set("t", "v", time=days_60))
        self.assertIsNone(self.python.get("t"))  # taken for a moment in 1970
        self.assertEqual(self.c.set_ttl(b"t", days_60, b"v"), "MC_OK")
        self.assertEqual(self.c.get(b"t")[0], "MC_OK")

    def test_counting_what_is_no_number(self):
        for value in ("abc", -5):
            self.python.set("w", value)
            self.assertRaises(ValueError, self.python.incr, "w")
            self.assertEqual(self.c.incr(b"w", 1)[0], "MC_CLIENT_ERROR")
            self.assertEqual(self.python.get("w"), value)

    def test_a_value_that_the_server_refuses(self):
        self.python.set("L", "old")
        self.assertFalse(self.python.set("L", "x" * LIMIT))  # "not stored"; that the old value is gone, nobody says
        self.assertIsNone(self.python.get("L"))
        self.assertEqual(self.c.set(b"L", TEXT, b"x" * LIMIT), "MC_TOO_LARGE")

    def test_a_value_that_is_large_only_when_inflated(self):
        large = "so much depends upon " * (LIMIT // 10)
        self.assertTrue(self.python.set("z", large, 0, 1000))
        self.assertEqual(self.python.get("z"), large)
        self.assertEqual(self.c.get(b"z")[0], "MC_BAD_VALUE")  # over its max_value_size, which can be raised

    def test_deleting_from_a_host_that_is_gone(self):
        self.python.set_multi({key: "old" for key in self.keys})
        self.c.set_multi(self.entries(b"old"))
        self.servers[1].stop()
        self.assertEqual(self.python.delete_multi(self.keys), 1)  # "no failure in communication"
        answers = self.c.delete_multi([key.encode() for key in self.keys])
        for key, answer in zip(self.keys, answers[1:]):
            self.assertIn(answer, ("MC_OK", "MC_NOT_FOUND", "MC_CONNECTION_LOST"), key)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: differences_test.py PATH/TO/interop_peer [test...]")
    PEER = sys.argv.pop(1)
    unittest.main(verbosity=2, warnings="ignore")  # python-memcached leaves its sockets to the collector
