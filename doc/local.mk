# doc/: design documents for newcomers.
# SPDX-License-Identifier: MIT

docsdir = $(docdir)/doc
dist_docs_DATA = \
	doc/ARCHITECTURE.md \
	doc/BENCH.md \
	doc/CONCURRENCY.md \
	doc/FORMAT.md \
	doc/GLOSSARY.md \
	doc/HOWTO-report.md \
	doc/HOWTO-wrapper.md \
	doc/OWNERSHIP.md \
	doc/WHATIF.md
