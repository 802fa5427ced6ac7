# tests/cli/: the program as seen from the shell.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/cli/diff.py \
	tests/cli/findings.py \
	tests/cli/flame.py \
	tests/cli/html.py \
	tests/cli/leaks.py \
	tests/cli/profile.py \
	tests/cli/record.py \
	tests/cli/serve.py \
	tests/cli/symbols.py \
	tests/cli/top.py

EXTRA_DIST += \
	tests/cli/growing.c \
	tests/cli/growing.py \
	tests/cli/profile_oracle.py
