"""What the tests beside other clients stand on: memcached processes, the C library behind a pipe, values of each type."""
import binascii
import ctypes
import getpass
import os
import pickle
import signal
import subprocess
import tempfile
import time
import zlib

# The numbers of the public header's enums.
HOST_LIST, KETAMA, KETAMA_WEIGHTED, MODULO = range(4)
HASH_PYTHON, HASH_PYTHON_1_59, HASH_CRC32, HASH_MD5, HASH_ONE_AT_A_TIME = range(5)
FORMAT_RAW, FORMAT_PYTHON = range(2)
LIKE_PYTHON_MEMCACHED, LIKE_PYTHON_MEMCACHED_1_59, LIKE_PYLIBMC_KETAMA, LIKE_PHP_MEMCACHED_KETAMA, LIKE_LIBMEMCACHED = range(5)
KIND_BYTES, KIND_TEXT, KIND_INTEGER, KIND_PICKLE, KIND_UNKNOWN = range(5)

# The flag bits of python-memcached and pylibmc.
PICKLE, INTEGER, LONG, ZLIB, TEXT = 1, 2, 4, 8, 16


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Memcached:
    """Debian's memcached on a free port of 127.0.0.1."""

    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "port")
            command = [os.environ.get("MEMCACHED", "memcached"), "-u", getpass.getuser(), "-l", "127.0.0.1", "-p", "-1"]
            self.process = subprocess.Popen(
                command + ["-U", "0"], env={"MEMCACHED_PORT_FILENAME": file, "PATH": os.environ["PATH"]},
                preexec_fn=die_with_parent)
            self.port = self.wait_for_port(file)
        self.address = "127.0.0.1:%d" % self.port

    def wait_for_port(self, file):
        # The file is renamed into place when the server listens.
        while not os.path.exists(file):
            if self.process.poll() is not None:
                raise RuntimeError("memcached did not start")
            time.sleep(0.005)
        with open(file) as lines:
            return int(lines.readline().split()[-1])

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.kill()
        self.process.wait()


def to_hex(data):
    return binascii.hexlify(data).decode() or "-"


def from_hex(word):
    return b"" if word == "-" else binascii.unhexlify(word)


class Peer:
    """The C library, through the program interop_peer. Keys and values are bytes; a status is its name."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent)

    def close(self):
        self.process.stdin.close()
        code = self.process.wait()
        self.process.stdout.close()
        if code != 0:
            raise RuntimeError("interop_peer ended with %d" % code)

    def ask(self, *words):
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise RuntimeError("interop_peer ended in %s" % words[0])
        return line.decode().split()

    def expect_ok(self, *words):
        answer = self.ask(*words)
        if answer != ["MC_OK"]:
            raise RuntimeError("%s: %s" % (words[0], " ".join(answer)))

    def client(self, hosts, weights, distribution, hash, format=FORMAT_RAW, compress_above=0):
        hosts = ["%s=%d" % pair for pair in zip(hosts, weights)]
        self.expect_ok("client", distribution, hash, format, compress_above, *hosts)

    def like(self, hosts, weights, like, compress_above=0):
        hosts = ["%s=%d" % pair for pair in zip(hosts, weights)]
        self.expect_ok("like", like, compress_above, *hosts)

    def view(self, prefix=b"", route=None):
        self.expect_ok("view", to_hex(prefix), *([] if route is None else [route]))

    def route(self, key):
        return [int(host) for host in self.ask("route", to_hex(key))]

    def set(self, key, flags, value):
        return self.ask("set", to_hex(key), flags, to_hex(value))[0]

    def get(self, key):
        status, flags, value = self.ask("get", to_hex(key))
        return status, int(flags), from_hex(value)

    def set_ttl(self, key, ttl_s, value):
        return self.ask("set_ttl", to_hex(key), ttl_s, to_hex(value))[0]

    def gets(self, key):
        status, token = self.ask("gets", to_hex(key))
        return status, int(token)

    def cas(self, key, token, value):
        return self.ask("cas", to_hex(key), token, to_hex(value))[0]

    def set_int(self, key, number):
        return self.ask("set_int", to_hex(key), number)[0]

    def set_text(self, key, text):
        return self.ask("set_text", to_hex(key), to_hex(text.encode()))[0]

    def append(self, key, data):
        return self.ask("append", to_hex(key), to_hex(data))[0]

    def kinds(self, keys):
        """For each key its kind, and its number or None, read one by one and all at once."""
        words = self.ask("kinds", *map(to_hex, keys))
        return [(int(kind), None if number == "-" else int(number)) for kind, number in zip(words[::2], words[1::2])]

    def incr(self, key, delta):
        status, number = self.ask("incr", to_hex(key), delta)
        return status, int(number)

    def set_multi(self, entries):
        words = [word for key, flags, value in entries for word in (to_hex(key), flags, to_hex(value))]
        return self.ask("set_multi", *words)

    def get_multi(self, keys):
        words = self.ask("get_multi", *map(to_hex, keys))
        items = zip(words[1::3], words[2::3], words[3::3])
        return words[0], [(status, int(flags), from_hex(value)) for status, flags, value in items]

    def delete_multi(self, keys):
        return self.ask("delete_multi", *map(to_hex, keys))


# For each type, a value for number i.
TYPES = {
    "bytes": lambda i: bytes((i + j) % 256 for j in range(i % 40)) + b"\r\nEND\r\n\0",
    "text": lambda i: "Überschrift %d: キャッシュ 😀" % i,
    "int": lambda i: (i - 100) * 7919 * 10 ** (i % 12),
    "long": lambda i: (-1) ** i * (2**70 + i),
    "pickle": lambda i: {"number": i, "list": [i, None, 0.5], "text": "ß" * (i % 5)},
    "zlib": lambda i: "Zeile %d, die sich wiederholt. " % i * 40,
}

COMPRESS_ABOVE = 500  # only the values of type zlib are longer


def encode(value, deflates=True):
    """Flags and bytes as a C program would store them; a library that deflates is given the plain bytes."""
    if isinstance(value, bytes):
        return 0, value
    if isinstance(value, int):
        return (INTEGER if -(2**63) <= value < 2**63 else LONG), b"%d" % value
    if not isinstance(value, str):
        return PICKLE, pickle.dumps(value, protocol=2)
    data = value.encode()
    return (TEXT | ZLIB, zlib.compress(data)) if deflates and len(data) > COMPRESS_ABOVE else (TEXT, data)


def decode(flags, data):
    """The value that flags and bytes mean."""
    if flags & ZLIB:
        data = zlib.decompress(data)
        flags &= ~ZLIB
    if flags in (INTEGER, LONG):
        return int(data)
    if flags == PICKLE:
        return pickle.loads(data)
    if flags == TEXT:
        return data.decode()
    if flags != 0:
        raise ValueError("flags %d" % flags)
    return data


def make_keys(count, name):
    """Keys of every shape: short, long, of 250 bytes, in UTF-8. name makes them unlike those of other tests."""
    keys = ["%s:%d" % (name, i) for i in range(count - count // 4)]
    keys += ["%s:ключ:%d:鍵" % (name, i) for i in range(count // 4 - 2)]
    keys += ["%s:%s" % (name, "x" * (249 - len(name))), "%s:%s" % (name, "~" * (249 - len(name)))]
    return keys
