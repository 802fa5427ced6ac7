# man/: manual pages.
# SPDX-License-Identifier: MIT

dist_man_MANS += \
	man/npntrace.1 \
	man/npntrace-record.1 \
	man/npntrace-report.1 \
	man/npntrace-leaks.1 \
	man/npntrace-diff.1 \
	man/npntrace-findings.1 \
	man/npntrace-events.1 \
	man/npntrace-info.1 \
	man/npntrace-check.1 \
	man/npntrace-format.5 \
	man/npntrace.7
