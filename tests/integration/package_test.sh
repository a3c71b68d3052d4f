#!/bin/sh
# What a user gets from `cmake --install`: package_test.sh <build folder> <source folder>. Installs into a folder whose name
# has a space, moves it elsewhere, and uses the library from there in every way that the README names.
set -eu

build=$1
source=$2
cc=${CC:-cc}
cxx=${CXX:-c++}

scratch=$(mktemp -d)
manifest=$build/install_manifest.txt
# An installation that the user has made from this build folder can still be uninstalled after this test.
if [ -f "$manifest" ]; then
    cp "$manifest" "$scratch/manifest"
fi
clean_up() {
    rm -f "$manifest"
    if [ -f "$scratch/manifest" ]; then
        cp "$scratch/manifest" "$manifest"
    fi
    rm -rf "$scratch"
}
trap clean_up EXIT
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

# equal <what> <expected> <got>
equal() {
    if [ "$2" = "$3" ]; then
        echo "ok: $1"
    else
        fail "$1: expected \"$2\", got \"$3\""
    fi
}

prefix="$scratch/another prefix"
check "install" cmake --install "$build" --prefix "$scratch/first prefix"
if [ "$failures" -gt 0 ]; then
    exit 1
fi
mv "$scratch/first prefix" "$prefix"
library=$(find "$prefix" -name libmcclient.so)
libdir=$(dirname "$library")
header=$prefix/include/mcclient/mcclient.h
version=$(sed -n 's/^#define MCCLIENT_VERSION "\(.*\)"$/\1/p' "$header")
major=${version%%.*}
export PKG_CONFIG_PATH="$libdir/pkgconfig"
export LD_LIBRARY_PATH="$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

# A program made with pkg-config alone, in the ways that its output is meant to be used.
cat >"$scratch/program.c" <<'END'
#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    const char *hosts[] = {"127.0.0.1:1", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_status   status = mc ? mc_get(mc, mc_str("two words"), NULL) : MC_OK;

    mc_client_free(mc);
    puts(mc_library_version());
    return status == MC_OK;
}
END
equal "pkg-config --modversion" "$version" "$(pkg-config --modversion libmcclient)"
check "a program with pkg-config" sh -c \
    "eval \"$cc '$scratch/program.c' -o '$scratch/program' \$(pkg-config --cflags --libs libmcclient)\""
equal "the program runs" "$version" "$("$scratch/program")"
check "a static program with pkg-config" sh -c "eval \"$cc '$scratch/program.c' -o '$scratch/static' \
    \$(pkg-config --static --cflags --libs libmcclient | sed 's/-lmcclient/-l:libmcclient.a/')\""
equal "the static program runs" "$version" "$(env -u LD_LIBRARY_PATH "$scratch/static")"
# All of it, the C library too, which says that look-ups will want to load a part of it.
check "a program with nothing shared" sh -c "eval \"$cc -static '$scratch/program.c' -o '$scratch/all static' \
    \$(pkg-config --static --cflags --libs libmcclient)\" && ! readelf -lW '$scratch/all static' | grep INTERP"
equal "it runs" "$version" "$(env -u LD_LIBRARY_PATH "$scratch/all static")"

# A project with find_package, in the words of $1; configured into <project>/build.
project="$scratch/a project"
mkdir "$project"
cp "$scratch/program.c" "$project"
cp "$scratch/program.c" "$project/program.cc"
configure_with() {
    rm -rf "$project/build"
    cat >"$project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(user LANGUAGES ${2-C})
find_package(mcclient $1)
add_executable(program program.${3-c})
target_link_libraries(program PRIVATE mcclient::${4-mcclient})
END
    cmake -S "$project" -B "$project/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"
}
refuses() {
    ! configure_with "$@" && grep -rq 'mcclient' "$scratch/output"
}
check "a project with find_package: configure" configure_with "$version REQUIRED"
check "a project with find_package: build" cmake --build "$project/build"
equal "the project's program runs" "$version" "$("$project/build/program")"
for wanted in "$major" "$version EXACT" "$major.0...<$((major + 1))" "$major.0...$major.99"; do
    check "find_package($wanted)" configure_with "$wanted REQUIRED"
