"""Decides as whom a student's process runs when the command was started by root: as nobody that anything belongs to."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterable

from assay.failure import Fault
from assay.sandbox.kernel import syscall
from assay.sandbox.syscalls import architecture

# Numbers that neither distributions nor systemd hand out (systemd's list of UIDs leaves 60578 to 61183 unused). Several
# of them, so that submissions which run at once are strangers to each other too.
_FIRST, _COUNT = 60600, 500
_CAPSET = (126, 91)
_CAPABILITIES_VERSION = 0x20080522


def own_user() -> int | None:
    """The number to run as; None where the command was not started by root, and nothing has to be given up."""
    return _FIRST + os.getpid() % _COUNT if os.getuid() == 0 else None


def hand_over(folders: Iterable[str], user: int) -> None:
    """Let `user` own these folders and what is in them; call before anything is mounted there."""
    for folder in folders:
        _own(folder, user)


def give_back(folder: str) -> None:
    """Let root own what a submission left below `folder`; call when none of its processes is alive."""
    _own(folder, 0)


def _own(folder: str, user: int) -> None:
    for _, folders, files, here in os.fwalk(folder):
        for name in (".", *folders, *files):
            with contextlib.suppress(OSError):
                os.chown(name, user, user, dir_fd=here, follow_symlinks=False)


def become(user: int) -> None:
    """Be `user` from now on, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def drop_capabilities() -> None:
    """Give up every right beyond an ordinary user's, such as those that a namespace of one's own brings."""
    known = architecture()
    if known is not None:
        header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
        syscall(_CAPSET[known[0]], ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))


def require_reachable(paths: Iterable[str]) -> None:
    """Make sure that this user can go where a notebook's process must.

    Raises:
        Fault: it cannot; the message says what to do.
    """
    for path in paths:
        if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):  # noqa: PTH112
            raise Fault(
                f"notebooks run as an unprivileged user when root grades, and that user cannot read {path}: move it "
                "to where everybody may read (Python under /usr or /opt, the kit with ASSAY_KIT, results with --out), "
                "or start as another user"
            )


def closed_folders(paths: Iterable[str]) -> list[str]:
    """The topmost folders on the way to `paths` that strangers may not enter."""
    found: dict[str, None] = {}
    for path in paths:
        at = path.find("/", 1)
        while at > 0 and path[:at] not in found:
            with contextlib.suppress(OSError):
                if not os.stat(path[:at]).st_mode & 0o001:  # noqa: PTH116
                    found[path[:at]] = None
                    break
            at = path.find("/", at + 1)
    return list(found)
