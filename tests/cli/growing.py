# tests/cli/growing.py: builds the plug-in of growing.c, and records it
# SPDX-License-Identifier: MIT
"""The compiler is $CC, or cc: what is tested is what becomes of two builds of one plug-in."""
import os
import shlex
import subprocess

from support.harness import BUILD, NPNTRACE, SOURCE, Failed

FILE = os.path.join(SOURCE, "tests", "cli", "growing.c")
BYTES = 1 + 2 + 4 + 16 + 8  # by the functions, in the order in which leak_all() calls them


def compile_to(path, *options, file=FILE):
    command = [*shlex.split(os.environ.get("CC", "cc")), "-g", f"-I{SOURCE}", f"-I{BUILD}", file,
               "-o", path, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stderr}")
    return path


def plugin(t, folder, *options, name="libnpgrowing.so"):
    """A build of the plug-in in a folder of its own."""
    os.makedirs(t.path(folder), exist_ok=True)
    return compile_to(os.path.join(t.path(folder), name), "-shared", "-fPIC", *options)


def compile_text(t, name, text, *options):
    """A program of this source, beside it."""
    file = t.path(f"{name}.c")
    with open(file, "w", encoding="utf-8") as out:
        out.write(text)
    return compile_to(t.path(name), *options, file=file)


def record(t, path, more=0, record_options=(), actions=("unload a",)):
    return t.host("record", [f"load a {path}", *actions], env={"GROWING": str(more)},
                  record_options=record_options)


def npntrace(*arguments, cwd=None):
    return subprocess.run([NPNTRACE, *arguments], capture_output=True, text=True, timeout=120,
                          check=False, cwd=cwd)