done
for wanted in "$((major + 1))" "$((major - 1)).9" "$major.99" "$((major + 1))...$((major + 2))"; do
    check "find_package($wanted) is refused" refuses "$wanted REQUIRED"
done
check "no component is made up" refuses "REQUIRED COMPONENTS dynamic"
check "a project in C++: configure" configure_with REQUIRED CXX cc
check "a project in C++: build" cmake --build "$project/build"
equal "the program in C++ runs" "$version" "$("$project/build/program")"
check "a project with the archive: configure" configure_with "REQUIRED COMPONENTS static" C c mcclient_static
check "a project with the archive: build" cmake --build "$project/build"
equal "the project's static program runs" "$version" "$(env -u LD_LIBRARY_PATH "$project/build/program")"
equal "it needs no libmcclient" "" "$(readelf -d "$project/build/program" | grep libmcclient || true)"

# A project that has this one within it, as a folder or by FetchContent: it gets the library, and nothing of what this
# project wants for itself.
outer=$scratch/outer
mkdir "$outer"
cp "$scratch/program.c" "$outer"
embed() {
    rm -rf "$outer/build"
    cat >"$outer/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(outer VERSION 7.8.9 LANGUAGES C)
enable_testing()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
get_cmake_property(before VARIABLES)
$1
get_cmake_property(after VARIABLES)
list(REMOVE_ITEM after \${before} before)
list(FILTER after EXCLUDE REGEX "^(_|ARG|ZLIB_|NETTLE_|PKG_CONFIG|pkgcfg_|__pkg|prefix_result|Threads_|FIND_PACKAGE|FETCHCONTENT|FetchContent|mcclient_|MC_|CMAKE_INSTALL_|CMAKE_HAVE|CMAKE_THREAD|CMAKE_USE|FPHSA|CMAKE_[A-Z]*_LIBC_PTHREAD)")
file(WRITE "\${CMAKE_BINARY_DIR}/leaked" "\${after}")
get_property(targets DIRECTORY "$source" PROPERTY BUILDSYSTEM_TARGETS)
file(WRITE "\${CMAKE_BINARY_DIR}/targets" "\${targets}")
add_executable(program program.c)
target_link_libraries(program PRIVATE mcclient::mcclient)
add_executable(static_program program.c)
target_link_libraries(static_program PRIVATE mcclient::mcclient_static)
install(TARGETS program)
END
    cmake -S "$outer" -B "$outer/build" -DCMAKE_C_COMPILER="$cc"
}
for way in add_subdirectory FetchContent; do
    case $way in
    add_subdirectory) words="add_subdirectory(\"$source\" inner)" ;;
    *) words="include(FetchContent)
FetchContent_Declare(mcclient SOURCE_DIR \"$source\")
FetchContent_MakeAvailable(mcclient)" ;;
    esac
    check "$way: configure" embed "$words"
    check "$way: build" cmake --build "$outer/build" -j 2 --target program static_program
    equal "$way: the program runs" "$version" "$("$outer/build/program")"
    equal "$way: the static program runs" "$version" "$("$outer/build/static_program")"
    equal "$way: no variable leaks" "" "$(cat "$outer/build/leaked")"
    equal "$way: no targets but the libraries'" "mcclient_objects;mcclient;mcclient_static;mcclient_internal" \
        "$(sed 's/;man$//' "$outer/build/targets")"
    equal "$way: no tests" "Total Tests: 0" "$(ctest --test-dir "$outer/build" -N | grep Total)"
    equal "$way: no build type is chosen" "CMAKE_BUILD_TYPE:STRING=" "$(grep ^CMAKE_BUILD_TYPE: "$outer/build/CMakeCache.txt")"
    equal "$way: no flag for others" "" "$(grep -A 1 '"command".*/program.c' "$outer/build/compile_commands.json" |
        grep -E -e '-W|_GNU_SOURCE|-fvis' || true)"
    check "$way: install" cmake --install "$outer/build" --prefix "$outer/build/installed"
    equal "$way: only the program is installed" "$outer/build/installed/bin/program" \
        "$(find "$outer/build/installed" -not -type d)"
done

# The examples, unchanged, outside of this project.
cp -r "$source/examples" "$scratch/examples"
check "the examples alone: configure" \
    cmake -S "$scratch/examples" -B "$scratch/examples/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc"
