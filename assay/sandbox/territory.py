"""Decides which files a student's process may reach: a list of what is allowed, and nothing else.

It is surveyed once for all notebooks of a command, outside; what a process has to do when it walls itself in is short.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Programs and libraries of the system. Nothing personal belongs there; settings (/etc), homes and data are elsewhere.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store")
# What libraries read of the system's settings: where libraries are, the time zone, fonts, types of files, certificates.
SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone", "/etc/fonts",
    "/etc/mime.types", "/etc/alternatives", "/etc/ssl/certs", "/etc/ssl/openssl.cnf",
)  # fmt: skip
# What they ask about the machine, to decide how many threads and how much memory to use.
MACHINE = (
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/uptime", "/proc/loadavg", "/proc/version",
    "/proc/filesystems", "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/osrelease", "/proc/driver/nvidia",
    "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm/transparent_hugepage",
    "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
    "/sys/module/nvidia", "/sys/bus/pci/devices",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
OWN = ("work", "home", "tmp", "evidence")  # below the submission's folder; of the rest of it, only `bin` is read


@dataclass(frozen=True)
class Territory:
    """What all submissions of a command may reach besides their own folders; paths are absolute.

    Args:
        needed: what Python, its packages, the kit and our own package need; all of it is below `readable` or `listed`.
        readable: files and folders that are read, with all that is below them.
        listed: folders of which something is hidden; their entries are in `readable` one by one.
        covered: what is hidden below something that is needed or the system's.
        places: of `readable` before anything is hidden, those that are files or folders and not links.
        links: the others, with what they point to.
        devices: what may be read and written below /dev.
    """

    needed: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    devices: tuple[str, ...] = ()


@functools.cache
def survey(needed: tuple[Path, ...], hidden: tuple[Path, ...] = ()) -> Territory:
    """The territory for these needs. What is `hidden` stays invisible even below something that is needed or the
    system's; what is needed below something hidden is not."""
    wanted = [Path(path) for path in (*SYSTEM, *SETTINGS, *MACHINE)]
    wanted = [path for path in (*wanted, *needed) if path.exists()]
    readable: list[Path] = []
    listed: list[Path] = []
    for path in wanted:
        _take_apart(path, [h for h in hidden if not path.is_relative_to(h)], readable, listed)
    places = dict.fromkeys(place for path in wanted for place in (path, path.resolve()) if not place.is_symlink())
    return Territory(
        needed=_strings(needed),
        readable=_strings(dict.fromkeys(readable)),
        listed=_strings(dict.fromkeys(listed)),
        covered=_strings(dict.fromkeys(_covered(hidden, places))),
        places=_strings(_outermost(places, hidden)),
        links=tuple((str(path), str(path.readlink())) for path in wanted if path.is_symlink()),
        devices=_strings([*map(Path, DEVICES), *sorted(Path("/dev").glob("nvidia*"))]),
    )


def _take_apart(path: Path, hidden: list[Path], readable: list[Path], listed: list[Path]) -> None:
    within = [h for h in hidden if h.is_relative_to(path.resolve())]
    if not within:
        readable.append(path)
        return
    listed.append(path)
    for entry in os.scandir(path):
        if not entry.is_symlink() and Path(entry.path).resolve() not in within:
            _take_apart(Path(entry.path), within, readable, listed)


def _covered(hidden: tuple[Path, ...], places: Iterable[Path]) -> Iterator[Path]:
    for secret in hidden:
        if secret.exists() and any(secret != place and secret.is_relative_to(place) for place in places):
            yield secret


def _outermost(places: Iterable[Path], hidden: tuple[Path, ...]) -> list[Path]:
    """Without those that come with a folder above them, unless something hidden lies between."""
    found: list[Path] = []
    for place in sorted(places, key=lambda place: len(place.parts)):
        above = [other for other in found if place.is_relative_to(other)]
        if not above or any(place.is_relative_to(h) and h.is_relative_to(above[-1]) for h in hidden):
            found.append(place)
    return found


def _strings(paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(map(str, paths))
