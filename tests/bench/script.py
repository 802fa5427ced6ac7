# tests/bench/script.py: work for an interpreter whose allocations are traced
# SPDX-License-Identifier: MIT
"""script.py ROUNDS: parses, sorts, compiles, builds strings; the same each time."""
import collections
import json
import re
import sys


def numbers(count):
    value = 12345
    for _ in range(count):
        value = (value * 1103515245 + 12345) % 2**31
        yield value


def documents():
    made = [{"id": number, "name": f"name-{number % 997}",
             "tags": [str(number % k) for k in (3, 7, 11)], "size": number / 3}
            for number in numbers(3000)]
    return json.loads(json.dumps(made))


def words(found):
    text = " ".join(f"{item['name']}/{'+'.join(item['tags'])}" for item in found)
    return collections.Counter(re.findall(r"[a-z]+-(\d+)/", text))


def source(count):
    return "\n".join(f"def function_{i}(a, b={i}):\n    return [x * {i} + b for x in range(a)]"
                     for i in range(count))


def main():
    total = 0
    for _ in range(int(sys.argv[1])):
        found = documents()
        found.sort(key=lambda item: (item["name"], item["size"]))
        counted = words(found)
        names = {}
        exec(compile(source(150), "made", "exec"), names)
        total += sum(counted.values()) + sum(names["function_7"](50)) + len(found)
    print(total)


main()
