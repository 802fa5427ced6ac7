# What quickstart and runtests share: Debian packages, quiet steps. Sourced, not run.
# SPDX-License-Identifier: MIT
#
# Expects $me, the name of the script, and $log, the file that takes all output.

packages_to_build="build-essential autoconf automake libtool libunwind-dev uthash-dev
    libdw-dev libelf-dev libzstd-dev zlib1g-dev libjansson-dev libiberty-dev
    libprotobuf-c-dev protobuf-c-compiler libsqlite3-dev node-d3
    libncurses-dev libmicrohttpd-dev libzip-dev"
packages_for_browser="cutycapt libqt5webkit5 xvfb xauth"
packages_for_tests="libcmocka-dev mandoc python3 python3-pyqt5 python3-pyqt5.qtwebkit
    wkhtmltopdf libgtk2.0-0 valgrind gdb strace binutils procps util-linux
    git libjemalloc2 libtcmalloc-minimal4 libmimalloc2.0
    libdevel-nytprof-perl golang-go heaptrack babeltrace2 prometheus sqlite3
    chromium chromium-driver python3-selenium fonts-dejavu-core
    tmux python3-prometheus-client rustc debuginfod dwz unzip jq
    clang libclang-rt-dev"
# Node.js packages from elsewhere bring npm along, and refuse Debian's package of it.
command -v npm >/dev/null 2>&1 || packages_for_tests="$packages_for_tests npm"

say() {
    printf '%s: %s\n' "$me" "$*"
}

die() {
    printf '%s: %s\n' "$me" "$*" >&2
    exit 2
}

# step TEXT COMMAND...: one progress line; the output goes to the log, of which the
# end is shown when COMMAND fails.
step() {
    say "$1"
    shift
    printf '\n== %s\n' "$*" >>"$log"
    step_start=$(wc -l <"$log")
    "$@" >>"$log" 2>&1 && return 0
    step_status=$?
    {
        say "failed with status $step_status: $*"
        tail -n "+$step_start" "$log" | tail -n 40 | sed 's/^/    /'
        say "the whole output is in $log"
    } >&2
    return "$step_status"
}

# missing_packages PACKAGE...: those that are not installed.
missing_packages() {
    for package; do
        case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

# as_root COMMAND...: directly when root, else through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

can_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1
}

# install_packages PACKAGE...: installs what is missing, says what; fails when it cannot.
install_packages() {
    if ! command -v dpkg-query >/dev/null 2>&1; then
        say "not a Debian system; these Debian packages or their like are needed:" >&2
        echo "$*" | fold -s -w 76 | sed 's/^ */    /' >&2
        return 1
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if ! can_install; then
        say "missing Debian packages: $missing" >&2
        say "as root, type: apt-get install $missing" >&2
        return 1
    fi
    say "installing Debian packages: $missing"
    if [ -z "${lists_are_new:-}" ]; then
        step "reading the package lists" as_root apt-get update || return 1
        lists_are_new=yes
    fi
    # shellcheck disable=SC2086 # a list
    step "fetching and unpacking" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends $missing
}
