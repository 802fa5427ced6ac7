# tests/cli/: the program as seen from the shell.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/cli/archive.py \
	tests/cli/debuginfod.py \
	tests/cli/diff.py \
	tests/cli/examples.py \
	tests/cli/findings.py \
	tests/cli/flame.py \
	tests/cli/html_page.py \
	tests/cli/html_words.py \
	tests/cli/leaks.py \
	tests/cli/places.py \
	tests/cli/profiles.py \
	tests/cli/record.py \
	tests/cli/rust.py \
	tests/cli/serve.py \
	tests/cli/symbols.py \
	tests/cli/top.py \
	tests/cli/top_troubles.py \
	tests/cli/usage.py

# Subjects are what the scripts record: built by them, so that debug information can be taken apart.
EXTRA_DIST += \
	tests/cli/growing.c \
	tests/cli/growing.py \
	tests/cli/profile_oracle.py \
	tests/cli/subject.c \
	tests/cli/subject.rs
