# tests/quickstart/: the sample plug-in and the page that ./quickstart records.
# SPDX-License-Identifier: MIT

# Built on demand, by "make quickstart-plugin".  -rpath makes libtool build a shared
# object although it is never installed.
EXTRA_LTLIBRARIES += tests/quickstart/libnppicture.la
tests_quickstart_libnppicture_la_SOURCES = tests/quickstart/picture.c
tests_quickstart_libnppicture_la_CFLAGS = $(SUBJECT_CFLAGS) -O1 -fvisibility=hidden \
	-fno-inline -fno-optimize-sibling-calls
tests_quickstart_libnppicture_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

.PHONY: quickstart-plugin
quickstart-plugin: tests/quickstart/libnppicture.la
CLEANFILES += tests/quickstart/libnppicture.la

EXTRA_DIST += tests/quickstart/page.html
