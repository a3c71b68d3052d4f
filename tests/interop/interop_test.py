#!/usr/bin/python3
"""One cluster, three clients: what python-memcached, pylibmc and this library store, each reads from the others.

    /usr/bin/python3 interop_test.py PATH/TO/interop_peer

Needs Debian's packages memcached, python3-memcache and python3-pylibmc; without them it exits with 77, which ctest takes
as skipped.
"""
import binascii
import sys
import unittest

try:
    import memcache
    import pylibmc
except ImportError as error:
    print("skipped: %s" % error)
    sys.exit(77)

from harness import *

COUNT = 200  # keys of each type
WEIGHTS = (1, 2, 1)

PYTHON_HASHES = {
    HASH_PYTHON_1_59: memcache.cmemcache_hash,
    HASH_PYTHON: lambda key: (binascii.crc32(key) & 0xFFFFFFFF) >> 16 & 0x7FFF,  # as since 1.60
    HASH_CRC32: binascii.crc32,
}


class Case(unittest.TestCase):
    def setUp(self):
        self.c = Peer(PEER)
        self.servers = []
        self.start_servers()

    def tearDown(self):
        self.stop_servers()
        memcache.serverHashFunction = memcache.cmemcache_hash
        self.c.close()

    def start_servers(self):
        self.servers = [Memcached() for _ in range(3)]
        self.hosts = [server.address for server in self.servers]
        self.down = None

    def stop_servers(self):
        for server in self.servers:
            server.stop()

    def stop_server(self, index):
        self.servers[index].stop()
        self.down = index

    def python_client(self, weights=WEIGHTS, hash=HASH_PYTHON_1_59):
        memcache.serverHashFunction = PYTHON_HASHES[hash]
        return memcache.Client(list(zip(self.hosts, weights)), dead_retry=600)

    def pylibmc_client(self, weights, **behaviors):
        hosts = ["%s:%d" % pair for pair in zip(self.hosts, weights)]
        return pylibmc.Client(hosts, behaviors=behaviors)

    def has_a_host(self, key):
        """Whether one of the ten tries of a key comes by a host that is not down."""
        return self.down is None or set(self.c.route(key.encode())) != {self.down}

    def values(self, name, types=TYPES):
        """(key as text, value) of every type, of the keys that have a host."""
        for kind, make in types.items():
            for i, key in enumerate(make_keys(COUNT, "%s-%s" % (name, kind))):
                if self.has_a_host(key):
                    yield key, make(i)

    def store_from_c(self, name, multi=False):
        entries = [(key.encode(), *encode(value)) for key, value in self.values(name)]
        if multi:
            self.assertEqual(set(self.c.set_multi(entries)), {"MC_OK"})
        else:
            self.assertEqual({self.c.set(*entry) for entry in entries}, {"MC_OK"})

    def check_in_c(self, name):
        keys = [key.encode() for key, value in self.values(name)]
        status, items = self.c.get_multi(keys)
        self.assertEqual(status, "MC_OK")
        for (key, value), item in zip(self.values(name), items):
            self.assertEqual(self.c.get(key.encode()), item)
            self.assertEqual(item[0], "MC_OK", key)
            self.assertEqual(decode(*item[1:]), value, key)

    def store(self, client, name):
        for key, value in self.values(name):
            self.assertTrue(client.set(key, value, 0, COMPRESS_ABOVE), key)

    def check(self, client, name):
        values = dict(self.values(name))
        for key, value in values.items():
            self.assertEqual(client.get(key), value, key)
        self.assertEqual(client.get_multi(list(values)), values)

    def check_both_ways(self, client):
        self.store_from_c("from-c")
        self.check(client, "from-c")
        self.store_from_c("from-c-multi", multi=True)
        self.check(client, "from-c-multi")
        self.store(client, "from-python")
        self.check_in_c("from-python")


