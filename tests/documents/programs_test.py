"""Every program and every piece of a program in the documents: compiled as a reader would, run on bundled servers, and what
it prints compared with what the documents say.

    programs_test.py <compiler> <source folder> <build folder> [<flag of the compiler>...]
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

from reading import Report, Servers, code_blocks, read

compiler, source, build = sys.argv[1:4]
flags = sys.argv[4:]
report = Report()
servers = Servers(os.path.join(build, "tests", "server", "mcserver"))
warnings = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def run(what, program, more_flags=(), environment=None):
    """Compiles and runs. Returns what it printed, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        file = os.path.join(scratch, "program")
        with open(file + ".c", "w", encoding="utf-8") as out:
            out.write(servers.place(program))
        made = subprocess.run(
            [compiler] + warnings + list(more_flags) + flags + ["-I" + os.path.join(source, "include"), file + ".c", "-o", file,
             "-L" + build, "-lmcclient", "-Wl,-rpath," + build],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if made.returncode != 0:
            report.fail(what + " does not compile:\n" + made.stdout)
            servers.stop()
            return None
        done = subprocess.run([file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
                              env=dict(os.environ, **(environment or {})))
        servers.stop()
        report.expect(what + " ends well", done.returncode == 0 and not done.stderr, "%d %s" % (done.returncode, done.stderr))
        print("ran: " + what, flush=True)
        return done.stdout


def test_examples():
    """docs/examples, which the manual pages and the HTML show."""
    files = sorted(glob.glob(os.path.join(source, "docs", "examples", "*.c")))
    report.expect("programs were found", len(files) > 10)
    for file in files:
        expected = read(file[:-2] + ".out")
        printed = run("docs/examples/" + os.path.basename(file), read(file))
        report.expect(file + " prints what its .out says", printed is None or printed == expected, repr(printed))


def test_every_example_is_shown():
    shown = "".join(read(page) for page in glob.glob(os.path.join(source, "docs", "man", "*.in")))
    listed = read(source, "docs", "html", "examples.dox")
    for file in glob.glob(os.path.join(source, "docs", "examples", "*.c")):
        name = os.path.basename(file)
        report.expect(name + " is on a manual page", "@example " + name + "\n" in shown)
        report.expect(name + " is in the HTML", "@example " + name + "\n" in listed)


def test_readme():
    """Whole programs are those of docs/examples; pieces are put into a main function."""
    examples = [read(file) for file in glob.glob(os.path.join(source, "docs", "examples", "*.c"))]
    blocks = code_blocks(read(source, "README.md"), "c")
    report.expect("README.md has C", len(blocks) >= 2)
    for number, block in enumerate(blocks, 1):
        if re.search(r"\bint main\(", block):
            report.expect("program %d of README.md is one of docs/examples" % number, block in examples)
        else:
            program = "#include <mcclient/mcclient.h>\n#include <stdio.h>\n\nint main(void) {\n%s\nreturn 0;\n}\n" % block
            run("piece %d of README.md" % number, program, ["-Wno-unused-variable"], {"ASAN_OPTIONS": "detect_leaks=0"})


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
sys.exit(report.exit_status())
