"""The HTML of the reference: made without a warning, and it tells of every public name.

    html_test.py <compiler> <source folder> <Doxyfile> <doxygen>
"""
import glob
import subprocess
import sys
import tempfile

from reading import Header, Report, read

compiler, source, doxyfile, doxygen = sys.argv[1:5]
report = Report()

with tempfile.TemporaryDirectory() as scratch:
    settings = read(doxyfile) + '\nOUTPUT_DIRECTORY = "%s"\nGENERATE_TAGFILE = "%s/tags"\n' % (scratch, scratch)
    done = subprocess.run([doxygen, "-"], input=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    report.expect("doxygen", done.returncode == 0 and not done.stdout, done.stdout)
    pages = glob.glob(scratch + "/html/*.html")
    report.expect("pages were made", len(pages) > 20, str(len(pages)))
    tags = read(scratch, "tags")
    for name in Header(compiler, source).names():
        report.expect("the HTML tells of " + name, "<name>%s</name>" % name in tags)
    # The rules of the house are plain comments in the header: none of them may reach the reader as marks.
    for page in pages:
        text = read(page)
        for mark in ("@{", "@}", "@addtogroup", "@ingroup"):
            report.expect("no mark %s in %s" % (mark, page), mark not in text)
sys.exit(report.exit_status())
