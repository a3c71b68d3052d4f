#!/usr/bin/python3
"""Prints the ways of keys through hosts as python-memcached goes them, for python_routes.tsv.

    /usr/bin/python3 python_routes.py > python_routes.tsv

Needs Debian's package python3-memcache (python-memcached 1.59). The walk is that client's own: every host refuses to
connect, so that it tries ten. Its own hash is "python_1_59" and its older one "crc32"; "python" is the hash that the
client has had since 1.60, which no longer turns 0 into 1.
"""
import binascii
import random

import memcache


def python_hash(key):
    return (binascii.crc32(key) & 0xFFFFFFFF) >> 16 & 0x7FFF


HASHES = {"python_1_59": memcache.cmemcache_hash, "python": python_hash, "crc32": binascii.crc32}

WEIGHTS = [
    [1],
    [1, 1],
    [1, 2, 1],
    [0, 3, 0, 1],
    [7, 1, 13, 2, 5],
    [1] * 33,
    [i * 5 % 8 for i in range(33)],
    [1000, 1, 65536],
]

NUMBERS = [0, 1, 2, 3, 4, 32767, 65536, 2**31, 2**32 - 1, 2**32, 2**63 - 1, -1, -2, -3, -4, -5, -33, -(2**31), -(2**63)]


class Host:
    """Stands in for a host's connection: it never comes up, and tells that it was tried."""

    def __init__(self, index, tried):
        self.index = index
        self.tried = tried

    def connect(self):
        self.tried.append(self.index)
        return 0


def make_keys():
    rng = random.Random(1211)
    ascii_bytes = [chr(c) for c in range(0x21, 0x7F)]
    letters = "aeimnorstuäöüßéñçøåжшяюдкмногоκλμтシャキー缓存鍵😀"
    keys = ["ob", "k25", "0", "~", "k" * 250, "ü" * 125, "鍵" * 83 + "k"]
    keys += ["".join(rng.choice(ascii_bytes) for _ in range(rng.randrange(1, 40))) for _ in range(14)]
    keys += ["".join(rng.choice(letters) for _ in range(rng.randrange(1, 25))) for _ in range(6)]
    keys += ["user:%d:profile" % rng.randrange(10**9) for _ in range(6)]
    keys += ["".join(rng.choice(ascii_bytes) for _ in range(250)) for _ in range(2)]
    return keys


def route(weights, key):
    tried = []
    client = memcache.Client([("host%d:11211" % i, w) for i, w in enumerate(weights)])
    places = {server: i for i, server in enumerate(client.servers)}
    client.buckets = [Host(places[server], tried) for server in client.buckets]
    client._get_server(key)
    return ",".join(map(str, tried))


def main():
    print("# Made by python_routes.py. A number is given in place of the key's hash, as (number, key).")
    print("#hash\tweights\tkey or number\tthe key, or the number\tthe hosts of ten tries")
    for name, function in HASHES.items():
        memcache.serverHashFunction = function
        for weights in WEIGHTS:
            start = "%s\t%s" % (name, ",".join(map(str, weights)))
            for key in make_keys():
                print("%s\tkey\t%s\t%s" % (start, key, route(weights, key.encode())))
            for number in NUMBERS:
                print("%s\tnumber\t%d\t%s" % (start, number, route(weights, (number, b"key"))))


main()
