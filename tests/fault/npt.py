# tests/fault/npt.py: takes trace files apart and puts them together again, wrongly
# SPDX-License-Identifier: MIT
"""The framing of format/trace_frame.c: a file header and blocks, each with a checksum."""
import collections
import ctypes
import ctypes.util
import struct
import zlib

HEADER_BYTES = 32
BLOCK_HEADER_BYTES = 32
RAW, ZSTD = 0, 1
TYPES = ("", "PROCESS", "STRINGS", "MODULES", "PLUGINS", "INSTANCES", "NODES", "EVENTS", "SYMBOLS",
         "LIVE", "STATE", "END", "HEAP", "OBJECTS", "FINDINGS", "INDEX")

Block = collections.namedtuple("Block", "offset type sequence codec raw_bytes stored")
_FRAME = struct.Struct("<4sIIIIII")


def blocks(data):
    """All blocks of a sound file."""
    found, at = [], HEADER_BYTES
    while at < len(data):
        magic, kind, sequence, codec, stored, raw_bytes, _ = _FRAME.unpack_from(data, at)
        assert magic == b"npnB", f"no block at {at}"
        start = at + BLOCK_HEADER_BYTES
        found.append(Block(at, kind, sequence, codec, raw_bytes, data[start:start + stored]))
        at = start + stored
    return found


def raw(block):
    """A block's payload, decompressed."""
    if block.codec == RAW:
        return block.stored
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd"))
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
                                     ctypes.c_size_t]
    out = ctypes.create_string_buffer(block.raw_bytes)
    size = zstd.ZSTD_decompress(out, block.raw_bytes, block.stored, len(block.stored))
    assert size == block.raw_bytes, f"block {block.sequence} does not decompress"
    return out.raw


def framed(kind, sequence, codec, raw_bytes, stored):
    """A block's bytes with the right checksum, whatever is in it."""
    head = _FRAME.pack(b"npnB", kind, sequence, codec, len(stored), raw_bytes, 0)
    return head + struct.pack("<I", zlib.crc32(stored, zlib.crc32(head))) + stored


def with_payload(data, block, payload):
    """The file with one block's payload replaced, and a checksum that is right."""
    end = block.offset + BLOCK_HEADER_BYTES + len(block.stored)
    return (data[:block.offset] + framed(block.type, block.sequence, RAW, len(payload), payload)
            + data[end:])


def with_version(data, version):
    """The file as a program of another version would have begun it."""
    head = data[:8] + struct.pack("<I", version) + data[12:28]
    return head + struct.pack("<I", zlib.crc32(head)) + data[HEADER_BYTES:]
