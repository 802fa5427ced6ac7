#!/bin/sh
# mandoc has nothing to say about the manual pages.
# SPDX-License-Identifier: MIT

if [ -z "${MANDOC:=$(command -v mandoc)}" ]; then
    echo "1..0 # SKIP mandoc not found; Debian package: mandoc"
    exit 0
fi

cd "$NPNTRACE_SRCDIR/man" || exit 99
number=0
for page in *.[1-9]; do
    number=$((number + 1))
    # "outdated mandoc.db" and the like are about this machine, not about the page.
    complaints=$("$MANDOC" -T lint -W warning "$page" 2>&1)
    if [ $? -eq 0 ] && [ -z "$complaints" ]; then
        echo "ok $number - $page"
    else
        echo "not ok $number - $page"
        echo "$complaints" | sed 's/^/# /'
    fi
done

# A page refers only to pages that exist, here or in the system's sections.
for name in $(sed -n 's/^\.Xr \(npntrace[^ ]*\) \([1-9]\).*/\1.\2/p' *.[1-9] | sort -u); do
    number=$((number + 1))
    if [ -f "$name" ]; then
        echo "ok $number - cross reference to $name"
    else
        echo "not ok $number - cross reference to $name"
    fi
done
echo "1..$number"