class PythonMemcached(Case):
    def test_each_reads_what_the_other_stored(self):
        self.c.client(self.hosts, WEIGHTS, HOST_LIST, HASH_PYTHON_1_59)
        self.check_both_ways(self.python_client())

    def test_other_weights_and_hashes(self):
        for weights in ((1, 1, 1), (0, 3, 1), (7, 1, 13)):
            for hash in PYTHON_HASHES:
                with self.subTest(weights=weights, hash=hash):
                    python = self.python_client(weights, hash)
                    self.c.client(self.hosts, weights, HOST_LIST, hash)
                    for key in make_keys(COUNT, "place") + ["ob", "k25"]:
                        host = self.c.route(key.encode())[0]
                        self.assertIs(python._get_server(key.encode())[0], python.servers[host], key)

    def test_a_host_that_is_down(self):
        for down in range(3):
            with self.subTest(down=down):
                self.stop_servers()
                self.start_servers()
                self.stop_server(down)
                self.c.client(self.hosts, WEIGHTS, HOST_LIST, HASH_PYTHON_1_59)
                self.check_both_ways(self.python_client())

    def test_a_host_that_goes_down_between(self):
        self.c.client(self.hosts, WEIGHTS, HOST_LIST, HASH_PYTHON_1_59)
        python = self.python_client()
        self.check_both_ways(python)
        self.stop_server(1)
        for key in make_keys(COUNT, "notice"):
            python.get(key)  # its first failure marks the host dead, and loses that call
        self.store_from_c("later-c")
        self.check(python, "later-c")
        self.store(python, "later-python")
        self.check_in_c("later-python")

    def test_keys_that_have_no_host_left(self):
        self.stop_server(1)
        self.c.client(self.hosts, WEIGHTS, HOST_LIST, HASH_PYTHON_1_59)
        python = self.python_client()
        lost = [key for key in ("lost:%d" % i for i in range(10000)) if not self.has_a_host(key)]
        self.assertGreater(len(lost), 3)
        for key in lost:
            self.assertFalse(python.set(key, "value"))
            self.assertIn(self.c.set(key.encode(), 0, b"value"), ("MC_NO_SERVER", "MC_UNREACHABLE"))
            self.assertEqual(self.c.get(key.encode())[0], "MC_NO_SERVER")

    def test_explicit_routes(self):
        self.c.client(self.hosts, WEIGHTS, HOST_LIST, HASH_PYTHON_1_59)
        python = self.python_client()
        for number in (0, 1, 2, 3, 4, 32767, 2**40 + 1, 2**63 - 1, -1, -2, -3, -4, -5, -(2**63)):
            with self.subTest(number=number):
                self.c.view(route=number)
                for i in range(10):
                    self.assertTrue(python.set((number, "p%d" % i), "python %d" % i))
                    self.assertEqual(self.c.get(b"p%d" % i), ("MC_OK", TEXT, b"python %d" % i))
                    self.assertEqual(self.c.set(b"c%d" % i, TEXT, b"c %d" % i), "MC_OK")
                    self.assertEqual(python.get((number, "c%d" % i)), "c %d" % i)
                # python-memcached 1.59's set_multi takes no such keys, though it says so; its other multi commands do
                keys = ["m%d" % i for i in range(10)]
                self.c.set_multi([(key.encode(), INTEGER, b"%d" % number) for key in keys])
                self.assertEqual(python.get_multi([(number, key) for key in keys]), {key: number for key in keys})
                self.assertTrue(python.delete_multi([(number, key) for key in keys]))
                status, items = self.c.get_multi([key.encode() for key in keys])
                self.assertEqual({item[0] for item in items}, {"MC_NOT_FOUND"})

    def test_a_prefix_is_hashed_with_the_key(self):
        self.c.client(self.hosts, WEIGHTS, HOST_LIST, HASH_PYTHON_1_59)
        python = self.python_client()
        keys = ["%d" % i for i in range(COUNT)]
        self.c.view(prefix=b"space:")
        self.assertEqual(python.set_multi({key: "of " + key for key in keys}, key_prefix="space:"), [])
        status, items = self.c.get_multi([key.encode() for key in keys])
        self.assertEqual([item[2].decode() for item in items], ["of " + key for key in keys])
        for key in keys:
            self.assertEqual(self.c.set(key.encode(), TEXT, b"c"), "MC_OK")
        self.assertEqual(python.get_multi(keys, key_prefix="space:"), {key: "c" for key in keys})
        self.assertEqual(python.get("space:7"), "c")

    def test_both_count(self):
        self.c.client(self.hosts, WEIGHTS, HOST_LIST, HASH_PYTHON_1_59)
        python = self.python_client()
        for key in make_keys(40, "count"):
            python.set(key, 41)
            self.assertEqual(self.c.incr(key.encode(), 1), ("MC_OK", 42))
            self.assertEqual(python.incr(key, 10), 52)
            self.assertEqual(python.get(key), 52)
            self.assertEqual(self.c.get(key.encode()), ("MC_OK", INTEGER, b"52"))


