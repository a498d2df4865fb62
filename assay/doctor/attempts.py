"""Decides what is attempted at a wall, and from which tier on it must fail: each attempt is a cell of a notebook.

A cell hands `knock` a function that does what is forbidden. An OSError means that the wall held; getting to the end
means that it did not; anything else means that the attempt itself is broken, which nobody may take for a wall.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.sandbox.tiers import LIMITS, LOCKDOWN

SETUP = """
import ctypes, errno, json, os, pathlib, socket, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    return library("syscall", *[ctypes.c_long(a) if isinstance(a, int) else a for a in (number, *arguments)])

def library(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "it was allowed"

def knock(attempt):
    try:
        seen, held = str(attempt()), False
    except OSError as error:
        seen, held = f"{type(error).__name__}: {error.strerror}", True
    except BaseException as error:
        seen, held = f"the attempt itself is broken: {type(error).__name__}: {error}", None
    print(json.dumps({"held": held, "seen": seen[:200]}))
"""


@dataclass(frozen=True)
class Attempt:
    """One attempt: its name, what it tries in words, the cell, and the weakest tier at which it must fail.

    `PLACES` of `examine.py` are known to the cell. With `ending`, the exercise itself must be ended with a reason that
    has these words in it.
    """

    name: str
    tries: str
    cell: str
    since: str
    ending: str | None = None


def _syscalls(**numbers: tuple[int, int]) -> str:
    """A cell that tries several system calls, each (number on x86_64, on aarch64), and names those that exist."""
    return f"""
column = 1 if os.uname().machine == "aarch64" else 0
def each():
    open_ones = []
    for name, numbers in {numbers!r}.items():
        try:
            call(numbers[column], 0, 0, 0, 0, 0)
            open_ones.append(name)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOSYS):
                open_ones.append(name)
    if not open_ones:
        raise PermissionError(errno.EPERM, "every one is refused")
    return "open: " + ", ".join(open_ones)
knock(each)
"""


def _on_a_copy(code: str) -> str:
    """A cell that tries something in a fork, which changes nothing of its own process."""
    return f"""
def on_a_copy():
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            {code}
            os.write(writing, b"0")
        except OSError as error:
            os.write(writing, str(error.errno).encode())
        os._exit(0)
    os.wait()
    if (code := int(os.read(reading, 9))):
        raise OSError(code, os.strerror(code))
    return "it was allowed"
knock(on_a_copy)
"""


ATTEMPTS = (
    Attempt("environment", "find the caller's variables", """
def token():
    if "ASSAY_DOCTOR_TOKEN" not in os.environ:
        raise PermissionError(errno.EPERM, "it is not there")
    return "a token in the environment"
knock(token)
""", LIMITS),
    Attempt("descriptors", "use a file that the caller holds open", """
def inherited():
    canary = (PLACES["device"], PLACES["inode"])
    for descriptor in range(256):
        try:
            facts = os.fstat(descriptor)
        except OSError:
            continue
        if (facts.st_dev, facts.st_ino) == canary:
            return f"descriptor {descriptor}"
    raise PermissionError(errno.EPERM, "none is open")
knock(inherited)
""", LIMITS),
    Attempt("core dumps", "leave a copy of the memory on the disk", """
import resource
def dump():
    if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0):
        raise PermissionError(errno.EPERM, "core dumps are off")
    return resource.getrlimit(resource.RLIMIT_CORE)
