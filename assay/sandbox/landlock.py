"""Decides what Landlock forbids a process for good: every file that is not named, TCP, and signals to outsiders.

Landlock needs no right and no package. What it cannot stop (other sockets, permissions and times of files, tracing)
belongs to `seccomp.py`. What a rule allows holds for everything below its folder, and rules only add up.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from assay.sandbox.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every machine
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_FIRST_RIGHTS = (1 << 13) - 1
_LATER_RIGHTS = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # ABI -> link and rename across folders, truncate, device ioctl
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | 1 << 15
_TCP = 0b11  # bind and connect, from ABI 4
_SCOPES = 0b11  # abstract sockets and signals, from ABI 6
SCOPED = 6
# Before ABI 3 nothing stops a process from emptying files that it may not write.
NEEDED = 3

READ, LIST = _EXECUTE | _READ_FILE | _READ_DIR, _READ_DIR


def version() -> int:
    """The ABI of this kernel's Landlock; 0 where it has none, or has it switched off."""
    try:
        return syscall(_CREATE, None, 0, 1)
    except (OSError, AttributeError):
        return 0


def restrict(readable: Iterable[str], listed: Iterable[str], writable: Iterable[str]) -> None:
    """Leave this process, and all that it will ever start, these files and no others.

    Args:
        readable: files and folders that may be read and executed, with everything below.
        listed: folders whose entries' names may be read, at any depth, but not their contents.
        writable: files and folders in which everything may be done but making devices.

    Raises:
        OSError: the kernel refused.
    """
    abi = version()
    handled = _FIRST_RIGHTS | sum(right for since, right in _LATER_RIGHTS.items() if abi >= since)
    words = [handled, _TCP if abi >= 4 else 0, _SCOPES if abi >= SCOPED else 0]
    attributes = struct.pack("QQQ", *words)[: 8 if abi < 4 else 16 if abi < SCOPED else 24]
    rules = syscall(_CREATE, ctypes.c_char_p(attributes), len(attributes), 0)
    for paths, rights in (
        (readable, READ), (listed, LIST), (writable, handled & ~(_MAKE_CHAR | _MAKE_BLOCK)),
    ):  # fmt: skip
        for path in paths:
            _allow(rules, path, rights)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(_RESTRICT, rules, 0)
    os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    """A rule for a path; one that is not there needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        allowed = rights if stat.S_ISDIR(os.fstat(place).st_mode) else rights & _OF_A_FILE
        syscall(_ADD, rules, 1, ctypes.c_char_p(struct.pack("=Qi", allowed, place)), 0)
    finally:
        os.close(place)
