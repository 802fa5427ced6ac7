# recorder/: outside the host; drains rings, writes the trace file.
# SPDX-License-Identifier: MIT

noinst_LTLIBRARIES += librecorder.la
librecorder_la_SOURCES = \
	recorder/capture.c \
	recorder/capture.h \
	recorder/capture_file.c \
	recorder/capture_file.h \
	recorder/contract.c \
	recorder/contract.h \
	recorder/drain.c \
	recorder/drain.h \
	recorder/drain_blocks.c \
	recorder/drain_blocks.h \
	recorder/drain_copy.c \
	recorder/drain_copy.h \
	recorder/drain_merge.c \
	recorder/drain_merge.h \
	recorder/examine.c \
	recorder/exit_status.c \
	recorder/exit_status.h \
	recorder/follow.c \
	recorder/handover.c \
	recorder/handover.h \
	recorder/launch.c \
	recorder/launch.h \
	recorder/live.c \
	recorder/live.h \
	recorder/output.c \
	recorder/output.h \
	recorder/recorder.c \
	recorder/recorder.h \
	recorder/segment.c \
	recorder/segment.h \
	recorder/session.c \
	recorder/session.h \
	recorder/signals.c \
	recorder/signals.h \
	recorder/symbolize.c \
	recorder/symbolize.h \
	recorder/tables.c \
	recorder/tables.h \
	recorder/tables_rows.c \
	recorder/tables_rows.h \
	recorder/tables_stacks.c \
	recorder/tables_stacks.h \
	recorder/ticks.c \
	recorder/ticks.h \
	recorder/trace_writer.c \
	recorder/trace_writer.h
librecorder_la_LIBADD = libformat.la $(ZSTD_LIBS) $(ZLIB_LIBS)
