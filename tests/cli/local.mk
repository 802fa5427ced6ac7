# tests/cli/: the program as seen from the shell.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/cli/findings.py \
	tests/cli/record.py \
	tests/cli/serve.py \
	tests/cli/symbols.py \
	tests/cli/top.py
