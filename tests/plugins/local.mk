# tests/plugins/: sample plug-ins that state what must be reported about them.
# SPDX-License-Identifier: MIT

# -O1 without inlining and sibling calls: the plug-ins state their own call stacks
# (tests/plugins/site.h), and these must be the machine's.
PLUGIN_MACHINE_FLAGS = -O1 -fno-inline -fno-optimize-sibling-calls \
	-fno-ipa-icf -fno-ipa-cp -fno-ipa-sra -fno-partial-inlining -fexceptions \
	-fvisibility=hidden -pthread
PLUGIN_CFLAGS = $(SUBJECT_CFLAGS) $(PLUGIN_MACHINE_FLAGS)
PLUGIN_LDFLAGS = -rpath /nowhere -module -avoid-version -shared -pthread

plugin_tally_sources = \
	tests/plugins/site.h \
	tests/plugins/tally.c tests/plugins/tally.h \
	tests/plugins/tally_page.c tests/plugins/tally_page.h \
	tests/plugins/tally_region.c tests/plugins/tally_region.h \
	tests/plugins/tally_state.c

plugin_common_sources = $(plugin_tally_sources) \
	tests/plugins/sample.h \
	tests/plugins/sample_end.c \
	tests/plugins/sample_entry.c tests/plugins/sample_entry.h \
	tests/plugins/sample_host.c \
	tests/plugins/sample_main.c \
	tests/plugins/sample_memory.c \
	tests/plugins/sample_object.c \
	tests/plugins/sample_paint.c \
	tests/plugins/sample_program.c \
	tests/plugins/sample_table.c \
	tests/plugins/sample_threads.c \
	tests/plugins/sample_values.c

plugin_sample_sources = $(plugin_common_sources) tests/plugins/sample_extra.c

# ---- one plug-in, three times, for hosts with several ------------------------------------------

check_LTLIBRARIES += tests/plugins/libnpsample.la
tests_plugins_libnpsample_la_SOURCES = $(plugin_sample_sources)
tests_plugins_libnpsample_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_libnpsample_la_LDFLAGS = $(PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/libnpsample2.la
tests_plugins_libnpsample2_la_SOURCES = $(plugin_sample_sources)
tests_plugins_libnpsample2_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_SUFFIX='"2"'
tests_plugins_libnpsample2_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_libnpsample2_la_LDFLAGS = $(PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/libnpsample3.la
tests_plugins_libnpsample3_la_SOURCES = $(plugin_sample_sources)
tests_plugins_libnpsample3_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_SUFFIX='"3"'
tests_plugins_libnpsample3_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_libnpsample3_la_LDFLAGS = $(PLUGIN_LDFLAGS)

# ---- partly in C++ -----------------------------------------------------------------------------
# The C compiler's driver compiles C++ by the file's suffix; nothing else of the project needs it.

check_LTLIBRARIES += tests/plugins/libnpsamplecpp.la
tests_plugins_libnpsamplecpp_la_SOURCES = $(plugin_common_sources)
tests_plugins_libnpsamplecpp_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_SUFFIX='"cpp"'
tests_plugins_libnpsamplecpp_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_libnpsamplecpp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_plugins_libnpsamplecpp_la_LIBADD = tests/plugins/sample_cpp.lo -lstdc++

tests/plugins/sample_cpp.lo: tests/plugins/sample_cpp.cpp tests/plugins/sample.h \
		tests/plugins/site.h tests/plugins/tally.h shim/npapi.h shim/npapi_types.h
	@$(MKDIR_P) tests/plugins
	$(AM_V_GEN)$(LIBTOOL) --silent --tag=CC --mode=compile $(CC) $(DEFS) $(AM_CPPFLAGS) \
		$(CPPFLAGS) -Wall -Wextra -g $(PLUGIN_MACHINE_FLAGS) \
		-c -o $@ $(srcdir)/tests/plugins/sample_cpp.cpp
EXTRA_DIST += tests/plugins/sample_cpp.cpp

# ---- NPN_Mem* by name: brought along, or left undefined ------------------------------------------

plugin_by_name_sources = $(plugin_sample_sources) tests/plugins/bench.c tests/plugins/bench.h

check_LTLIBRARIES += tests/plugins/libnpgates.la
tests_plugins_libnpgates_la_SOURCES = $(plugin_sample_sources) tests/plugins/sample_gates.c
tests_plugins_libnpgates_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_SUFFIX='"gates"' \
	-DSAMPLE_BY_NAME=SAMPLE_EXPORT
tests_plugins_libnpgates_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_libnpgates_la_LDFLAGS = $(PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/libnpundefined.la
tests_plugins_libnpundefined_la_SOURCES = $(plugin_by_name_sources)
tests_plugins_libnpundefined_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DSAMPLE_SUFFIX='"undefined"' -DSAMPLE_BY_NAME=SAMPLE_EXPORT
tests_plugins_libnpundefined_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_libnpundefined_la_LDFLAGS = $(PLUGIN_LDFLAGS)

check_PROGRAMS += tests/plugins/bench
tests_plugins_bench_SOURCES = $(plugin_by_name_sources) tests/plugins/bench_main.c
tests_plugins_bench_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_SUFFIX='"bench"' \
	'-DSAMPLE_BY_NAME=SAMPLE_EXPORT __attribute__((weak))'
tests_plugins_bench_CFLAGS = $(PLUGIN_CFLAGS) -fPIC
tests_plugins_bench_LDFLAGS = -pthread -pie -Wl,-z,dynamic-undefined-weak

# ---- a plug-in around a plug-in ------------------------------------------------------------------

check_LTLIBRARIES += tests/plugins/libnpwrapper.la
tests_plugins_libnpwrapper_la_SOURCES = tests/plugins/wrapper.c tests/plugins/wrapper.h
tests_plugins_libnpwrapper_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_libnpwrapper_la_LDFLAGS = $(PLUGIN_LDFLAGS) -Wl,-rpath,'$$ORIGIN'

# ---- counts the calls of malloc, preloaded beside libnpntrace ------------------------------------

check_LTLIBRARIES += tests/plugins/libmalloccount.la
tests_plugins_libmalloccount_la_SOURCES = tests/plugins/malloc_count.c tests/plugins/malloc_count.h
tests_plugins_libmalloccount_la_CFLAGS = $(SUBJECT_CFLAGS) -fno-builtin
tests_plugins_libmalloccount_la_LDFLAGS = $(PLUGIN_LDFLAGS)
