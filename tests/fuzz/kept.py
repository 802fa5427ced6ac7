# tests/fuzz/kept.py: the inputs that are kept, one archive for each harness
# SPDX-License-Identifier: MIT
"""tests/fuzz/corpus/HARNESS.tar.xz: many small files that resemble each other."""
import hashlib
import io
import os
import tarfile

ARCHIVE_BYTES = 64 << 10  # of one archive
CONTENT_BYTES = 512 << 10  # of what is in it


def archive(source, harness):
    return os.path.join(source, "tests/fuzz/corpus", harness + ".tar.xz")


def unpack(path, folder):
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(path):
        return
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            name = os.path.basename(member.name)
            with open(os.path.join(folder, name), "wb") as file:
                file.write(tar.extractfile(member).read())


def write(contents, path):
    with tarfile.open(path, "w:xz", preset=9) as tar:
        for content in contents:
            member = tarfile.TarInfo(hashlib.sha1(content).hexdigest()[:12])
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return os.path.getsize(path)


def pack(paths, path):
    """The smallest of the files, as many as there is room for. Returns what was taken."""
    contents = []
    for one in paths:
        with open(one, "rb") as file:
            contents.append(file.read())
    contents = sorted(set(contents), key=lambda content: (len(content), content))
    taken, total = [], 0
    for content in contents:
        total += len(content)
        if total <= CONTENT_BYTES:
            taken.append(content)
    while write(taken, path) > ARCHIVE_BYTES:
        taken = taken[:len(taken) * 9 // 10]
    return taken
