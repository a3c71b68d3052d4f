"""The README's first program, built from an installed library with the very lines that the README gives.

    readme_test.py <compiler> <source folder> <build folder>
"""
import glob
import os
import subprocess
import sys
import tempfile

from reading import Report, Servers, code_blocks, read

compiler, source, build = sys.argv[1:4]
report = Report()
servers = Servers(os.path.join(build, "tests", "server", "mcserver"))
readme = read(source, "README.md")


def run(what, command, folder, environment):
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=120)
    if done.returncode != 0:
        sys.exit("FAILED: %s:\n%s" % (what, done.stdout[-4000:]))
    return done.stdout


def only_block(language, word):
    blocks = [block for block in code_blocks(readme, language) if word in block]
    report.expect("one block of README.md has " + word, len(blocks) == 1, str(len(blocks)))
    return blocks[0]


with tempfile.TemporaryDirectory() as scratch:
    prefix = os.path.join(scratch, "prefix")
    environment = dict(os.environ, CC=compiler)
    for component in "runtime", "development":
        run("install", ["cmake", "--install", build, "--prefix", prefix, "--component", component], scratch, environment)
        os.remove(os.path.join(build, "install_manifest_%s.txt" % component))
    library = os.path.dirname(glob.glob(prefix + "/**/libmcclient.so", recursive=True)[0])
    environment.update(PKG_CONFIG_PATH=library + "/pkgconfig", LD_LIBRARY_PATH=library, CMAKE_PREFIX_PATH=prefix)

    program = only_block("c", "int main(")
    expected = read(source, "docs", "examples", "first.out")
    with open(scratch + "/program.c", "w", encoding="utf-8") as file:
        file.write(servers.place(program))

    line = only_block("sh", "$(pkg-config")
    run("the line for pkg-config", ["sh", "-ec", line], scratch, environment)
    report.expect("what it makes runs", run("run", ["./a.out"], scratch, environment) == expected)
    os.remove(scratch + "/a.out")

    with open(scratch + "/CMakeLists.txt", "w", encoding="utf-8") as file:
        file.write("cmake_minimum_required(VERSION 3.20)\nproject(reader LANGUAGES C)\nadd_executable(program program.c)\n")
        file.write(only_block("cmake", "find_package"))
    run("the lines for CMake: configure", ["cmake", "-S", ".", "-B", "made"], scratch, environment)
    run("the lines for CMake: build", ["cmake", "--build", "made"], scratch, environment)
    report.expect("what they make runs", run("run", ["made/program"], scratch, environment) == expected)

    pages = dict(environment, MANPATH=prefix + "/share/man", MANPAGER="cat", PAGER="cat")
    for name in "mc_get", "mc_gets", "MC_NOT_FOUND", "libmcclient":
        report.expect("man " + name, name in run("man " + name, ["man", name], scratch, pages))
sys.exit(report.exit_status())
