# tests/export/: exports, each read by the program that its format is of.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/export/openmetrics.py \
	tests/export/speedscope.py \
	tests/export/stacks.py \
	tests/export/tables.py \
	tests/export/usage.py

EXTRA_DIST += tests/export/exporting.py

# speedscope's page is an npm package, which is fetched once for a build directory.  Where
# it cannot be, the test that needs it fails and says so.
check_DATA = tests/export/npm/stamp
tests/export/npm/stamp:
	$(AM_V_GEN)$(MKDIR_P) tests/export/npm && { npm install --prefix tests/export/npm \
	    --no-save --ignore-scripts --no-audit --no-fund speedscope@1.25.0 \
	    >tests/export/npm/log 2>&1 && touch $@ || { cat tests/export/npm/log; true; }; }
