"""What the documents point at exists: links, files, tests, public names, choices of the build; and the two READMEs are one.

    links_test.py <compiler> <source folder>
"""
import glob
import os
import re
import subprocess
import sys

from reading import Header, Report, code_blocks, read

compiler, source = sys.argv[1:3]
report = Report()
header = Header(compiler, source)
documents = sorted(name for pattern in ("*.md", "docs/*.md") for name in glob.glob(pattern, root_dir=source))
READERS_OWN = {"program.c"}
FOLDERS = ("", "tests", "lib", "docs", "examples")


def project_files():
    files = []
    for folder, inside, names in os.walk(source):
        inside[:] = [name for name in inside if name != ".git" and not name.startswith("build")]
        files += [os.path.relpath(os.path.join(folder, name), source) for name in names]
    return files


FILES = project_files()
NAMES = {os.path.basename(name) for name in FILES}


def prose(document):
    """Without fenced blocks."""
    return re.sub(r"^```.*?^```$", "", read(source, document), flags=re.M | re.S)


def anchors(document):
    """As GitHub makes them of headings."""
    heads = re.findall(r"^#+ (.*)$", prose(document), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links():
    for document in documents:
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
            if re.match(r"https?://", target):
                report.expect("%s: %s is an address" % (document, target), re.match(r"https://[\w.-]+\.[a-z]+(/\S*)?$", target))
                continue
            path, _, anchor = target.partition("#")
            file = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
            if not os.path.exists(os.path.join(source, file)):
                report.fail("%s: there is no %s" % (document, target))
            elif anchor:
                report.expect("%s: %s has a heading" % (document, target), anchor in anchors(file))


def test_named_links():
    """Of the form [words][name]: each has its address, and no address is left over."""
    for document in documents:
        text = prose(document)
        used = set(re.findall(r"\]\[([^\]\s]+)\]", text))
        defined = dict(re.findall(r"^\[([^\]\s]+)\]: (\S+)$", text, re.M))
        report.expect("%s: named links and addresses" % document, used == set(defined), str(used ^ set(defined)))
        for address in defined.values():
            report.expect("%s: %s is an address" % (document, address), re.match(r"https://[\w.-]+\.[a-z]+/\S*$", address))


def exists(word):
    if "/" not in word and "*" not in word:
        return word in NAMES
    while word.startswith("./"):
        word = word[2:]
    return any(glob.glob(os.path.join(source, folder, word)) for folder in FOLDERS)


def test_files():
    """Words in `quotes` that look like a file or a folder of the project."""
    for document in documents:
        for words in re.findall(r"`([^`\n]+)`", prose(document)):
            word = words.split()[0]
            if re.match(r"(\./|[\w-]+/)*[\w*-]+\.(c|h|py|sh|md|cmake|awk|svg|in|tsv|supp)$", word) or \
                    re.match(r"(\./)?(lib|tests|docs|examples|tools|include|cmake|packaging|abi|unit|integration|interop|faults|fuzz|"
                             r"bench|support|documents)/[\w*./-]*$", word):
                if word not in READERS_OWN and not word.startswith("build"):
                    report.expect("%s: %s exists" % (document, word), exists(word))


def test_tests():
    """Names of tests that are no files."""
    known = set(re.findall(r"(?:mc_test\(|mc_document_test\(|NAME )(\w+)", read(source, "tests", "CMakeLists.txt")))
    for document in documents:
        for word in re.findall(r"`(\w+_test)`", prose(document)):
            report.expect("%s: there is a test %s" % (document, word), word in known)


def test_public_names():
    settings = "".join(read(source, name) for name in FILES
                       if name.endswith((".cmake", "CMakeLists.txt", ".sh", ".cmake.in")))
    known = set(header.names())
    sources = "".join(read(source, name) for name in FILES if name.startswith(("lib/", "tests/", "tools/")) and
                      name.endswith((".c", ".h")))
    for document in documents:
        for word in sorted(set(re.findall(r"\b(?:MC|mc)_\w+\b", read(source, document)))):
            if word in known or word + "_" in {name[:len(word) + 1] for name in known} or word.endswith("_"):
                continue
            if document == "CONTRIBUTING.md" and word.startswith(("mc_touch_multi", "mc__")):
                continue
            if word.startswith("mc__"):
                report.expect("%s: %s exists" % (document, word), word in sources)
            else:
                report.expect("%s: %s exists" % (document, word), re.search(r"\b%s\b" % word, settings + sources))


def test_the_house_in_one_picture():
    """Each file of the library has its place in CONTRIBUTING.md's picture."""
    picture = next(block for block in code_blocks(read(source, "CONTRIBUTING.md"), "") if "lib/client/" in block)
    for name in FILES:
        if re.match(r"lib/\w+/\w+\.c$", name):
            stem = os.path.basename(name)[:-2]
            report.expect("CONTRIBUTING.md's picture has " + name, re.search(r"\b%s\b" % stem, picture))


def test_options():
    """The table of options has them all."""
    readme = read(source, "README.md")
    for member in header.members("mc_options"):
        report.expect("README.md tells of options.%s" % member, member == "size" or "`%s`" % member in readme)


def without_comments(block):
    """Comments are in the language of the reader."""
    return re.sub(r" *(#|/\*) .*$", "", block, flags=re.M)


def compare(what, one, other, found_in):
    here, there = found_in(one), found_in(other)
    report.expect("both READMEs have the same " + what, here == there, str(
        here ^ there if isinstance(here, set) else [pair for pair in zip(here, there) if pair[0] != pair[1]][:1]))


def test_two_readmes():
    """One says what the other says, as far as a program can tell."""
    one, other = read(source, "README.md"), read(source, "README.zh-CN.md")
    compare("programs", one, other, lambda text: [without_comments(block) for language in ("c", "sh", "cmake")
                                                  for block in code_blocks(text, language)])
    compare("number of blocks", one, other, lambda text: re.findall(r"^```(\w*)$", text, re.M))
    compare("levels of headings", one, other,
            lambda text: re.findall(r"^(#+) ", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M))
    compare("rows and columns", one, other,
            lambda text: [line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")])
    compare("links", one, other,
            lambda text: {link for link in re.findall(r"\]\(([^)#\s]+)", text) if not link.startswith("README")})
    compare("figures", one, other, lambda text: sorted(re.findall(r"\d+\.\d+", text)))
    compare("names", one, other, lambda text: set(re.findall(r"\b(?:mc|MC)_\w+", text)))


for name, test in list(globals().items()):
    if name.startswith("test_") and (name != "test_two_readmes" or os.path.exists(os.path.join(source, "README.zh-CN.md"))):
        test()
sys.exit(report.exit_status())
