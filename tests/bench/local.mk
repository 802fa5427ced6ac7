# tests/bench/: what tracing costs, beside others; doc/BENCH.md tells how to read it.
# SPDX-License-Identifier: MIT

# As programs are built that people profile: optimized, with call-frame information, without frame
# pointers. The functions of the call tree stay as many as they are.
BENCH_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fomit-frame-pointer -fno-ipa-icf \
	-fno-optimize-sibling-calls
BENCH_CXXFLAGS = $(SUBJECT_CXXFLAGS) -O2 -fomit-frame-pointer
BENCH_LDFLAGS = -rpath /nowhere -module -avoid-version -shared

bench_walk_sources = \
	tests/bench/call_tree.c tests/bench/call_tree.h \
	tests/bench/npn.h \
	tests/bench/random.h \
	tests/bench/walks.c tests/bench/walks.h

check_PROGRAMS += tests/bench/workload tests/bench/launch
tests_bench_workload_SOURCES = $(bench_walk_sources) \
	tests/bench/containers.cpp tests/bench/containers.h \
	tests/bench/npn_host.c \
	tests/bench/workload.c
tests_bench_workload_CFLAGS = $(BENCH_CFLAGS)
tests_bench_workload_CXXFLAGS = $(BENCH_CXXFLAGS)
tests_bench_workload_LDADD = -lpthread
tests_bench_launch_SOURCES = tests/bench/launch.c
tests_bench_launch_CFLAGS = $(SUBJECT_CFLAGS)

# ---- the plug-in that allocates with NPN_MemAlloc ----
check_LTLIBRARIES += tests/bench/libnpbench.la
tests_bench_libnpbench_la_SOURCES = $(bench_walk_sources) tests/bench/npn_plugin.c
tests_bench_libnpbench_la_CFLAGS = $(BENCH_CFLAGS) -fvisibility=hidden
tests_bench_libnpbench_la_LDFLAGS = $(BENCH_LDFLAGS)

# ---- the twins, which are preloaded like the tracer and do next to nothing ----
BENCH_TWIN_CFLAGS = $(WARN_CFLAGS) -O2 -fvisibility=hidden -fno-builtin-malloc \
	-ftls-model=initial-exec
check_LTLIBRARIES += tests/bench/libtwinnoop.la tests/bench/libtwinstamp.la
tests_bench_libtwinnoop_la_SOURCES = tests/bench/twin_noop.c tests/bench/twin.h
tests_bench_libtwinnoop_la_CFLAGS = $(BENCH_TWIN_CFLAGS)
tests_bench_libtwinnoop_la_LDFLAGS = $(BENCH_LDFLAGS)
tests_bench_libtwinstamp_la_SOURCES = tests/bench/twin_stamp.c tests/bench/twin.h
tests_bench_libtwinstamp_la_CFLAGS = $(BENCH_TWIN_CFLAGS)
tests_bench_libtwinstamp_la_LDFLAGS = $(BENCH_LDFLAGS)
EXTRA_DIST += tests/bench/twin.c

# ---- the driver ----
EXTRA_DIST += \
	tests/bench/bench.py \
	tests/bench/competitors.py \
	tests/bench/figures.py \
	tests/bench/lttng.py \
	tests/bench/machine.py \
	tests/bench/measure.py \
	tests/bench/page.html \
	tests/bench/page_script.html \
	tests/bench/script.py \
	tests/bench/session.py \
	tests/bench/table.py \
	tests/bench/targets.py \
	tests/bench/tools.py \
	tests/bench/workloads.py

# Does it run? The figures are not looked at.
script_tests += tests/bench/smoke.py

bench_programs = tests/bench/workload tests/bench/launch tests/bench/libnpbench.la \
	tests/bench/libtwinnoop.la tests/bench/libtwinstamp.la \
	tests/bench/recorder_speed tests/bench/viewer_speed

.PHONY: bench
bench: all $(bench_programs)
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(top_srcdir)/tests/bench/bench.py \
	    --json=bench.json $(BENCHFLAGS)
CLEANFILES += bench.json