class Pylibmc(Case):
    RULES = {
        "modulo": (MODULO, HASH_ONE_AT_A_TIME, {}),
        "modulo, md5": (MODULO, HASH_MD5, {"hash": "md5"}),
        "modulo, crc": (MODULO, HASH_PYTHON, {"hash": "crc"}),
        "ketama": (KETAMA, HASH_ONE_AT_A_TIME, {"ketama": True}),
        "ketama, md5": (KETAMA, HASH_MD5, {"ketama": True, "hash": "md5"}),
        "consistent, md5": (KETAMA, HASH_MD5, {"distribution": "consistent", "hash": "md5"}),
        "weighted ketama": (KETAMA_WEIGHTED, HASH_MD5, {"ketama_weighted": True}),
    }

    def test_places(self):
        for weights in ((1, 1, 1), WEIGHTS, (5, 1, 9)):
            for name, (distribution, hash, behaviors) in self.RULES.items():
                with self.subTest(rule=name, weights=weights):
                    other = self.pylibmc_client(weights, **behaviors)
                    self.c.client(self.hosts, weights, distribution, hash)
                    for key in make_keys(COUNT, "place"):
                        self.assertEqual(self.c.route(key.encode())[0], other.hash(key), key)

    def test_each_reads_what_the_other_stored(self):
        for name in ("modulo", "ketama", "weighted ketama"):
            distribution, hash, behaviors = self.RULES[name]
            with self.subTest(rule=name):
                self.c.client(self.hosts, WEIGHTS, distribution, hash)
                self.check_both_ways(self.pylibmc_client(WEIGHTS, **behaviors))


# Values of more than COMPRESS_ABOVE bytes; what is in them pays to deflate.
LARGE_TYPES = {
    "large-bytes": lambda i: b"%d \0 bytes " % i * 60,
    "large-int": lambda i: (-1) ** i * (10 ** 600 + i),
    "large-pickle": lambda i: {"list": [i] * 400},
}

KINDS = {bytes: KIND_BYTES, str: KIND_TEXT, int: KIND_INTEGER, dict: KIND_PICKLE}


