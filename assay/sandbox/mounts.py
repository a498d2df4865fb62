"""Decides how a file or folder is shown at another place: to be read, to be written, or not at all."""

from __future__ import annotations

import ctypes
import os
import struct

from assay.sandbox.kernel import mount, syscall

MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
NOSUID, NODEV, NOEXEC = 2, 4, 8
_MOUNT_SETATTR = 442  # the same on every machine; Linux 5.12
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_READ_ONLY, _NO_SUID, _NO_DEVICES = 1, 2, 4


def make_read_only(place: os.PathLike[str] | str, devices: bool = False, recursive: bool = True) -> None:
    """Let nothing below the mount at `place` be written or have a right of its own; `devices` may be used or not.

    Raises:
        OSError: the kernel refused.
    """
    wanted = _READ_ONLY | _NO_SUID | (0 if devices else _NO_DEVICES)
    attributes = struct.pack("QQQQ", wanted, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    path, words = ctypes.c_char_p(os.fsencode(place)), ctypes.c_char_p(attributes)
    syscall(_MOUNT_SETATTR, _AT_FDCWD, path, flags, words, len(attributes))


def put(path: str, spot: str, how: str) -> None:
    """Show `path` at `spot`: to "read", to "write", or to "hide", which is something empty in its place, in which a
    folder that is needed after all can still be put.

    Raises:
        OSError: the kernel refused.
    """
    if how == "hide" and os.path.isdir(path):  # noqa: PTH112 - see `private_tmp.py`
        mount("tmpfs", spot, NOSUID | NODEV, "tmpfs", "size=64k,mode=0555")
    elif how == "hide":
        mount("/dev/null", spot, MS_BIND)
    else:
        make_spot(spot, path)
        mount(path, spot, MS_BIND | MS_REC)
        if how == "read":
            make_read_only(spot)


def make_spot(spot: str, path: str) -> None:
    """Something to mount `path` over."""
    if os.path.isdir(path):  # noqa: PTH112
        os.makedirs(spot, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(spot), exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(spot, os.O_CREAT | os.O_WRONLY, 0o644))
