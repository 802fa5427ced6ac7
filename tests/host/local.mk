# tests/host/: real browsers on QtWebKit, with and without the library.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/host/cutycapt.py \
	tests/host/prometheus.py \
	tests/host/pyqt5.py \
	tests/host/scan.py \
	tests/host/wkhtmltoimage.py

EXTRA_DIST += \
	tests/host/page.html \
	tests/host/realhost.py \
	tests/host/scripted_page.py \
	tests/host/xvfb.py
