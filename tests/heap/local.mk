# tests/heap/: the malloc family between its callers and the allocator.
# SPDX-License-Identifier: MIT

# -O1 without sibling calls: a call is made by the function that states it.
HEAP_CFLAGS = $(SUBJECT_CFLAGS) -O1 -fno-optimize-sibling-calls -fno-builtin -pthread
HEAP_CXXFLAGS = $(SUBJECT_CXXFLAGS) -O1 -fno-optimize-sibling-calls -fno-builtin -pthread
HEAP_LDFLAGS = -rpath /nowhere -module -avoid-version -shared -pthread
HEAP_LIBRARY_CFLAGS = $(HEAP_CFLAGS) -fvisibility=hidden

heap_say = tests/heap/say.c tests/heap/say.h
heap_family = $(heap_say) tests/heap/family.c tests/heap/family.h

script_tests += \
	tests/heap/allocators.py \
	tests/heap/early.py \
	tests/heap/gates.py \
	tests/heap/plugins.py

EXTRA_DIST += tests/heap/statements.py

# ---- programs -------------------------------------------------------------------

check_PROGRAMS += tests/heap/program tests/heap/operators tests/heap/host tests/heap/early

tests_heap_program_SOURCES = $(heap_family) tests/heap/program.c
tests_heap_program_CFLAGS = $(HEAP_CFLAGS)
tests_heap_program_LDFLAGS = -pthread

tests_heap_operators_SOURCES = $(heap_say) tests/heap/operators.cpp tests/heap/operators.h \
	tests/heap/operators_main.c
tests_heap_operators_CFLAGS = $(HEAP_CFLAGS)
tests_heap_operators_CXXFLAGS = $(HEAP_CXXFLAGS)
tests_heap_operators_LDFLAGS = -pthread

tests_heap_host_SOURCES = $(heap_say) tests/heap/host.c
tests_heap_host_CFLAGS = $(HEAP_CFLAGS)

# With a malloc of its own, which comes before everybody's.
check_PROGRAMS += tests/heap/ownhost
tests_heap_ownhost_SOURCES = $(heap_say) tests/heap/host.c tests/heap/toy.c
tests_heap_ownhost_CFLAGS = $(HEAP_CFLAGS)
tests_heap_ownhost_LDFLAGS = -Wl,--export-dynamic

# ---- plug-ins: bound lazily, bound when loaded, with an allocator of its own ----------

heap_plugin = $(heap_family) tests/heap/plugin.c tests/heap/libraries.h

check_LTLIBRARIES += tests/heap/libheapplugin.la
tests_heap_libheapplugin_la_SOURCES = $(heap_plugin)
tests_heap_libheapplugin_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheapplugin_la_LDFLAGS = $(HEAP_LDFLAGS) -Wl,-z,lazy -Wl,-rpath,'$$ORIGIN'

check_LTLIBRARIES += tests/heap/libheapbound.la
tests_heap_libheapbound_la_SOURCES = $(heap_plugin)
tests_heap_libheapbound_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheapbound_la_LDFLAGS = $(HEAP_LDFLAGS) -Wl,-z,now -Wl,-z,relro \
	-Wl,-rpath,'$$ORIGIN'

check_LTLIBRARIES += tests/heap/libheapnoplt.la
tests_heap_libheapnoplt_la_SOURCES = $(heap_plugin)
tests_heap_libheapnoplt_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS) -fno-plt
tests_heap_libheapnoplt_la_LDFLAGS = $(HEAP_LDFLAGS) -Wl,-rpath,'$$ORIGIN'

check_LTLIBRARIES += tests/heap/libheapcpp.la
tests_heap_libheapcpp_la_SOURCES = $(heap_plugin) tests/heap/operators.cpp tests/heap/operators.h
tests_heap_libheapcpp_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheapcpp_la_CXXFLAGS = $(HEAP_CXXFLAGS) -fvisibility=hidden
tests_heap_libheapcpp_la_LDFLAGS = $(HEAP_LDFLAGS)

