"""The manual pages: whether all that is declared has one, and whether what they say is right and can be shown.

    manual_test.py <compiler> <source folder> <folder of the pages> <mcserver>
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

from reading import Header, Report, read

compiler, source, pages, mcserver = sys.argv[1:5]
report = Report()
header = Header(compiler, source)


def page_files():
    """Those that are no links."""
    files = sorted(glob.glob(pages + "/man*/*")) + sorted(glob.glob(os.path.join(source, "docs", "man", "*.1")))
    return [file for file in files if not read(file).startswith(".so ")]


def target(name):
    """The file that `man name` shows, or None."""
    for file in glob.glob("%s/man[37]/%s.[37]" % (pages, name)):
        text = read(file)
        if not text.startswith(".so "):
            return file
        linked = os.path.join(pages, text[4:].strip())
        return linked if os.path.exists(linked) else None
    return None


def shown(file):
    """What a reader sees, as one line."""
    text = subprocess.check_output(["mandoc", "-T", "ascii", file], text=True)
    return re.sub(r"\s+", " ", re.sub(r".\x08", "", text))


def test_tools():
    for tool in "mandoc", "groff":
        report.expect(tool + " is installed", shutil.which(tool) is not None)
    if report.failures:
        sys.exit(report.exit_status())


def test_every_name_has_a_page():
    names = header.names()
    report.expect("names were found in the header", len(names) > 100, str(len(names)))
    for name in names:
        file = target(name)
        if file is None:
            report.fail("man " + name + " finds nothing")
        elif name not in shown(file):
            report.fail("%s does not tell of %s" % (file, name))
    for name in names:
        for other in names:
            if name.lower() == other.lower():
                report.expect("%s and %s have one page, for file systems without case" % (name, other),
                              target(name) == target(other))


def test_declarations():
    for name, parameters in header.functions.items():
        file = target(name)
        if file is None:
            continue
        text = shown(file)
        declared = "%s(%s);" % (name, parameters)
        if declared.replace("( ", "(") not in text.replace("( ", "("):
            report.fail("%s has not the declaration %s" % (file, declared))


def test_numbers_of_statuses():
    text = shown(target("mc_status"))
    statuses = header.enums["mc_status"]
    report.expect("statuses", len(statuses) > 15)
    for name, number in statuses:
        report.expect("mc_status(3) tells the number of " + name, "%s (%s)" % (name, number) in text)


def test_lint():
    files = page_files()
    report.expect("pages were found", len(files) > 10)
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"] + files, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    report.expect("mandoc -T lint", done.returncode == 0 and not done.stdout, done.stdout)
    for file in files:
        done = subprocess.run(["groff", "-mdoc", "-ww", "-Tutf8", "-rLL=100n", file], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)
        report.expect("groff of " + file, done.returncode == 0 and not done.stderr, done.stderr)


def test_sections():
    for file in page_files():
        heads = re.findall(r"^\.Sh (.*)$", read(file), re.M)
        wanted = {"NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"}
        report.expect(file + " has its sections", wanted <= set(heads), str(sorted(wanted - set(heads))))


def test_references():
    known = {"memcached": "1", "mcserver": "1", "mc": "1", "mc-bench": "1"}
    for file in page_files():
        for name, number in re.findall(r"^\.Xr (\S+) (\d)", read(file), re.M):
            if known.get(name) == number:
                continue
            found = target(name)
            report.expect("%s refers to %s(%s)" % (file, name, number), found is not None)


def test_lines_fit():
    """Examples are not wider than a terminal."""
    for file in page_files():
        for body in re.findall(r"^\.Bd -literal\n(.*?)^\.Ed", read(file), re.M | re.S):
            for line in body.splitlines():
                report.expect("%s: a line of at most 92 characters" % file, len(line) <= 92, line)


def make_pages(header_text, folder):
    """The pages that a header gives, in a folder. Returns the process."""
    docs = os.path.join(source, "docs")
    for section in "/man3", "/man7":
        os.makedirs(folder + section)
    with open(folder + "/mcclient.h", "w", encoding="utf-8") as file:
        file.write(header_text)
    return subprocess.run(
        ["awk", "-v", "strict=1", "-v", "header=" + folder + "/mcclient.h", "-v", "examples=" + docs + "/examples",
         "-v", "out=" + folder, "-f", docs + "/man/pages.awk"] + sorted(glob.glob(docs + "/man/*.in")),
        stderr=subprocess.PIPE, text=True, check=False)


def test_pages_are_of_today():
    """What was built, and is installed, is what the header says now; all of it, and nothing besides."""
    with tempfile.TemporaryDirectory() as scratch:
        done = make_pages(read(source, "include", "mcclient", "mcclient.h"), scratch)
        report.expect("the generator", done.returncode == 0 and not done.stderr, done.stderr)
        for section in "man3", "man7":
            fresh, built = (sorted(os.listdir(os.path.join(folder, section))) for folder in (scratch, pages))
            report.expect("the pages of " + section, fresh == built, str(set(fresh) ^ set(built)))
            for name in set(fresh) & set(built):
                report.expect(name + " is of today", read(scratch, section, name) == read(pages, section, name))


def test_a_missing_name_is_noticed():
    """A function that no page tells of, a section that is gone: the generator says so and fails."""
    text = read(source, "include", "mcclient", "mcclient.h")
    more = "/* New. */\nMC_EXPORT mc_status mc_new_command(mc_client *client);\n\n"
    changes = {
        "mc_new_command": text.replace("#ifdef __cplusplus\n}", more + "#ifdef __cplusplus\n}"),
        "mc_touch": re.sub(r"^MC_EXPORT mc_status mc_touch\(.*\n", "", text, flags=re.M),
        "many keys": text.replace(" many keys -- */", " several -- */"),
    }
    for what, changed in changes.items():
        with tempfile.TemporaryDirectory() as scratch:
            done = make_pages(changed, scratch)
            report.expect("the generator misses " + what, done.returncode != 0 and what in done.stderr, done.stderr)


def test_mcserver_options():
    """Each option of --help with its letter, its word, its value and its default, and no other."""
    def options_of(text):
        return {(letter, word, value or "") for letter, word, value in
                re.findall(r"-(\w)(?: \w+)?, --([\w-]+)(?:=<?(\w+)>?)?", text)}

    told = subprocess.check_output([mcserver, "--help"], text=True)
    page = shown(os.path.join(source, "docs", "man", "mcserver.1"))
    wanted = options_of(told)
    report.expect("--help has options", len(wanted) > 15)
    report.expect("mcserver(1) has the options of --help", options_of(page) == wanted, str(options_of(page) ^ wanted))
    for letter, word, default in re.findall(r"-(\w), --([\w-]+)\S* .*\(default: ([\w.]+)", told):
        described = re.search(r"--%s\b(.*?)(?= -\w\b[ ,])" % word, page)
        sentence = "default is %s" % default
        in_page = described and (sentence in described.group(1) or sentence in page[described.start():][:400])
        report.expect("mcserver(1) tells the default of -" + letter, bool(in_page), default)
    ignored = re.search(r"other options ((?:-\w ?)+)", told).group(1).split()
    report.expect("mcserver(1) tells what is ignored",
                  re.search(r"other options ((?:-\w ?)+)", page).group(1).split() == ignored, str(ignored))


for name, test in list(globals().items()):
    if name.startswith("test_"):
        print(name, flush=True)
        test()
sys.exit(report.exit_status())
