#!/usr/bin/python3
# tests/cli/examples.py: every example of --help and of the manual works as it is pasted
# SPDX-License-Identifier: MIT
"""Each verb's --help has lines under "Example:", each manual page of section 1 and 7 has EXAMPLES.
Their commands are run by bash as they stand, one page after the other, each in a new directory
with what the page may expect its reader to have: page.html with a plug-in, and such recordings as
are named and not made by an earlier command. A command must end with status 0; with 0 or 1, if it
is asked to fail on what it finds."""
import glob
import os
import re
import shlex
import shutil
import subprocess

from support.harness import BUILD, LIBRARY, NPNTRACE, SOURCE, case, main, plugin

DEADLINE_S = 180
LASTING = ("top", "serve")  # run until they are told to stop
LASTING_S = 5
TERMINATED = (0, 124, 130, 143)  # by timeout(1)
MAN = os.path.join(SOURCE, "man")


def verbs():
    text = subprocess.run([NPNTRACE, "--help"], check=True, capture_output=True, text=True).stdout
    return re.findall(r"^ {2,4}([a-z]+) {2,}\S", text, re.M)


def commands_of_help(verb):
    """The indented lines under "Example" as they look on a terminal of 80 columns."""
    text = subprocess.run([NPNTRACE, verb, "--help"], check=True, capture_output=True, text=True,
                          env={**os.environ, "COLUMNS": "80"}).stdout
    part = re.search(r"^Examples?:\n((?:(?: {2,}.*)?\n)+)", text + "\n", re.M)
    return joined(line[2:] for line in part[1].splitlines() if line) if part else []


def commands_of_page(path):
    """The lines after a dollar under EXAMPLES."""
    with open(path, encoding="utf-8") as file:
        section = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", file.read() + ".Sh ", re.M | re.S)
    if section is None:
        return []
    found, going_on = [], False
    for line in section[1].splitlines():
        line = re.sub(r"^\.D1? ?l? (?=\$ )|^\.Dl (?=\$ )", "", line)
        line = line.replace("\\e", "\\").replace("\\-", "-").replace("\\&", "")
        if line.startswith("$ ") or going_on:
            found.append(line[2:] if line.startswith("$ ") else line)
            going_on = line.endswith("\\")
    return joined(found)


def joined(lines):
    """A line that ends in a backslash goes on in the next."""
    commands, open_line = [], ""
    for line in lines:
        open_line += line
        if line.endswith("\\"):
            open_line += "\n"
            continue
        commands.append(open_line)
        open_line = ""
    return commands


def desk(t, name):
    """A directory to paste into: npntrace installed, a page with a plug-in."""
    folder = t.path(name)
    for part in ("bin", "home", "work", "plugins"):
        os.makedirs(os.path.join(folder, part))
    os.makedirs(os.path.join(folder, "run"), mode=0o700)
    os.symlink(NPNTRACE, os.path.join(folder, "bin", "npntrace"))
    for sample in ("sample", "sample2"):
        shutil.copy2(plugin(sample), os.path.join(folder, "plugins"))
    shutil.copy2(os.path.join(SOURCE, "tests", "host", "page.html"),
                 os.path.join(folder, "work", "page.html"))
    environment = {
        "PATH": os.pathsep.join((os.path.join(folder, "bin"), "/usr/bin", os.environ["PATH"])),
        "LD_LIBRARY_PATH": os.path.dirname(LIBRARY),
        "HOME": os.path.join(folder, "home"), "XDG_RUNTIME_DIR": os.path.join(folder, "run"),
        "MOZ_PLUGIN_PATH": os.path.join(folder, "plugins"),
        "LC_ALL": "C.UTF-8", "TERM": "xterm", "TMPDIR": folder,
    }
    return os.path.join(folder, "work"), environment


def make_missing(commands, work, environment):
    """Recordings that the commands read and do not make."""
    made = set(re.findall(r"(?:-o |--output[= ])(\S+)", "\n".join(commands)))
    made |= {word for command in commands if command.startswith("cp ")
             for word in shlex.split(command)[2:]}
    for name in re.findall(r"(?<![\w/*%])([\w-]+\.npt)\b(?!a)", "\n".join(commands)):
        path = os.path.join(work, name)
        if name not in made and not os.path.exists(path):
            subprocess.run([NPNTRACE, "record", "-q", "--heap=all", "-o", path, "python3", "-c",
                            "print(1)"], check=True, cwd=work, env=environment,
                           capture_output=True)


def is_lasting(command):
    return re.match(r"npntrace (%s)\b" % "|".join(LASTING), command) and "&" not in command


def as_run(command):
    """What lasts is stopped; what draws gets a terminal."""
    if not is_lasting(command):
        return command
    inner = f"script -qefc {shlex.quote(command)} /dev/null"
    return f"timeout -s INT -k 5 {LASTING_S} {inner}"


def paste(t, commands, name):
    """Runs the commands; for each its status."""
    work, environment = desk(t, name)
    make_missing(commands, work, environment)
    statuses = os.path.join(os.path.dirname(work), "statuses")
    script = "".join(f"{as_run(c)}\n"
                     + ("" if c.rstrip().endswith("&") else f"echo $? >>{shlex.quote(statuses)}\n")
                     for c in commands)
    done = subprocess.run(["bash", "-c", script], cwd=work, env=environment, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE_S,
                          check=False, errors="replace")
    told = f"in {work}:\n{script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    with open(statuses, encoding="ascii") as file:
        ended = [int(line) for line in file]
    foreground = [c for c in commands if not c.rstrip().endswith("&")]
    t.equal(len(ended), len(foreground), f"commands that ended, {told}")
    for command, status in zip(foreground, ended):
        good = TERMINATED if is_lasting(command) else (0, 1) if "--fail-" in command else (0,)
        t.expect(status in good, f"status {status} of {command}\n{told}")
    shutil.rmtree(os.path.dirname(work))


def must_use(t, commands, verb, where):
    t.expect(commands, f"{where} has no example")
    t.expect(any(re.search(rf"\bnpntrace {verb}\b", c) for c in commands),
             f"no example of {where} has the verb: {commands}")


def register(verb):
    @case(f"examples-{verb}-help")
    def of_help(t):
        commands = commands_of_help(verb)
        must_use(t, commands, verb, f"npntrace {verb} --help")
        paste(t, commands, "help")

    @case(f"examples-{verb}-manual")
    def of_manual(t):
        commands = commands_of_page(os.path.join(MAN, f"npntrace-{verb}.1"))
        must_use(t, commands, verb, f"npntrace-{verb}.1")
        paste(t, commands, "manual")

    return of_help, of_manual


@case("examples-of-the-first-pages")
def first_pages(t):
    for name in ("npntrace.1", "npntrace.7"):
        commands = commands_of_page(os.path.join(MAN, name))
        t.expect(commands, f"{name} has no example")
        paste(t, commands, name)


@case("examples-all-pages-are-of-verbs")
def all_pages(t):
    """No page is passed over."""
    pages = {os.path.basename(path)[len("npntrace-"):-len(".1")]
             for path in glob.glob(os.path.join(MAN, "npntrace-*.1"))}
    t.equal(sorted(pages), sorted(verbs()), "verbs that have a page")
    t.expect(BUILD, "no build")


for each_verb in verbs():
    register(each_verb)
main()
