#!/usr/bin/python3
"""php-memcached and this library on one cluster: places, strings and integers, as the README tells.

    /usr/bin/python3 php_test.py PATH/TO/interop_peer php

Needs memcached and PHP with its extension memcached (Debian: php-cli, php-memcached); without them it exits with 77, which
ctest takes as skipped.
"""
import subprocess
import sys
import unittest

from harness import *

WEIGHTS = (1, 2, 1)
COUNT = 200

# The flags of php_memcached.c for what has a form of its own there.
PHP_STRING, PHP_INT, PHP_COMPRESSED = 0, 1, 16


class Php(unittest.TestCase):
    def setUp(self):
        self.servers = [Memcached() for _ in range(3)]
        self.hosts = [server.address for server in self.servers]
        self.c = Peer(PEER)
        self.c.like(self.hosts, WEIGHTS, LIKE_PHP_MEMCACHED_KETAMA)
        self.keys = [key for key in make_keys(COUNT, "php") if key.isascii()]  # PHP refuses others

    def tearDown(self):
        for server in self.servers:
            server.stop()
        self.c.close()

    def php(self, lines):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "php_peer.php")
        hosts = ["%s=%d" % pair for pair in zip(self.hosts, WEIGHTS)]
        answer = subprocess.run([*PHP, script, *hosts], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True,
                                check=True)
        return answer.stdout.splitlines()

    def test_places(self):
        places = self.php(["place %s" % to_hex(key.encode()) for key in self.keys])
        self.assertEqual([self.hosts[self.c.route(key.encode())[0]] for key in self.keys], places)

    def test_strings(self):
        values = {key: ("Zeile %d: ключ\r\n\0" % i * (i % 300)).encode() for i, key in enumerate(self.keys)}
        stored = self.php(["plain %s %s" % (to_hex(key.encode()), to_hex(value)) for key, value in values.items()])
        self.assertEqual(set(stored), {"0"})
        status, items = self.c.get_multi([key.encode() for key in self.keys])
        self.assertEqual(items, [("MC_OK", PHP_STRING, value) for value in values.values()])
        for key, value in values.items():
            self.assertEqual(self.c.set(key.encode(), PHP_STRING, value + b"!"), "MC_OK")
        read = self.php(["get %s" % to_hex(key.encode()) for key in self.keys])
        self.assertEqual(read, ["0 string %s" % to_hex(value + b"!") for value in values.values()])

    def test_integers(self):
        numbers = {key: (i - 100) * 10 ** (i % 15) for i, key in enumerate(self.keys)}
        self.php(["int %s %d" % (to_hex(key.encode()), number) for key, number in numbers.items()])
        for key, number in numbers.items():
            self.assertEqual(self.c.get(key.encode()), ("MC_OK", PHP_INT, b"%d" % number))
            self.assertEqual(self.c.set(key.encode(), PHP_INT, b"%d" % (number + 1)), "MC_OK")
        read = self.php(["get %s" % to_hex(key.encode()) for key in self.keys])
        self.assertEqual(read, ["0 integer %s" % to_hex(b"%d" % (number + 1)) for number in numbers.values()])

    def test_both_count(self):
        self.php(["int %s 41" % to_hex(b"n")])
        self.assertEqual(self.c.incr(b"n", 10), ("MC_OK", 51))
        self.assertEqual(self.php(["count %s" % to_hex(b"n")]), ["52"])
        self.assertEqual(self.c.get(b"n"), ("MC_OK", PHP_INT, b"52"))

    def test_what_is_not_shared(self):
        """Python's flags mean something else to PHP, PHP's compression nothing to others, and PHP takes ASCII keys only."""
        bad_key = "33"  # Memcached::RES_BAD_KEY_PROVIDED
        self.assertEqual(self.php(["plain %s -" % to_hex("ключ".encode())]), [bad_key])
        self.assertEqual(self.c.set_int(b"i", 42), "MC_OK")
        self.assertEqual(self.c.set_text(b"t", "text"), "MC_OK")
        self.assertEqual(self.php(["get %s" % to_hex(b"i")]), ["0 double %s" % to_hex(b"42")])
        self.assertNotEqual(self.php(["get %s" % to_hex(b"t")])[0][0:2], "0 ")
        self.php(["string %s %s" % (to_hex(b"z"), to_hex(b"so much depends upon " * 500))])
        status, flags, data = self.c.get(b"z")
        self.assertEqual((status, flags & PHP_COMPRESSED), ("MC_OK", PHP_COMPRESSED))

    def test_a_prefix_is_not_hashed_with_the_key(self):
        self.php(["prefix %s" % to_hex(b"pre:"), *("plain %s -" % to_hex(key.encode()) for key in self.keys[:50])])
        by_prefix_and_key = [self.c.get(b"pre:" + key.encode())[0] for key in self.keys[:50]]
        self.assertEqual(set(by_prefix_and_key), {"MC_OK", "MC_NOT_FOUND"})


def has_extension():
    try:
        return subprocess.run([*PHP, "-r", "exit(extension_loaded('memcached') ? 0 : 1);"]).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: php_test.py PATH/TO/interop_peer php [test...]")
    PEER, PHP = sys.argv.pop(1), sys.argv.pop(1).split()
    if not has_extension():
        print("skipped: PHP or its extension memcached is not there")
        sys.exit(77)
    unittest.main(verbosity=2)
