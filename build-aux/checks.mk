# The checks beside "make check": lint, check-valgrind, check-sanitize, installcheck.
# SPDX-License-Identifier: MIT

.PHONY: lint check-valgrind check-sanitize

# Everything that reads the sources and manual pages rather than runs the code.
lint: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(lint_tests)' TEST_SUITE_LOG=lint-suite.log

# The unit tests under valgrind's memcheck; an error or a leak makes the test fail.
valgrind_flags = --quiet --leak-check=full --error-exitcode=99 --child-silent-after-fork=yes
# Valgrind's own reader stops at call-frame information that no compiler writes; and it does not
# leave addresses free in forked children, where the tracer puts memory in place of its segment.
# Recordings with each bit flipped take ten minutes there; the address sanitizer has them all.
not_for_valgrind = tests/unit/tracer-cfi-odd tests/unit/tracer-cfi-damage tests/unit/tracer-npn \
	tests/unit/viewer-flipped

check-valgrind: all
	@test -n '$(VALGRIND)' || \
	    { echo 'check-valgrind: valgrind not found; Debian package: valgrind' >&2; exit 1; }
	@test -n '$(CMOCKA_LIBS)' || \
	    { echo 'check-valgrind: no unit tests; Debian package: libcmocka-dev' >&2; exit 1; }
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter-out $(not_for_valgrind),$(unit_tests))' \
	    check_PROGRAMS='$(unit_tests)' check_LTLIBRARIES= \
	    LOG_COMPILER='$(VALGRIND)' AM_LOG_FLAGS='$(valgrind_flags)' \
	    TEST_SUITE_LOG=valgrind-suite.log

# The unit tests, and the script tests of the command line, with recorder and viewer under
# sanitizers: in build directories of their own, one for each set of sanitizers that can
# live together.  What is loaded into hosts is built without.  A source tree that is
# configured in place cannot be configured a second time, so the build is made from a copy.
#
# Tests that start threads in forked children, which the thread sanitizer cannot follow:
not_for_thread_sanitizer = tests/unit/recorder-run tests/unit/recorder-output

one_a_line = tr ' ' '\n'
check-sanitize: distdir
	@result=0; \
	tests="$(unit_tests) `echo '$(TESTS)' | $(one_a_line) | grep '^tests/cli/'`"; \
	$(MAKE) $(AM_MAKEFLAGS) sanitize SANITIZERS=address,undefined \
	    SANITIZED_TESTS="`echo $$tests`" || result=1; \
	tests=`for test in $(unit_tests) $(not_for_thread_sanitizer) \
	    $(not_for_thread_sanitizer); do echo $$test; done | sort | uniq -u`; \
	$(MAKE) $(AM_MAKEFLAGS) sanitize SANITIZERS=thread \
	    SANITIZED_TESTS="`echo $$tests`" || result=1; \
	chmod -R u+w $(distdir) && rm -rf $(distdir); \
	exit $$result

# One of them: runs SANITIZED_TESTS under SANITIZERS, from the copy in $(distdir).
.PHONY: sanitize
sanitize:
	@echo 'check-sanitize: $(SANITIZERS)'
	@source=`pwd`/$(distdir); directory=sanitize/`echo '$(SANITIZERS)' | tr , -`; \
	rm -rf $$directory && mkdir -p $$directory && cd $$directory && \
	"$$source/configure" --quiet --enable-sanitizers=$(SANITIZERS) \
	    CC='$(CC)' CXX='$(CXX)' CPPFLAGS='$(CPPFLAGS)' LDFLAGS='$(LDFLAGS)' && \
	$(MAKE) $(AM_MAKEFLAGS) all && \
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(SANITIZED_TESTS)' \
	    check_PROGRAMS='$(unit_tests) tests/minihost/minihost tests/exact/exact'

distclean-local:
	-rm -rf sanitize tests/export/npm

mostlyclean-local:
	-rm -f lint-suite.log valgrind-suite.log

# What "make install" put down: the library exports the listed names and no other,
# the program starts, every manual page is where man looks for it.
installcheck-local:
	@tap=`LIBRARY='$(DESTDIR)$(libdir)/libnpntrace.so' \
	    NPNTRACE_SRCDIR='$(abs_top_srcdir)' NM='$(NM)' READELF='$(READELF)' \
	    $(SHELL) $(top_srcdir)/tests/lint/exports.sh`; \
	echo "$$tap"; case $$tap in *'not ok'* | *'Bail out'* | '') exit 1 ;; esac
	@version=`'$(DESTDIR)$(bindir)/npntrace' --version | $(SED) 1q`; \
	test "$$version" = 'npntrace $(PACKAGE_VERSION)' || \
	    { echo "installcheck: npntrace --version says '$$version'" >&2; exit 1; }
	@for page in $(dist_man_MANS); do \
	    file=`basename $$page`; section=`echo $$file | $(SED) 's/.*\.//'`; \
	    directory=$(DESTDIR)$(mandir)/man$$section; \
	    test -f "$$directory/$$file" || \
	        { echo "installcheck: no $$file in $$directory" >&2; exit 1; }; \
	done
