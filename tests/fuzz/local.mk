# tests/fuzz/: harnesses for libFuzzer, over everything that reads what others wrote.
# SPDX-License-Identifier: MIT

# Compiled by clang with its sanitizers, whatever CC and CFLAGS are: objects of their own.
# To fuzz for longer: "make fuzz"; tests/fuzz/README.md.

script_tests += tests/fuzz/fuzz.py

fuzz_harnesses = archive block drain event planted ring suppressions symbols trace
fuzz_programs = $(addprefix tests/fuzz/,$(fuzz_harnesses))

fuzz_shared_sources = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
fuzz_pieces_sources = tests/fuzz/pieces.c tests/fuzz/pieces.h tests/fuzz/pieces_vary.c
fuzz_image_sources = tests/fuzz/image.c tests/fuzz/image.h $(fuzz_pieces_sources)
fuzz_reading_sources = tests/fuzz/reading.c tests/fuzz/reading.h \
	tests/fuzz/answers.c tests/fuzz/answers.h
fuzz_following_sources = tests/fuzz/following.c tests/fuzz/following.h
fuzz_archive_pieces_sources = tests/fuzz/archive_pieces.c tests/fuzz/archive_pieces.h
fuzz_archive_sources = tests/fuzz/archive.c $(fuzz_archive_pieces_sources) \
	$(fuzz_pieces_sources) $(fuzz_reading_sources)
fuzz_block_sources = tests/fuzz/block.c tests/unit/trace_decode.c
fuzz_drain_sources = tests/fuzz/drain.c $(fuzz_image_sources) \
	tests/unit/trace_decode.c tests/unit/fake_host.c tests/unit/fake_host_contract.c
fuzz_event_sources = tests/fuzz/event.c
fuzz_planted_sources = tests/fuzz/planted.c
fuzz_ring_sources = tests/fuzz/ring.c $(fuzz_image_sources) $(fuzz_reading_sources) \
	$(fuzz_following_sources)
fuzz_suppressions_sources = tests/fuzz/suppressions.c
fuzz_symbols_sources = tests/fuzz/symbols.c
fuzz_trace_sources = tests/fuzz/trace.c tests/fuzz/trace_pieces.c tests/fuzz/trace_pieces.h \
	$(fuzz_pieces_sources) $(fuzz_reading_sources) $(fuzz_following_sources)

EXTRA_DIST += tests/fuzz/README.md tests/fuzz/kept.py tests/fuzz/corpus $(fuzz_shared_sources) \
	$(foreach harness,$(fuzz_harnesses),$(fuzz_$(harness)_sources))

# ---- objects ---------------------------------------------------------------------------
fuzz_sources = $(libformat_la_SOURCES) $(librecorder_la_SOURCES) $(libviewer_la_SOURCES) \
	$(nodist_libpprof_la_SOURCES)
fuzz_objects_of = $(patsubst %.c,tests/fuzz/objects/%.o,$(filter %.c,$(1)))
fuzz_cflags = -g1 -O1 -fno-omit-frame-pointer -Wall \
	-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
fuzz_libs = $(filter-out %.la,$(libviewer_la_LIBADD)) $(PROTOBUF_C_LIBS) $(CMOCKA_LIBS)

tests/fuzz/objects/%.o: %.c $(filter %.h,$(fuzz_sources))
	@$(MKDIR_P) $(@D)
	$(AM_V_CC)$(FUZZ_CC) $(DEFS) -I. $(AM_CPPFLAGS) $(CPPFLAGS) $(fuzz_cflags) \
	    -fsanitize=fuzzer-no-link -c -o $@ $<

# Of the program's own, for the page and the pictures.
fuzz_page = tests/fuzz/objects/viewer/html_page.o
$(fuzz_page): viewer/html_page.S $(html_built)
	@$(MKDIR_P) $(@D)
	$(AM_V_CC)$(FUZZ_CC) $(DEFS) -I. $(AM_CPPFLAGS) $(CPPFLAGS) -c -o $@ $<

tests/fuzz/objects/libfuzzed.a: $(fuzz_page) \
		$(call fuzz_objects_of,$(fuzz_sources) $(fuzz_shared_sources))
	$(AM_V_AR)rm -f $@ && $(AR) cr $@ $^

.SECONDEXPANSION:
$(fuzz_programs): tests/fuzz/%: $$(call fuzz_objects_of,$$(fuzz_$$*_sources)) \
		tests/fuzz/objects/libfuzzed.a
	$(AM_V_CCLD)$(FUZZ_CC) $(fuzz_cflags) -fsanitize=fuzzer -o $@ $^ $(fuzz_libs)

# ---- inputs to begin with --------------------------------------------------------------
check_PROGRAMS += tests/fuzz/seeds
tests_fuzz_seeds_SOURCES = \
	tests/fuzz/seeds.c tests/fuzz/seeds_heavy.c tests/fuzz/seeds_heavy.h tests/fuzz/answers.h \
	tests/fuzz/seeds_archive.c tests/fuzz/seeds_archive.h $(fuzz_archive_pieces_sources) \
	tests/fuzz/image.c tests/fuzz/image.h tests/fuzz/pieces.c tests/fuzz/pieces.h \
	tests/fuzz/trace_pieces.c tests/fuzz/trace_pieces.h \
	tests/unit/heap_made_trace.c $(heap_made_sources) \
	$(viewer_contract_sources) $(viewer_made_sources)
tests_fuzz_seeds_LDADD = $(viewer_made_libs) $(ZSTD_LIBS) $(ZLIB_LIBS)

# ---- running ---------------------------------------------------------------------------
if FUZZER
tests/fuzz/fuzz.log: $(fuzz_programs) tests/fuzz/seeds
endif

# make fuzz FUZZ="trace ring" FUZZFLAGS=-max_total_time=3600; make fuzz-keep: tests/fuzz/README.md
FUZZ = $(filter-out planted,$(fuzz_harnesses))
FUZZFLAGS = -max_total_time=600
fuzz_run = $(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/fuzz/fuzz.py

.PHONY: fuzz fuzz-keep fuzz-programs
fuzz-programs: all tests/fuzz/seeds
	@test -n '$(FUZZ_CC)' || { echo 'fuzz: no libFuzzer; Debian packages:' \
	    'clang libclang-rt-dev' >&2; exit 1; }
	$(MAKE) $(AM_MAKEFLAGS) $(fuzz_programs)

fuzz: fuzz-programs
	$(fuzz_run) --long '$(FUZZ)' $(FUZZFLAGS)

fuzz-keep: fuzz-programs
	$(fuzz_run) --keep '$(FUZZ)'

clean-local:
	-rm -rf tests/fuzz/objects tests/fuzz/found tests/fuzz/grown $(fuzz_programs)