knock(dump)
""", LIMITS),
    Attempt("reading", "read a file outside", 'knock(lambda: open(PLACES["canary"]).read())', LOCKDOWN),
    Attempt("the course", "read a rubric", 'knock(lambda: open(PLACES["rubric"]).readline())', LOCKDOWN),
    Attempt("other runs", "read what belongs to the run itself and not to the student",
            'knock(lambda: open(PLACES["plan"]).readline())', LOCKDOWN),
    Attempt("writing", "change a file outside",
            'knock(lambda: open(PLACES["canary"], "a").write("changed"))', LOCKDOWN),
    Attempt("emptying", "empty a file outside", 'knock(lambda: os.truncate(PLACES["prey"], 0))', LOCKDOWN),
    Attempt("the package", "change a module that everybody imports",
            'knock(lambda: open(PLACES["module"], "a").close() or "it could be opened")', LOCKDOWN),
    Attempt("the kit", "change a model that everybody loads",
            'knock(lambda: open(PLACES["kit"], "a").close() or "it could be opened")', LOCKDOWN),
    Attempt("permissions", "take away a file's permissions",
            'knock(lambda: library("chmod", PLACES["canary"].encode(), 0))', LOCKDOWN),
    Attempt("times", "change a file's time",
            'knock(lambda: library("utimes", PLACES["canary"].encode(), None))', LOCKDOWN),
    Attempt("tcp", "connect to a server on this machine",
            'knock(lambda: socket.create_connection(("127.0.0.1", PLACES["tcp"]), timeout=2))', LOCKDOWN),
    Attempt("udp", "send a datagram", """
knock(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", PLACES["udp"])))
""", LOCKDOWN),
    Attempt("unix sockets", "talk to a service of this machine through its socket",
            'knock(lambda: socket.socket(socket.AF_UNIX).connect(PLACES["socket"]))', LOCKDOWN),
    Attempt("signals", "send a signal to a process of the caller",
            'knock(lambda: os.kill(PLACES["victim"], 0))', LOCKDOWN),
    Attempt("command lines", "read another process's command line",
            'knock(lambda: open(f"/proc/{PLACES[\'victim\']}/cmdline").read())', LOCKDOWN),
    Attempt("memory", "read another process's memory and environment",
            'knock(lambda: open(f"/proc/{PLACES[\'victim\']}/environ").read())', LOCKDOWN),
    Attempt("tracing", "trace a process of the caller", _on_a_copy(
        'call(117 if os.uname().machine == "aarch64" else 101, 0x4206, PLACES["victim"], 0, 0)'), LOCKDOWN),
    Attempt("limits of others", "lower another process's limits", """
import resource
knock(lambda: resource.prlimit(PLACES["victim"], resource.RLIMIT_CORE, (0, 0)))
""", LOCKDOWN),
    Attempt("namespaces", "make a namespace of its own", _on_a_copy(
        'library("unshare", 0x10000000)'), LOCKDOWN),
    Attempt("mounts", "mount something", _on_a_copy(
        'library("mount", b"x", b"/tmp", b"tmpfs", 0, None)'), LOCKDOWN),
    Attempt("wide interfaces", "reach the kernel's wide interfaces", _syscalls(
        io_uring_setup=(425, 425), keyctl=(250, 219), userfaultfd=(323, 282), bpf=(321, 280),
        perf_event_open=(298, 241)), LOCKDOWN),
    Attempt("processes", "start a hundred processes", """
for _ in range(100):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
time.sleep(30)
""", LIMITS, "processes"),
    Attempt("disk", "write more than is allowed", """
for number in range(16):
    pathlib.Path(f"part{number}").write_bytes(bytes(16 << 20))
time.sleep(30)
""", LIMITS, "files written grew"),
    Attempt("unnamed files", "write more than is allowed into files without a name", """
held = []
for number in range(16):  # under names of their own: in place of older files nothing would grow
    held.append(open(f"nameless{number}", "wb"))
    os.unlink(f"nameless{number}")
    held[-1].write(bytes(16 << 20))
time.sleep(30)
""", LIMITS, "files written grew"),
    Attempt("memory bomb", "ask for a terabyte of memory", "x = bytearray(1 << 40)", LIMITS, "memory"),
    Attempt("daemon", "leave a process behind", """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", PLACES["nap"]])
    os._exit(0)
os.wait()
time.sleep(0.3)
print(json.dumps({"held": None, "seen": "looked at from outside"}))
""", LIMITS),
)  # fmt: skip
