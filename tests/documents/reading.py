"""What the tests of the documents share: the header's names, Markdown files, servers for the examples."""
import atexit
import getpass
import os
import re
import subprocess


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class Report:
    """Counts what went wrong, and says it."""

    def __init__(self):
        self.failures = 0

    def fail(self, text):
        print("FAILED: " + text, flush=True)
        self.failures += 1

    def expect(self, what, condition, detail=""):
        if not condition:
            self.fail(what + (": " + detail if detail else ""))

    def exit_status(self):
        print("%d failed" % self.failures)
        return 1 if self.failures else 0


class Header:
    """The public header as the compiler sees it."""

    def __init__(self, compiler, source):
        header = os.path.join(source, "include", "mcclient", "mcclient.h")
        macros = subprocess.check_output([compiler, "-E", "-dM", header], text=True)
        text = subprocess.check_output([compiler, "-E", "-P", header], text=True)
        text = re.sub(r"__attribute__\(\(.*?\)\)\)?", "", text)
        text = re.sub(r"\s+", " ", text)
        self.text = text
        self.macros = [name for name in re.findall(r"^#define (MC\w+)", macros, re.M) if not name.endswith("_H")]
        self.enums = {name: re.findall(r"(MC_\w+)(?: = (\d+))?", body)
                      for body, name in re.findall(r"typedef enum mc_\w+ \{([^}]*)\} (mc_\w+);", text)}
        self.types = re.findall(r"\} (mc_\w+);", text) + re.findall(r"typedef struct (\w+) \1;", text)
        self.types += re.findall(r"typedef \w+ (mc_\w+)\(", text)
        # Without bodies, no call looks like a declaration.
        declarations = re.sub(r"\{[^{}]*\}", ";", re.sub(r"\{[^{}]*\}", ";", text))
        self.functions = {name: parameters.strip() for name, parameters in
                          re.findall(r"[ *](mc_\w+)\(([^()]*)\) ?;", declarations)}

    def members(self, struct):
        body = re.search(r"typedef struct %s \{([^}]*)\}" % struct, self.text).group(1)
        return re.findall(r"(\w+) ?;", body)

    def names(self):
        constants = [name for members in self.enums.values() for name, _ in members]
        return sorted(set(self.macros + self.types + constants + list(self.functions)))


def code_blocks(markdown, language):
    """The contents of the fenced blocks of a language."""
    return re.findall(r"^```%s\n(.*?)^```$" % language, markdown, re.M | re.S)


class Servers:
    """Empty bundled servers, one for each address that a program names."""

    def __init__(self, mcserver):
        self.mcserver = mcserver
        self.running = {}
        atexit.register(self.stop)

    def address(self, name):
        if name not in self.running:
            user = ["-u", "nobody"] if getpass.getuser() == "root" else []
            server = subprocess.Popen([self.mcserver, "-p", "0"] + user, stdout=subprocess.PIPE, text=True)
            self.running[name] = server, int(server.stdout.readline())
        return "127.0.0.1:%d" % self.running[name][1]

    def place(self, program):
        """The program with addresses of servers that run instead of those that it names."""
        return re.sub(r"\b\d+\.\d+\.\d+\.\d+:\d{4,5}\b", lambda match: self.address(match.group()), program)

    def stop(self):
        for server, _ in self.running.values():
            server.kill()
            server.wait()
            server.stdout.close()
        self.running = {}
