"""Decides how Linux is asked for what Python has no function for: by number, with errors as OSError."""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 1, 38, 36


def syscall(number: int, *arguments: Any) -> int:
    """The answer of a system call; integers are passed as machine words.

    Raises:
        OSError: the kernel refused, or has no such call.
    """
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in (number, *arguments)]
    return _checked(_LIBC.syscall(*words))


def prctl(option: int, value: int) -> None:
    """Set a property of this process (Linux; elsewhere nothing happens)."""
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def unshare(flags: int) -> None:
    """Leave namespaces that `flags` name for new ones.

    Raises:
        OSError: this is not allowed here; AttributeError where the system is not Linux.
    """
    _checked(_LIBC.unshare(flags))


def mount(source: os.PathLike[str] | str | None, target: os.PathLike[str] | str, flags: int, kind: str = "",
          options: str = "") -> None:  # fmt: skip
    """Mount, bind or change a mount, as `mount(2)`.

    Raises:
        OSError: this is not allowed here.
    """
    origin = None if source is None else os.fsencode(source)
    _checked(
        _LIBC.mount(origin, os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None)
    )


def detach(target: str) -> None:
    """Unmount as soon as nobody uses it any more.

    Raises:
        OSError: this is not allowed here.
    """
    _checked(_LIBC.umount2(os.fsencode(target), 2))


def machine() -> str:
    """The processor's name as the kernel gives it, such as x86_64."""
    return platform.machine()


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
