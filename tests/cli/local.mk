# tests/cli/: the program as seen from the shell.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/cli/record.py \
	tests/cli/symbols.py
