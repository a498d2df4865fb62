"""The filter of system calls, step by step as the kernel would take it, for both kinds of machines."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from assay.sandbox import syscalls
from assay.sandbox.seccomp import program

X86, ARM = (0, 0xC000003E), (1, 0xC00000B7)
MACHINES = pytest.mark.parametrize("machine", [X86, ARM], ids=["x86_64", "aarch64"])
ALLOWED = 0x7FFF0000
SIGCHLD, CLONE_VM, CLONE_THREAD = 17, 0x100, 0x10000


def answer(machine, number, *arguments, signals=True, architecture=None):
    """What the filter says to a call: None when it is allowed, else the errno. A reading of the BPF of seccomp(2)."""
    words = {0: number, 4: architecture or machine[1]}
    words |= {16 + 8 * place: argument & 0xFFFFFFFF for place, argument in enumerate((*arguments, *[0] * 6)[:6])}
    steps, at, held = program(*machine, signals), 0, 0
    while True:
        code, when, otherwise, operand = steps[at]
        at += 1
        if code == 0x06:
            return None if operand == ALLOWED else operand & 0xFFFF
        if code == 0x20:
            held = words[operand]
        elif code == 0x54:
            held &= operand
        else:
            true = {0x15: held == operand, 0x35: held >= operand, 0x45: bool(held & operand)}[code]
            at += when if true else otherwise


def number(table, name, machine):
    found = table[name]
    return (found if isinstance(found[0], int) else found[0])[machine[0]]


@MACHINES
def test_what_is_forbidden_answers_eperm_and_what_is_not_goes_through(machine):
    for name, numbers in syscalls.FORBIDDEN.items():
        if numbers[machine[0]]:
            assert answer(machine, numbers[machine[0]], 0, 0) == errno.EPERM, name
    read, write, openat = {X86: (0, 1, 257), ARM: (63, 64, 56)}[machine]
    assert {answer(machine, call, 3, 0, 100) for call in (read, write, openat)} == {None}


@MACHINES
def test_processes_and_threads_are_made_and_namespaces_are_not(machine):
    clone = number(syscalls.WITHOUT_BITS, "clone", machine)
    unshare = number(syscalls.WITHOUT_BITS, "unshare", machine)
    assert answer(machine, clone, SIGCHLD) is None
    assert answer(machine, clone, CLONE_VM | CLONE_THREAD | 0x3D0F00) is None
    for namespace in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert answer(machine, clone, SIGCHLD | namespace) == errno.EPERM
        assert answer(machine, unshare, namespace) == errno.EPERM
    assert answer(machine, unshare, 0x80) == errno.EPERM  # time; for clone this is part of a signal's number
    assert answer(machine, unshare, CLONE_THREAD) is None


@MACHINES
def test_clone3_is_absent_so_that_libc_falls_back(machine):
    assert answer(machine, 435, 0, 88) == errno.ENOSYS


@MACHINES
def test_only_pairs_of_stream_sockets(machine):
    pair = syscalls.SOCKETPAIR[machine[0]]
    unix, inet, stream, datagram, close_on_exec = 1, 2, 1, 2, 0x80000
    assert answer(machine, pair, unix, stream | close_on_exec) is None
    assert answer(machine, pair, unix, datagram) == errno.EPERM
    assert answer(machine, pair, inet, stream) == errno.EPERM
    assert answer(machine, number(syscalls.FORBIDDEN, "socket", machine), unix, stream) == errno.EPERM


@MACHINES
def test_a_process_changes_limits_and_priorities_of_itself_only(machine):
    for name, (numbers, argument) in syscalls.OF_ITSELF_ONLY.items():
        others, itself = [0] * 6, [0] * 6
        others[argument] = 4711
        assert answer(machine, numbers[machine[0]], *itself) is None, name
        assert answer(machine, numbers[machine[0]], *others) == errno.EPERM, name


@MACHINES
def test_who_adopts_orphans_cannot_be_changed(machine):
    prctl = number(syscalls.WITHOUT_VALUES, "prctl", machine)
    assert answer(machine, prctl, 36, 0) == errno.EPERM
    assert answer(machine, prctl, 1, 9) is None


@MACHINES
def test_a_terminal_cannot_be_typed_into(machine):
    ioctl = number(syscalls.WITHOUT_VALUES, "ioctl", machine)
    assert answer(machine, ioctl, 0, 0x5412) == errno.EPERM
    assert answer(machine, ioctl, 0, 0x5401) is None


@MACHINES
def test_signals_are_sent_only_where_something_keeps_them_inside(machine):
    for name, numbers in syscalls.SIGNALS.items():
        assert answer(machine, numbers[machine[0]], 1, 9) is None, name
        assert answer(machine, numbers[machine[0]], 1, 9, signals=False) == errno.EPERM, name


@MACHINES
def test_calls_of_another_abi_are_refused(machine):
    other = ARM if machine is X86 else X86
    assert answer(machine, 0, architecture=other[1]) == errno.EPERM
    assert answer(machine, 0, architecture=0x40000003) == errno.EPERM  # i386
    assert answer(machine, 0x40000000 | 41) == errno.EPERM  # x32


@MACHINES
def test_no_number_is_named_twice_and_every_jump_lands(machine):
    tables = (syscalls.FORBIDDEN, syscalls.SIGNALS, syscalls.ABSENT)
    plain = [numbers[machine[0]] for table in tables for numbers in table.values() if numbers[machine[0]]]
    tables = (syscalls.WITHOUT_BITS, syscalls.OF_ITSELF_ONLY, syscalls.WITHOUT_VALUES)
    all_ = [*plain, *(entry[0][machine[0]] for table in tables for entry in table.values())]
    assert len(set(all_)) == len(all_)
    steps = program(*machine, False)
    assert len(steps) < 4096
    assert all(at + 1 + max(step[1:3]) < len(steps) for at, step in enumerate(steps) if step[0] != 0x06)
    assert all(0 <= jump < 256 for step in steps for jump in step[1:3])


HEADERS = {0: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 1: "/usr/include/asm-generic/unistd.h"}


@pytest.mark.parametrize("column", [0, 1], ids=["x86_64", "aarch64"])
def test_numbers_are_those_of_the_kernels_headers(column):
    if not Path(HEADERS[column]).is_file():
        pytest.skip("the kernel's headers are not installed")
    words = [line.split() for line in Path(HEADERS[column]).read_text().splitlines() if line.startswith("#define __NR")]
    known = {w[1].partition("_")[2].partition("_")[2].removeprefix("_"): w[2] for w in words if len(w) > 2}
    known = {name.removeprefix("NR_").removeprefix("NR3264_"): value for name, value in known.items()}
    entries = syscalls.FORBIDDEN | syscalls.SIGNALS | syscalls.ABSENT
    entries |= {
        name: entry[0]
        for table in (syscalls.WITHOUT_BITS, syscalls.OF_ITSELF_ONLY, syscalls.WITHOUT_VALUES)
        for name, entry in table.items()
    }
    entries |= {"socketpair": syscalls.SOCKETPAIR, "seccomp": syscalls.SECCOMP}
    compared = {name for name in entries if known.get(name, "").isdecimal()}
    assert len(compared) > 60
    assert {name: entries[name][column] for name in compared} == {name: int(known[name]) for name in compared}
