# tests/selfcheck/: every stack unwound twice, in programs that make it hard.
# SPDX-License-Identifier: MIT
