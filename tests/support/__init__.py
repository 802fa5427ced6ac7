# tests/support/__init__.py: a package of what the test scripts share
# SPDX-License-Identifier: MIT
