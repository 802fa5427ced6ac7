# tests/shim/: the edge cases that a shim must handle, played by the mini-host.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/shim/instances.py \
	tests/shim/loading.py \
	tests/shim/memory.py \
	tests/shim/table.py \
	tests/shim/threads.py
