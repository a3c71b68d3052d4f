#!/bin/sh
# The Debian packages that cpack makes: debian_test.sh <build folder>. Makes them elsewhere than in the build folder, has
# lintian read them, looks into them, and installs and removes them in a root of their own.
set -eu

build=$1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP

failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# check <what> <command>...: the command must succeed.
check() {
    what=$1
    shift
    if "$@" >"$scratch/output" 2>&1; then
        echo "ok: $what"
    else
        cat "$scratch/output"
        fail "$what"
    fi
}

# nothing <what> <command>...: the command must find nothing to print.
nothing() {
    what=$1
    shift
    "$@" >"$scratch/output" 2>&1 || true
    if [ -s "$scratch/output" ]; then
        cat "$scratch/output"
        fail "$what"
    else
        echo "ok: $what"
    fi
}

# equal <what> <expected> <got>
equal() {
    if [ "$2" = "$3" ]; then
        echo "ok: $1"
    else
        fail "$1: expected \"$2\", got \"$3\""
    fi
}

mkdir "$scratch/packages"
check "cpack makes packages" cpack --config "$build/CPackConfig.cmake" -B "$scratch/packages"
if [ "$failures" -gt 0 ]; then
    exit 1
fi
cd "$scratch/packages"
rm -rf _CPack_Packages
version=$(sed -n 's/^set(CPACK_PACKAGE_VERSION "\(.*\)")$/\1/p' "$build/CPackConfig.cmake")
revision=$version-1
architecture=$(dpkg --print-architecture)
triple=$(dpkg-architecture -q DEB_HOST_MULTIARCH)
runtime=libmcclient${version%%.*}
packages="$runtime libmcclient-dev mcclient-tools"
equal "there are three packages" "$(for package in $packages; do
    echo "${package}_${revision}_$architecture.deb"
done | LC_ALL=C sort)" "$(find . -type f | sed 's,^./,,' | LC_ALL=C sort)"

check "lintian finds nothing" lintian --fail-on error,warning --tag-display-limit 0 ./*.deb

# field <package> <name>
field() {
    dpkg-deb -f "$1_${revision}_$architecture.deb" "$2"
}

equal "the headers belong to this library" "$runtime (= $revision), nettle-dev, zlib1g-dev" "$(field libmcclient-dev Depends)"
check "the tools run with this library" expr "$(field mcclient-tools Depends)" : ".*\b$runtime (>= $version)"
for library in libc6 libnettle zlib1g; do
    check "the library depends on $library" expr "$(field "$runtime" Depends)" : ".*\b$library"
done
for package in $packages; do
    check "$package names who answers for it" expr "$(field "$package" Maintainer)" : '.* <.*@.*>'
    mkdir "$scratch/$package"
    dpkg-deb -x "${package}_${revision}_$architecture.deb" "$scratch/$package"
    dpkg-deb -e "${package}_${revision}_$architecture.deb" "$scratch/$package/DEBIAN"
    check "$package has the sums of its files" sh -c "cd '$scratch/$package' && md5sum --quiet -c DEBIAN/md5sums"
    equal "$package has the sums of all of its files" "$(find "$scratch/$package/usr" -type f | wc -l)" \
        "$(wc -l <"$scratch/$package/DEBIAN/md5sums")"
    nothing "$package holds no path of where it was built" grep -rlF -e "$build" -e "$scratch" "$scratch/$package"
    for document in copyright changelog.gz changelog.Debian.gz; do
        check "$package has its $document" test -s "$scratch/$package/usr/share/doc/$package/$document"
    done
    equal "$package belongs to root alone" "" "$(dpkg-deb -c "${package}_${revision}_$architecture.deb" |
        awk '$2 != "root/root" || $1 !~ /^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x|lrwxrwxrwx)$/')"
done

# contents <package>: its files, but for the documents that each has.
contents() {
    (cd "$scratch/$1/usr" && find . -not -type d | sed 's,^\./,,' | grep -vE '^share/(doc|lintian)/' | LC_ALL=C sort)
}

equal "the library's package holds the library" "lib/$triple/libmcclient.so.${version%%.*}
lib/$triple/libmcclient.so.$version" "$(contents "$runtime")"
contents libmcclient-dev >"$scratch/development"
for file in include/mcclient/mcclient.h "lib/$triple/libmcclient.a" "lib/$triple/libmcclient.so" \
    "lib/$triple/pkgconfig/libmcclient.pc" "lib/$triple/cmake/mcclient/mcclient-config.cmake"; do
    check "the development package holds $file" grep -qxF "$file" "$scratch/development"
done
equal "and nothing of another kind" "" \
    "$(grep -vE "^(include/mcclient/|lib/$triple/|share/man/man[37]/)" "$scratch/development" || true)"
check "the examples come with it" test -f "$scratch/libmcclient-dev/usr/share/doc/libmcclient-dev/examples/tour.c"
contents mcclient-tools >"$scratch/tools"
for program in mc mcserver; do
    check "the tools' package holds $program" grep -qxF bin/$program "$scratch/tools"
done
equal "and programs with a page each" "" "$(grep -vE '^(bin/[a-z-]*|share/man/man1/[a-z-]*\.1\.gz)$' "$scratch/tools" || true)"

library=$scratch/$runtime/usr/lib/$triple/libmcclient.so.$version
check "the library's names have versions" grep -q "^ mc_get@Base 1.0.0$" "$scratch/$runtime/DEBIAN/symbols"
check "ldconfig is told of the library" grep -qx "activate-noawait ldconfig" "$scratch/$runtime/DEBIAN/triggers"
for binary in "$library" "$scratch"/mcclient-tools/usr/bin/*; do
    name=${binary##*/}
    check "$name is stripped" sh -c "file -b '$binary' | grep -q ', stripped'"
    equal "$name looks for libraries nowhere else" "" "$(readelf -dW "$binary" | grep -E 'RPATH|RUNPATH' || true)"
    check "$name binds its symbols at start" sh -c "readelf -dW '$binary' | grep -qw NOW"
done
nothing "the archive holds nothing for debuggers" sh -c \
    "readelf -SW '$scratch/libmcclient-dev/usr/lib/$triple/libmcclient.a' | grep -F .debug_"
nothing "each file that is installed belongs to a package" grep -rl --include=cmake_install.cmake Unspecified "$build/packages" \
    --exclude-dir=CMakeFiles

# In a root of its own there is neither a libc nor a ldconfig to be called.
root=$scratch/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
: >"$root/var/lib/dpkg/status"
as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root=fakeroot
fi
check "they install" $as_root dpkg --root="$root" --log=/dev/null --force-not-root --force-depends --install ./*.deb
check "programs start by their names" test -x "$root/usr/bin/mcserver"
# shellcheck disable=SC2086
check "they can be taken away" $as_root dpkg --root="$root" --log=/dev/null --force-not-root --force-depends --purge $packages
equal "and leave nothing" "" "$(find "$root" -path "$root/var" -prune -o -not -type d -print)"
equal "not a folder" "$root
$root/var" "$(find "$root" -maxdepth 1 | sort)"

if [ "$failures" -gt 0 ]; then
    echo "$failures failed"
    exit 1
fi
