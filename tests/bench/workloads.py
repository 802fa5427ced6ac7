# tests/bench/workloads.py: what is run, in which size
# SPDX-License-Identifier: MIT
"""Loops time themselves (tests/bench/workload.c); programs are run whole.

The material that programs work on is made here, the same each time: a repository, a script's input.
A program whose `missing` is a text cannot run here, and the text says why.
"""
import os
import shutil
import subprocess

from competitors import PLUGIN, WORKLOAD

SOURCE_FOLDER = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
COMMITS = 400
FILES = 3000

# Pairs measured and before that, NPN_Mem* pairs, rounds of the containers and of the script,
# processes started, events of a trace that is made, rounds of runs.
# The warm-up meets all 8192 distinct stacks several times.
SIZES = {
    "full": {"pairs": 2000000, "warmup": 200000, "npn": 200000, "rounds": 1000000, "script": 4,
             "starts": 400, "made": 50000000, "runs": 7},
    "quick": {"pairs": 400000, "warmup": 100000, "npn": 40000, "rounds": 200000, "script": 2,
              "starts": 100, "made": 5000000, "runs": 3},
    "smoke": {"pairs": 20000, "warmup": 2000, "npn": 2000, "rounds": 5000, "script": 1,
              "starts": 10, "made": 100000, "runs": 1},
}
DEPTHS = (16, 40, 100)
PROGRAM_KEYS = ("python3", "python3-malloc", "git-log", "git-status", "page", "page-script")


class Loop:
    """A workload that times itself. `pairs` is None until a twin has counted them."""

    def __init__(self, key, title, work, sizes, **numbers):
        self.key = key
        self.title = title
        self.depth = numbers.get("depth")
        self.threads = numbers.get("threads", 1)
        # In a pipe, two threads work at one pair.
        self.workers = 1 if work == "pipe" else self.threads
        self.command = [WORKLOAD, work]
        if work == "containers":
            self.pairs = None
            numbers["rounds"] = sizes["rounds"]
        else:
            self.pairs = sizes["npn" if work == "npn" else "pairs"]
            numbers.update(pairs=self.pairs, warmup=min(sizes["warmup"], self.pairs))
        if work == "npn":
            self.command.append(f"--plugin={PLUGIN}")
        self.command += [f"--{name}={value}" for name, value in numbers.items()]


def loops(sizes, more):
    """All loops; `more` is added to the options of each, as {"seed": 7}."""
    made = []
    for threads in (1, 2):
        for depth in DEPTHS:
            made.append(Loop(f"pairs-{depth}-{threads}t",
                             f"pairs, depth {depth}, {threads} thread{'s' * (threads > 1)}",
                             "pairs", sizes, depth=depth, threads=threads, **more))
    made.append(Loop("pipe-40", "one thread allocates, one frees, depth 40", "pipe", sizes,
                     depth=40, threads=2, **more))
    made.append(Loop("containers", "C++ containers", "containers", sizes))
    return made


def npn_loops(sizes, more):
    return [Loop(f"npn-{depth}", f"NPN_MemAlloc and NPN_MemFree, depth {depth}", "npn", sizes,
                 depth=depth, **more) for depth in DEPTHS]


class Program:
    """A whole program: command, environment, and the name of its executable file."""

    missing = None

    def __init__(self, key, title, command, env=None, cwd=None, missing=None):
        self.key = key
        self.title = title
        self.command = command
        self.env = env or {}
        self.cwd = cwd
        self.missing = missing
        self.name = os.path.basename(os.path.realpath(command[0])) if command[0] else None


def _python(sizes):
    script = os.path.join(SOURCE_FOLDER, "script.py")
    command = [PYTHON, "-S", "-E", script, str(sizes["script"])]
    missing = None if os.path.exists(PYTHON) else "not installed (Debian package: python3)"
    command_malloc = [PYTHON, "-S", script, str(sizes["script"])]
    return [
        Program("python3", "a python3 script", command, missing=missing),
        Program("python3-malloc", "the same, every object by malloc", command_malloc,
                {"PYTHONMALLOC": "malloc"}, missing=missing),
    ]


# ---- a repository -----------------------------------------------------------------------------

def _blob(number, version):
    return "".join(f"line {line} of file {number}: {(number * 31 + line * version) % 9973}\n"
                   for line in range(30)).encode()


def _import_stream():
    """A history for `git fast-import`: all files in the first commit, a few changes in each."""
    def put(path, content):
        return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content)

    for commit in range(COMMITS):
        message = f"commit {commit}: change what was before\n\nText number {commit * 7}.\n".encode()
        yield b"commit refs/heads/main\n"
        yield b"committer A U Thor <author@example.org> %d +0000\n" % (10**9 + commit * 1000)
        yield b"data %d\n%s\n" % (len(message), message)
        files = range(FILES) if commit == 0 else [(commit * 17 + i * 101) % FILES for i in range(5)]
        for number in files:
            yield put(f"folder{number % 50}/file{number}.txt", _blob(number, commit + 1))


def _git_environment(home):
    return {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_PAGER": "cat",
            "HOME": home}


def _make_repository(git, folder):
    env = {**os.environ, **_git_environment(folder)}

    def call(*arguments, **more):
        subprocess.run([git, *arguments], cwd=folder, env=env, check=True, timeout=300,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)

    os.makedirs(folder)
    call("init", "--quiet", "--initial-branch=main", ".")
    call("fast-import", "--quiet", input=b"".join(_import_stream()))
    call("reset", "--quiet", "--hard", "main")


def _git(scratch):
    git = shutil.which("git")
    folder = os.path.join(scratch, "repository")
    missing = None if git else "not installed (Debian package: git)"
    if git and not os.path.isdir(folder):
        try:
            _make_repository(git, folder)
        except subprocess.SubprocessError as error:
            detail = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
            missing = f"no repository could be made: {error}; {detail}"
    env = _git_environment(folder)
    command = git or ""
    return [
        Program("git-log", "git log --stat", [command, "log", "--stat", "main"], env, folder,
                missing),
        Program("git-status", "git status", [command, "--no-optional-locks", "status", "--short"],
                env, folder, missing),
    ]


# ---- a page -----------------------------------------------------------------------------------

def _pages(scratch, display):
    """A page as most are, and one that keeps the browser busy with script and layout."""
    program = shutil.which("cutycapt")
    missing = None if program else "not installed (Debian package: cutycapt)"
    if missing is None and display is None:
        missing = "no X server (Debian package: xvfb)"
    runtime = os.path.join(scratch, "runtime")
    os.makedirs(runtime, mode=0o700, exist_ok=True)
    env = {"DISPLAY": display or "", "QT_QPA_PLATFORM": "xcb", "XDG_RUNTIME_DIR": runtime,
           "HOME": runtime, "MOZ_PLUGIN_PATH": runtime}

    def page(key, title, file):
        url = f"file://{os.path.join(SOURCE_FOLDER, file)}"
        picture = os.path.join(scratch, f"{key}.png")
        return Program(key, title, [program or "", "--javascript=on", f"--url={url}",
                                    f"--out={picture}"], env, None, missing)

    return [page("page", "a page in a browser (cutycapt)", "page.html"),
            page("page-script", "a page with much script (cutycapt)", "page_script.html")]


def programs(sizes, scratch, display):
    return _python(sizes) + _git(scratch) + _pages(scratch, display)
