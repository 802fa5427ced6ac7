# tests/support/: what the test scripts share.
# SPDX-License-Identifier: MIT

EXTRA_DIST += \
	tests/support/__init__.py \
	tests/support/browser.py \
	tests/support/compare.py \
	tests/support/harness.py \
	tests/support/obedient.py \
	tests/support/page.py \
	tests/support/process.py \
	tests/support/scrape.py \
	tests/support/screen.py \
	tests/support/splitmix.h \
	tests/support/subject.py \
	tests/support/tally.py \
	tests/support/watching.py
