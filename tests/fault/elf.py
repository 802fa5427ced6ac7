# tests/fault/elf.py: programs of a few bytes, for which no compiler is needed
# SPDX-License-Identifier: MIT
"""Each ends with status 7 and does nothing else. Their only segment holds headers and code."""
import os
import struct

STATUS = 7
ADDRESS = 0x400000
EM_386, EM_ARM, EM_X86_64, EM_AARCH64 = 3, 40, 62, 183

CODE = {
    EM_X86_64: bytes.fromhex("b83c000000"    # mov eax, 60
                             "bf07000000"    # mov edi, 7
                             "0f05"),        # syscall
    EM_386: bytes.fromhex("b801000000"       # mov eax, 1
                          "bb07000000"       # mov ebx, 7
                          "cd80"),           # int 0x80
    EM_AARCH64: bytes.fromhex("a80b80d2"     # mov x8, 93
                              "e00080d2"     # mov x0, 7
                              "010000d4"),   # svc 0
}


def own_machine():
    return EM_AARCH64 if os.uname().machine == "aarch64" else EM_X86_64


def other_machine():
    return EM_X86_64 if own_machine() == EM_AARCH64 else EM_AARCH64


def static_64(machine):
    """A statically linked program."""
    code = CODE[machine]
    size = 64 + 56 + len(code)
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, machine, 1, ADDRESS + 120,
                       64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, ADDRESS, ADDRESS, size, size, 0x1000)
    return head + segment + code


def program_32(interpreter):
    """A 32-bit program for the 80386, with the name of a loader or, given None, static."""
    code = CODE[EM_386]
    name = interpreter.encode() + b"\0" if interpreter else b""
    count = 2 if interpreter else 1
    start = 52 + 32 * count
    size = start + len(name) + len(code)
    head = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", 2, EM_386, 1,
                       ADDRESS + start + len(name), 52, 0, 0, 52, 32, count, 0, 0, 0)
    segments = struct.pack("<IIIIIIII", 1, 0, ADDRESS, ADDRESS, size, size, 5, 0x1000)
    if interpreter:
        segments = struct.pack("<IIIIIIII", 3, start, ADDRESS + start, ADDRESS + start, len(name),
                               len(name), 4, 1) + segments
    return head + segments + name + code


def write(path, data):
    """An executable file."""
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o755)
    return path
