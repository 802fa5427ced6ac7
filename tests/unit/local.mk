# tests/unit/: the parts by themselves, linked from the convenience libraries.
# SPDX-License-Identifier: MIT

UNIT_CPPFLAGS = $(AM_CPPFLAGS)

# ---- format ------------------------------------------------------------------
unit_tests += tests/unit/format-event tests/unit/format-ring
tests_unit_format_event_SOURCES = tests/unit/format-event.c
tests_unit_format_event_LDADD = libformat.la $(CMOCKA_LIBS)
tests_unit_format_ring_SOURCES = tests/unit/format-ring.c
tests_unit_format_ring_LDADD = libformat.la $(CMOCKA_LIBS)

# ---- tracer ------------------------------------------------------------------
unit_tests += tests/unit/tracer-live tests/unit/tracer-npn
tests_unit_tracer_live_SOURCES = tests/unit/tracer-live.c tests/unit/scratch.c tests/unit/scratch.h
tests_unit_tracer_live_LDADD = libtracer.la $(CMOCKA_LIBS) -lpthread
tests_unit_tracer_npn_SOURCES = tests/unit/tracer-npn.c tests/unit/scratch.c tests/unit/scratch.h
tests_unit_tracer_npn_LDADD = libtracer.la $(CMOCKA_LIBS) -lpthread

unit_tests += \
	tests/unit/tracer-contract tests/unit/tracer-misuse tests/unit/tracer-objects
contract_rig_sources = tests/unit/contract_rig.c tests/unit/contract_rig.h \
	tests/unit/scratch.c tests/unit/scratch.h
tests_unit_tracer_contract_SOURCES = tests/unit/tracer-contract.c $(contract_rig_sources)
tests_unit_tracer_contract_LDADD = libtracer.la libformat.la $(CMOCKA_LIBS) -lpthread
tests_unit_tracer_misuse_SOURCES = tests/unit/tracer-misuse.c $(contract_rig_sources)
tests_unit_tracer_misuse_LDADD = libtracer.la libformat.la $(CMOCKA_LIBS) -lpthread
tests_unit_tracer_objects_SOURCES = tests/unit/tracer-objects.c $(contract_rig_sources)
tests_unit_tracer_objects_LDADD = libtracer.la libformat.la $(CMOCKA_LIBS) -lpthread

# ---- call-frame information ----------------------------------------------------
unit_tests += \
	tests/unit/tracer-cfi tests/unit/tracer-cfi-damage tests/unit/tracer-cfi-made \
	tests/unit/tracer-cfi-odd tests/unit/tracer-cfi-walk
cfi_image_sources = tests/unit/tracer-cfi-image.c tests/unit/tracer-cfi-image.h
cfi_oracle_sources = \
	tests/unit/tracer-cfi-oracle.c tests/unit/tracer-cfi-oracle.h $(cfi_image_sources)
tests_unit_tracer_cfi_SOURCES = tests/unit/tracer-cfi.c $(cfi_oracle_sources)
tests_unit_tracer_cfi_LDADD = libtracer.la $(CMOCKA_LIBS) -lunwind-generic
tests_unit_tracer_cfi_damage_SOURCES = tests/unit/tracer-cfi-damage.c $(cfi_image_sources)
tests_unit_tracer_cfi_damage_LDADD = libtracer.la $(CMOCKA_LIBS)
tests_unit_tracer_cfi_made_SOURCES = tests/unit/tracer-cfi-made.c
tests_unit_tracer_cfi_made_LDADD = libtracer.la $(CMOCKA_LIBS)
tests_unit_tracer_cfi_odd_SOURCES = tests/unit/tracer-cfi-odd.c $(cfi_oracle_sources)
tests_unit_tracer_cfi_odd_LDADD = libtracer.la $(CMOCKA_LIBS) -lunwind-generic
tests_unit_tracer_cfi_walk_SOURCES = tests/unit/tracer-cfi-walk.c
tests_unit_tracer_cfi_walk_LDADD = libtracer.la $(CMOCKA_LIBS) -lpthread

unit_tests += tests/unit/tracer-threads
tests_unit_tracer_threads_SOURCES = tests/unit/tracer-threads.c \
	tests/unit/scratch.c tests/unit/scratch.h
tests_unit_tracer_threads_LDADD = libtracer.la libformat.la $(CMOCKA_LIBS) -lpthread

# ---- shim --------------------------------------------------------------------
unit_tests += tests/unit/shim-map
tests_unit_shim_map_SOURCES = tests/unit/shim-map.c shim/map.c shim/map.h
tests_unit_shim_map_LDADD = libtracer.la $(CMOCKA_LIBS)

# ---- the tracer's stacks against two other unwinders; runs the real library ------
check_PROGRAMS += tests/unit/oracle
TESTS += tests/unit/oracle
tests_unit_oracle_SOURCES = \
	tests/unit/oracle.cpp \
	tests/unit/oracle_ring.cpp tests/unit/oracle_ring.h \
	tests/unit/oracle_ring_c.c tests/unit/oracle_ring_c.h
