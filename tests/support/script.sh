# shellcheck shell=sh
# Sourced by the scripts that people run.

# install_missing <Debian package>... installs those that are not there yet, as root
# or through sudo, and explains itself and exits where it cannot. Where nothing is missing it does nothing.

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_missing() {
    if ! command -v dpkg-query >/dev/null 2>&1; then
        echo "This is not a Debian system: what is needed must be there already, the likes of:"
        echo "    $*"
        return 0
    fi

    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) missing="$missing $package" ;;
        esac
    done
    if [ -z "$missing" ]; then
        return 0
    fi

    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        echo "These Debian packages are missing, and only root can install them:$missing" >&2
        echo "Run this as root, then start again:" >&2
        echo "    apt-get install$missing" >&2
        exit 2
    fi
    echo "Installing:$missing"
    # $missing is a list of package names.
    # shellcheck disable=SC2086
    if ! { as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
        >"${TMPDIR:-/tmp}/mcclient-apt.$$" 2>&1 </dev/null; then
        cat "${TMPDIR:-/tmp}/mcclient-apt.$$" >&2
        rm -f "${TMPDIR:-/tmp}/mcclient-apt.$$"
        echo "apt-get could not install:$missing" >&2
        exit 2
    fi
    rm -f "${TMPDIR:-/tmp}/mcclient-apt.$$"
}

# configure <source folder> <build folder> <cmake argument>...: a build folder that belongs to a source folder that has been
# moved since starts afresh.
configure() {
    source_folder=$1
    build_folder=$2
    shift 2
    if [ -f "$build_folder/CMakeCache.txt" ] &&
        ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$source_folder" "$build_folder/CMakeCache.txt"; then
        rm -rf "$build_folder"
    fi
    cmake -S "$source_folder" -B "$build_folder" "$@"
}
