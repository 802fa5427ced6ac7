# tests/cli/: the program as seen from the shell.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/cli/findings.py \
	tests/cli/profile.py \
	tests/cli/record.py \
	tests/cli/symbols.py

EXTRA_DIST += tests/cli/profile_oracle.py