check_LTLIBRARIES += tests/heap/libheapsymbolic.la
tests_heap_libheapsymbolic_la_SOURCES = $(heap_say) tests/heap/own_malloc.c tests/heap/own_plugin.c
tests_heap_libheapsymbolic_la_CFLAGS = $(HEAP_CFLAGS)
tests_heap_libheapsymbolic_la_LDFLAGS = $(HEAP_LDFLAGS) -Wl,-Bsymbolic

check_LTLIBRARIES += tests/heap/libheaphidden.la
tests_heap_libheaphidden_la_SOURCES = $(tests_heap_libheapsymbolic_la_SOURCES)
tests_heap_libheaphidden_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheaphidden_la_LDFLAGS = $(HEAP_LDFLAGS)

# ---- a plug-in's libraries: one that it needs, one that it opens --------------------------

check_LTLIBRARIES += tests/heap/libheapbrought.la
tests_heap_libheapbrought_la_SOURCES = $(heap_family) tests/heap/library.c tests/heap/libraries.h
tests_heap_libheapbrought_la_CPPFLAGS = $(AM_CPPFLAGS) -DLIBRARY_RUN=brought_run
tests_heap_libheapbrought_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheapbrought_la_LDFLAGS = $(HEAP_LDFLAGS)

check_LTLIBRARIES += tests/heap/libheapopened.la
tests_heap_libheapopened_la_SOURCES = $(heap_family) tests/heap/library.c tests/heap/libraries.h
tests_heap_libheapopened_la_CPPFLAGS = $(AM_CPPFLAGS) -DLIBRARY_RUN=opened_run
tests_heap_libheapopened_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheapopened_la_LDFLAGS = $(HEAP_LDFLAGS)

# Linked without libtool's help, which would write a path of the build into it.
check_LTLIBRARIES += tests/heap/libheapbringer.la
tests_heap_libheapbringer_la_SOURCES = $(heap_plugin)
tests_heap_libheapbringer_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheapbringer_la_LDFLAGS = $(HEAP_LDFLAGS) -Wl,-rpath,'$$ORIGIN' \
	-Wl,--no-as-needed,tests/heap/.libs/libheapbrought.so
tests_heap_libheapbringer_la_DEPENDENCIES = tests/heap/libheapbrought.la

# ---- preloaded: an allocator that calls itself by name, a library in front of ours ---------

check_LTLIBRARIES += tests/heap/libheaptoy.la
tests_heap_libheaptoy_la_SOURCES = tests/heap/toy.c
tests_heap_libheaptoy_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheaptoy_la_LDFLAGS = $(HEAP_LDFLAGS)

check_LTLIBRARIES += tests/heap/libheapfront.la
tests_heap_libheapfront_la_SOURCES = tests/heap/front.c
tests_heap_libheapfront_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS)
tests_heap_libheapfront_la_LDFLAGS = $(HEAP_LDFLAGS)

# ---- before anything else is ready -------------------------------------------------------
# -fno-plt: the slots are filled in before the loader asks the resolver.

check_LTLIBRARIES += tests/heap/libheapearly.la
tests_heap_libheapearly_la_SOURCES = tests/heap/early.c tests/heap/early.h
tests_heap_libheapearly_la_CFLAGS = $(HEAP_LIBRARY_CFLAGS) -fno-plt
tests_heap_libheapearly_la_LDFLAGS = $(HEAP_LDFLAGS) -Wl,-z,now

tests_heap_early_SOURCES = $(heap_say) tests/heap/early_main.c tests/heap/early.h
tests_heap_early_CFLAGS = $(HEAP_CFLAGS)
tests_heap_early_LDFLAGS = -Wl,-rpath,'$$ORIGIN/.libs' \
	-Wl,--no-as-needed,tests/heap/.libs/libheapearly.so
tests_heap_early_DEPENDENCIES = tests/heap/libheapearly.la
