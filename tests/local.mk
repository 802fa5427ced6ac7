# tests/: what is where, doc/ARCHITECTURE.md.
# SPDX-License-Identifier: MIT

# A unit test: add tests/unit/NAME to unit_tests, give it NAME_SOURCES and
# NAME_LDADD = libtracer.la libviewer.la ... $(CMOCKA_LIBS).
if CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

# A script test: executable or not, it prints TAP; run by its extension.
script_tests =
TESTS += $(script_tests)
EXTRA_DIST += $(script_tests)

# ---- the parts by themselves ---------------------------------------------------
include tests/unit/local.mk

# ---- test subjects: sample plug-ins ------------------------------------------
include tests/plugins/local.mk

# ---- test subjects: the mini-host --------------------------------------------
include tests/minihost/local.mk

# ---- edge cases, played by the mini-host ---------------------------------------
include tests/support/local.mk
include tests/shim/local.mk

# ---- who owns what, and misuse, played by the mini-host ----------------------------------
include tests/contract/local.mk

# ---- the program, from the shell -------------------------------------------------
include tests/cli/local.mk

# ---- exports, and the programs that read them ------------------------------------------------
include tests/export/local.mk

# ---- real browsers ---------------------------------------------------------------
include tests/host/local.mk

# ---- what goes wrong -------------------------------------------------------------
include tests/fault/local.mk

# ---- heap tracing: between callers and allocators ------------------------------------
include tests/heap/local.mk

# ---- heap tracing: exact totals, exact stacks ---------------------------------------
include tests/exact/local.mk
include tests/selfcheck/local.mk

# ---- what others wrote, however it is -------------------------------------------------
include tests/fuzz/local.mk

# ---- what would be if --------------------------------------------------------------
include tests/whatif/local.mk

# ---- what tracing costs ------------------------------------------------------------
include tests/bench/local.mk
