#!/usr/bin/python3
# tests/heap/gates.py: what a call of malloc costs while nothing is recorded
# SPDX-License-Identifier: MIT
"""Read from the machine code: a test of a flag, a test of a pointer, and a jump by it. No frame, no
call, no store: nothing that depends on the compiler's mood."""
import re
import shutil

from support.harness import LIBRARY, SOURCE, Skipped, case, main
from support.process import DEADLINE_S, run_process

INSTRUCTIONS_MAX = 8
LINE = re.compile(r"^\s*[0-9a-f]+:\s+(\S+)\s*(.*)$")
FAMILY = ("malloc", "calloc", "realloc", "reallocarray", "free", "cfree", "memalign",
          "aligned_alloc", "posix_memalign", "valloc", "pvalloc", "malloc_usable_size",
          "free_sized", "free_aligned_sized", "pthread_create", "thrd_create")


def instructions(t, name):
    objdump = shutil.which("objdump")
    if objdump is None:
        raise Skipped("no objdump here (Debian package: binutils)")
    status, out, err = run_process(
        [objdump, "-d", "--no-show-raw-insn", f"--disassemble={name}", LIBRARY], "/",
        {"LC_ALL": "C", "PATH": "/usr/bin"}, DEADLINE_S)
    t.equal((status, err), (0, b""), "objdump")
    found = [match.groups() for match in map(LINE.match, out.decode().splitlines()) if match]
    return [f for f in found if not f[0].startswith(("nop", "data16", "xchg", "cs"))]


@case("gates-cost")
def cost(t):
    for name in FAMILY:
        code = instructions(t, name)
        t.expect(0 < len(code) <= INSTRUCTIONS_MAX, f"{name}: {len(code)} instructions: {code}")
        operations = [operation for operation, _ in code]
        t.expect(not {"call", "push", "bl", "stp"} & set(operations), f"{name}: {code}")
        goes_on, to_c = (" ".join(instruction) for instruction in code[-2:])
        t.expect(re.match(r"jmp\s+\*|br\s+", goes_on), f"{name} does not go on: {goes_on}")
        t.expect(re.match(rf"(jmp|b)\s+.*<heap_{name}>", to_c), f"{name} ends in {to_c}")


@case("gates-listed")
def listed(t):
    """Every function of the family that is exported is looked at here."""
    with open(f"{SOURCE}/shim/exports.list", encoding="utf-8") as file:
        names = {line.strip() for line in file if re.match(r"\w", line)}
    others = {"dlsym", "dlvsym", "dlclose", "NPN_MemAlloc", "NPN_MemFree", "NPN_MemFlush"}
    t.equal(sorted(names - others), sorted(FAMILY), "exported functions")


main()
