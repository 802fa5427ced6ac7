# tests/selfcheck/python_work.py: gives a Python interpreter something of everything to do
# SPDX-License-Identifier: MIT
"""Run by tests/selfcheck/hosts.py: many call paths through the interpreter and its extension
modules, callbacks from C into Python, threads, and a child process."""
import bz2
import ctypes
import decimal
import functools
import hashlib
import json
import lzma
import re
import sqlite3
import subprocess
import threading
import xml.etree.ElementTree as ElementTree
import zlib


def data():
    return {"rows": [{"number": i, "text": "x" * (i % 40), "list": list(range(i % 7))}
                     for i in range(400)]}


def texts():
    text = json.dumps(data(), indent=1)
    words = re.findall(r"(\w+)\W+(?=(\w+))", text)
    return len(json.loads(text)["rows"]) + len(re.sub(r"[aeiou](?P<next>.)", r"\g<next>", text)) \
        + len(words)


def packed():
    raw = json.dumps(data()).encode()
    return sum(len(pack(raw)) for pack in (zlib.compress, bz2.compress, lzma.compress)) \
        + len(hashlib.sha256(raw).hexdigest())


def table():
    connection = sqlite3.connect(":memory:")
    connection.create_function("twice", 1, lambda x: 2 * x)
    connection.execute("create table t (a integer, b text)")
    connection.executemany("insert into t values (?, ?)", [(i, str(i)) for i in range(500)])
    question = "select sum(twice(a)) from t where b like '%7%' order by a"
    return connection.execute(question).fetchone()


def tree():
    root = ElementTree.fromstring("<a>" + "<b c='d'>e<f/></b>" * 200 + "</a>")
    return len(ElementTree.tostring(root)) + len(root.findall(".//f"))


def sorted_by_c():
    """The C library's qsort, called from Python, calls Python."""
    compare_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int),
                                    ctypes.POINTER(ctypes.c_int))
    numbers = (ctypes.c_int * 60)(*[(i * 37) % 60 for i in range(60)])
    ctypes.CDLL(None).qsort(numbers, 60, ctypes.sizeof(ctypes.c_int),
                            compare_type(lambda a, b: a[0] - b[0]))
    return numbers[1]


@functools.lru_cache(None)
def recursive(depth):
    return [depth] + (recursive(depth - 1) if depth else [])


def failing(depth):
    try:
        return 1 // depth + failing(depth - 1)
    except ZeroDivisionError as error:
        raise ValueError(f"at {depth}") from error


def work():
    decimal.getcontext().prec = 200
    results = [texts(), packed(), table(), tree(), sorted_by_c(), len(recursive(80)),
               len(str(decimal.Decimal(2).sqrt()))]
    try:
        failing(30)
    except ValueError as error:
        results.append(str(error))
    return results


def main():
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    found = work()
    for thread in threads:
        thread.join()
    found.append(subprocess.run(["echo", "child"], check=True, capture_output=True).stdout.decode())
    print(found)


main()
