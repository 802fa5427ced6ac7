# tests/fault/: what is killed, full, cut, foreign or not there.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/fault/badhost.py \
	tests/fault/badinput.py \
	tests/fault/badoutput.py \
	tests/fault/footprint.py \
	tests/fault/kill.py \
	tests/fault/overwrite.py \
	tests/fault/provided.py \
	tests/fault/quiet.py \
	tests/fault/recorder-killed.py \
	tests/fault/threads.py

EXTRA_DIST += \
	tests/fault/elf.py \
	tests/fault/npt.py \
	tests/fault/victim.py