check "the examples alone: build" cmake --build "$scratch/examples/build"

# The header, in every language that it may be included from.
echo '#include <mcclient/mcclient.h>' >"$scratch/header.c"
cat >>"$scratch/header.c" <<'END'
mc_options options = MC_OPTIONS_INIT;
mc_view    view = MC_VIEW_INIT;
mc_value   value = MC_VALUE_INIT;
mc_results results = MC_RESULTS_INIT;
END
cp "$scratch/header.c" "$scratch/header.cc"
for standard in c99 gnu99 c11 c17; do
    check "the header as $standard" "$cc" -std=$standard -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion \
        -Wstrict-prototypes -Wmissing-prototypes -I"$prefix/include" -c "$scratch/header.c" -o "$scratch/header.o"
done
for standard in c++11 c++14 c++17 c++20; do
    check "the header as $standard" "$cxx" -std=$standard -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion \
        -I"$prefix/include" -c "$scratch/header.cc" -o "$scratch/header.o"
done

# The library exports what the header declares, and nothing else.
sed -n 's/^MC_EXPORT .*[ *]\(mc_[a-z0-9_]*\)(.*/\1/p' "$header" | sort >"$scratch/declared"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort >"$scratch/exported"
check "exported is what is declared" diff "$scratch/declared" "$scratch/exported"

soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
equal "soname" "libmcclient.so.$major" "$soname"
equal "file name" "libmcclient.so.$version" "$(basename "$(readlink -f "$library")")"
check "the soname is a link" test -L "$libdir/$soname"
needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libz|libnettle|libc|ld-linux.*)\.so' || true)
equal "no library besides zlib and nettle is needed" "" "$needed"
readelf -ldW "$library" >"$scratch/layout"
check "relocations are read-only" grep -q GNU_RELRO "$scratch/layout"
check "symbols are bound at start" grep -qw NOW "$scratch/layout"
check "the stack holds no code" grep -qE '^ *GNU_STACK .* RW +0x' "$scratch/layout"
equal "no code is relocated" "" "$(readelf -dW "$library" | grep TEXTREL || true)"

# The guards of stacks and buffers are in what was compiled, both ways that it is installed.
nm -u -D "$library" >"$scratch/needs of the shared library"
nm -u "$libdir/libmcclient.a" >"$scratch/needs of the static library"
for kind in shared static; do
    needs="$scratch/needs of the $kind library"
    check "the $kind library guards its stack" grep -q '__stack_chk_fail' "$needs"
    if ! grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Debug$' "$build/CMakeCache.txt"; then # nothing is fortified unoptimised
        check "the $kind library guards its buffers" grep -q '__v*snprintf_chk' "$needs"
    fi
done

# Packagers install into a staging folder, and take it away again.
check "install with DESTDIR" env DESTDIR="$scratch/staging folder" cmake --install "$build" --prefix /usr
check "it lies in the staging folder" test -f "$scratch/staging folder/usr/include/mcclient/mcclient.h"
check "uninstall with DESTDIR" env DESTDIR="$scratch/staging folder" cmake --build "$build" --target uninstall
equal "uninstall leaves no file" "" "$(find "$scratch/staging folder" -not -type d)"
equal "and no folder of its own" "" "$(find "$scratch/staging folder" -name '*mcclient*' -o -name man -o -name pkgconfig)"
check "install beside others" cmake --install "$build" --prefix "$scratch/shared prefix"
: >"$scratch/shared prefix/include/other.h"
: >"$(dirname "$(find "$scratch/shared prefix" -name libmcclient.pc)")/other.pc"
check "uninstall beside others" cmake --build "$build" --target uninstall
equal "what others have installed stays" "other.h other.pc" \
    "$(find "$scratch/shared prefix" -not -type d -exec basename {} \; | sort | tr '\n' ' ' | sed 's/ $//')"

# Where it was moved to, too.
if [ -x "$prefix/bin/mc" ]; then
    check "mc finds its library" env -u LD_LIBRARY_PATH "$prefix/bin/mc" --help
fi

if [ "$failures" -gt 0 ]; then
    echo "$failures failed"
    exit 1
fi
