#!/bin/sh
# The library exports the names of shim/exports.list, unversioned, and needs libc alone.
# SPDX-License-Identifier: MIT
#
# LIBRARY names another library than the one in the build directory.

library=${LIBRARY:-$NPNTRACE_BUILDDIR/.libs/libnpntrace.so}
list=$NPNTRACE_SRCDIR/shim/exports.list
want=$(mktemp) got=$(mktemp)
trap 'rm -f "$want" "$got"' EXIT

number=0
report() {  # report STATUS DESCRIPTION [FILE-TO-SHOW]
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        [ -z "$3" ] || sed 's/^/# /' "$3"
    fi
}

echo 1..4
if [ ! -f "$library" ]; then
    echo "Bail out! $library does not exist"
    exit 99
fi

sed 's/#.*//' "$list" | awk 'NF { print $1 }' | LC_ALL=C sort >"$want"
${NM:-nm} -D --defined-only --with-symbol-versions "$library" |
    awk '{ print $NF }' | LC_ALL=C sort >"$got"

[ -s "$want" ]
report $? "shim/exports.list names something"

differences=$(mktemp)
diff "$want" "$got" >"$differences"
report $? "exported names equal shim/exports.list (< listed, > exported)" "$differences"
rm -f "$differences"

! grep -q @ "$got"
report $? "exported names carry no version" "$got"

# The dynamic linker itself may be listed (for its TLS support); anything else but
# libc would be loaded into every child of a browser.
${READELF:-readelf} -dW "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -v -e '^libc\.so\.6$' -e '^ld-linux' >"$got"
[ ! -s "$got" ]
report $? "needs no library but libc" "$got"