class TypedValues(Case):
    """The library speaks the flags and zlib itself, as mc_options_like sets it up."""

    def others(self):
        yield "python-memcached", LIKE_PYTHON_MEMCACHED_1_59, self.python_client()
        yield "python-memcached 1.60", LIKE_PYTHON_MEMCACHED, self.python_client(hash=HASH_PYTHON)
        yield "pylibmc", LIKE_PYLIBMC_KETAMA, self.pylibmc_client(WEIGHTS, ketama=True)

    def all_values(self, name):
        return dict([*self.values(name), *self.values(name, LARGE_TYPES)])

    def store_in_c(self, values, multi):
        entries = [(key.encode(), *encode(value, deflates=False)) for key, value in values.items()]
        answers = self.c.set_multi(entries) if multi else [self.c.set(*entry) for entry in entries]
        self.assertEqual(set(answers), {"MC_OK"})

    def check_kinds(self, values):
        keys = [key.encode() for key in values]
        for (key, value), (kind, number) in zip(values.items(), self.c.kinds(keys)):
            fits = isinstance(value, int) and -(2**63) <= value < 2**63
            self.assertEqual((kind, number), (KINDS[type(value)], value if fits else None), key)
        status, items = self.c.get_multi(keys)
        for (key, value), item in zip(values.items(), items):
            self.assertEqual((item[0], item[1] & ZLIB), ("MC_OK", 0), key)
            self.assertEqual(self.c.get(key.encode()), item)
            self.assertEqual(decode(*item[1:]), value, key)

    def test_each_type_both_ways(self):
        for name, like, other in self.others():
            with self.subTest(other=name):
                self.c.like(self.hosts, WEIGHTS, like, COMPRESS_ABOVE)
                for way in ("one by one", "all at once"):
                    values = self.all_values("c-%s" % way[:3])
                    self.store_in_c(values, multi=way == "all at once")
                    for key, value in values.items():
                        self.assertEqual(other.get(key), value, key)
                    self.assertEqual(other.get_multi(list(values)), values)
                values = self.all_values("python")
                for key, value in values.items():
                    self.assertTrue(other.set(key, value, 0, COMPRESS_ABOVE), key)
                self.check_kinds(values)

    def test_both_deflate_alike(self):
        for name, like, other in self.others():
            with self.subTest(other=name):
                values = dict(self.values("zip", {**LARGE_TYPES, "zlib": TYPES["zlib"]}))
                values = {key: value for key, value in values.items() if not isinstance(value, (int, dict))}
                self.c.like(self.hosts, WEIGHTS, like, COMPRESS_ABOVE)
                self.store_in_c(values, multi=True)
                self.c.client(self.hosts, WEIGHTS, *RAW_RULES[like])
                ours = self.c.get_multi([key.encode() for key in values])
                for key, value in values.items():
                    self.assertTrue(other.set(key, value, 0, COMPRESS_ABOVE), key)
                self.assertEqual(self.c.get_multi([key.encode() for key in values]), ours)
                self.assertEqual({flags & ZLIB for status, flags, data in ours[1]}, {ZLIB})

    def test_numbers_and_text(self):
        for name, like, other in self.others():
            with self.subTest(other=name):
                self.c.like(self.hosts, WEIGHTS, like)
                for i, number in enumerate((0, -1, 42, 2**63 - 1, -(2**63))):
                    self.assertEqual(self.c.set_int(b"number%d" % i, number), "MC_OK")
                    self.assertEqual(other.get("number%d" % i), number)
                self.assertEqual(self.c.set_text(b"text", "Grüße"), "MC_OK")
                self.assertEqual(other.get("text"), "Grüße")
                other.set("down", 1000)
                other.decr("down", 1)
                self.assertEqual(self.c.get(b"down")[2], b"999 ")
                self.assertEqual(self.c.kinds([b"down"]), [(KIND_INTEGER, 999)])
                self.assertEqual(other.get("down"), 999)

    def test_an_append_to_a_deflated_value_is_not_lost_in_silence(self):
        """The other clients read the stream to its end, and nothing of what stands behind it."""
        text = "so much depends upon " * 100
        for name, like, other in self.others():
            with self.subTest(other=name):
                self.c.like(self.hosts, WEIGHTS, like, COMPRESS_ABOVE)
                self.assertTrue(other.set("harmed", text, 0, COMPRESS_ABOVE))
                self.assertTrue(other.append("harmed", "x"))
                self.assertEqual(other.get("harmed"), text)
                self.assertEqual(self.c.get(b"harmed")[0], "MC_BAD_VALUE")
                status, items = self.c.get_multi([b"harmed", b"absent"])
                self.assertEqual([status, items[0][0], items[1][0]], ["MC_PARTIAL", "MC_BAD_VALUE", "MC_NOT_FOUND"])

    def test_presets_without_types_place_alike(self):
        for like, behaviors in ((LIKE_LIBMEMCACHED, {}), (LIKE_PHP_MEMCACHED_KETAMA, {"ketama_weighted": True})):
            with self.subTest(like=like):
                other = self.pylibmc_client(WEIGHTS, **behaviors)
                self.c.like(self.hosts, WEIGHTS, like)
                for key in make_keys(COUNT, "place"):
                    self.assertEqual(self.c.route(key.encode()), [other.hash(key)], key)


RAW_RULES = {
    LIKE_PYTHON_MEMCACHED: (HOST_LIST, HASH_PYTHON),
    LIKE_PYTHON_MEMCACHED_1_59: (HOST_LIST, HASH_PYTHON_1_59),
    LIKE_PYLIBMC_KETAMA: (KETAMA, HASH_ONE_AT_A_TIME),
}


class AllThree(Case):
    def test_one_cluster(self):
        """pylibmc goes python-memcached's way when it hashes by CRC and is given each host as often as its weight says."""
        self.c.client(self.hosts, WEIGHTS, HOST_LIST, HASH_PYTHON)
        python = self.python_client(hash=HASH_PYTHON)
        listed = [host for host, weight in zip(self.hosts, WEIGHTS) for _ in range(weight)]
        other = pylibmc.Client(listed, behaviors={"hash": "crc"})
        self.store_from_c("c")
        self.store(python, "python")
        self.store(other, "pylibmc")
        for name in ("c", "python", "pylibmc"):
            self.check_in_c(name)
            self.check(python, name)
            self.check(other, name)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: interop_test.py PATH/TO/interop_peer [test...]")
    PEER = sys.argv.pop(1)
    unittest.main(verbosity=2, warnings="ignore")  # python-memcached leaves its sockets to the collector