tests_unit_oracle_CFLAGS = $(SUBJECT_CFLAGS) -O2
tests_unit_oracle_CXXFLAGS = -Wall -Wextra -g -O2
tests_unit_oracle_LDADD = libformat.la -lunwind -lpthread

# ---- the trace file and the recorder ---------------------------------------------
unit_tests += \
	tests/unit/trace-blocks tests/unit/trace-contract \
	tests/unit/trace-events tests/unit/trace-flipped \
	tests/unit/trace-heap \
	tests/unit/recorder-contract tests/unit/recorder-drain \
	tests/unit/recorder-heap tests/unit/recorder-hostile \
	tests/unit/recorder-launch \
	tests/unit/recorder-memory \
	tests/unit/recorder-output tests/unit/recorder-run
tests_unit_trace_blocks_SOURCES = tests/unit/trace-blocks.c
tests_unit_trace_blocks_LDADD = libformat.la $(CMOCKA_LIBS)
tests_unit_trace_contract_SOURCES = tests/unit/trace-contract.c
tests_unit_trace_contract_LDADD = libformat.la $(CMOCKA_LIBS)
tests_unit_trace_events_SOURCES = tests/unit/trace-events.c
tests_unit_trace_events_LDADD = libformat.la $(CMOCKA_LIBS)
tests_unit_trace_flipped_SOURCES = tests/unit/trace-flipped.c tests/unit/chance.h \
	tests/unit/heap_stream.c tests/unit/heap_stream.h \
	tests/unit/trace_decode.c tests/unit/trace_decode.h
tests_unit_trace_flipped_LDADD = libformat.la $(CMOCKA_LIBS)
tests_unit_trace_heap_SOURCES = tests/unit/trace-heap.c \
	tests/unit/heap_stream.c tests/unit/heap_stream.h
tests_unit_trace_heap_LDADD = libformat.la $(CMOCKA_LIBS)
recorder_test_sources = \
	tests/unit/fake_host.c tests/unit/fake_host.h tests/unit/fake_host_contract.c \
	tests/unit/trace_reader.c tests/unit/trace_reader.h \
	tests/unit/trace_summaries.c tests/unit/trace_summaries.h
recorder_rig_sources = \
	tests/unit/recorder_rig.c tests/unit/recorder_rig.h $(recorder_test_sources)
tests_unit_recorder_contract_SOURCES = tests/unit/recorder-contract.c $(recorder_rig_sources)
tests_unit_recorder_contract_LDADD = librecorder.la libformat.la $(CMOCKA_LIBS)
tests_unit_recorder_drain_SOURCES = tests/unit/recorder-drain.c $(recorder_rig_sources)
tests_unit_recorder_drain_LDADD = librecorder.la libformat.la $(CMOCKA_LIBS)
tests_unit_recorder_heap_SOURCES = tests/unit/recorder-heap.c \
	tests/unit/heap_stream.c tests/unit/heap_stream.h $(recorder_rig_sources)
tests_unit_recorder_heap_LDADD = librecorder.la libformat.la $(CMOCKA_LIBS) -lpthread
tests_unit_recorder_hostile_SOURCES = tests/unit/recorder-hostile.c tests/unit/chance.h \
	tests/unit/heap_stream.c tests/unit/heap_stream.h \
	tests/unit/trace_decode.c tests/unit/trace_decode.h $(recorder_rig_sources)
tests_unit_recorder_hostile_LDADD = librecorder.la libformat.la $(CMOCKA_LIBS) $(ZSTD_LIBS)

# How fast the recorder is: tests/bench/recorder_speed.c says how to run it.
check_PROGRAMS += tests/bench/recorder_speed
tests_bench_recorder_speed_SOURCES = tests/bench/recorder_speed.c \
	tests/unit/fake_host.c tests/unit/fake_host.h \
	tests/unit/heap_stream.c tests/unit/heap_stream.h
tests_bench_recorder_speed_LDADD = librecorder.la libformat.la -lpthread

tests_unit_recorder_launch_SOURCES = tests/unit/recorder-launch.c
tests_unit_recorder_launch_LDADD = librecorder.la libformat.la $(CMOCKA_LIBS)
recorder_session_sources = \
	tests/unit/recorder_hosts.c tests/unit/recorder_hosts.h \
	tests/unit/recorder_sessions.c tests/unit/recorder_sessions.h $(recorder_test_sources)
tests_unit_recorder_memory_SOURCES = tests/unit/recorder-memory.c $(recorder_session_sources)
tests_unit_recorder_memory_LDADD = librecorder.la libformat.la $(CMOCKA_LIBS) -lpthread
tests_unit_recorder_memory_LDFLAGS = \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray
tests_unit_recorder_output_SOURCES = tests/unit/recorder-output.c $(recorder_session_sources)
tests_unit_recorder_output_LDADD = librecorder.la libformat.la $(CMOCKA_LIBS) -lpthread
tests_unit_recorder_run_SOURCES = tests/unit/recorder-run.c $(recorder_session_sources)
tests_unit_recorder_run_LDADD = librecorder.la libformat.la $(CMOCKA_LIBS) -lpthread
