"""Decides whether cells left something behind that a copy of their process, in another folder, would miss or share."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.execution.forking import is_forkable

# Folders that each submission has for itself and a prefix has not; everything else is found by looking.
ELSEWHERE = re.compile(r"/tmp\b|/dev/shm\b")


@dataclass(frozen=True)
class Traces:
    """What a process has open, mapped, started and written, what lies in its folder, and how often that is named; the
    folder is not named here."""

    at_home: bool
    descriptors: frozenset[str]
    shared_memory: frozenset[str]
    children: str
    written: int
    files: frozenset[tuple[str, int, int]]
    mentions: int


def traces(folder: Path, namespace: dict[str, Any], captured: int) -> Traces:
    """Those of this process: it works in `folder`, its notebook's variables are in `namespace`, and `captured` bytes of
    what it has written are known, because they were shown.

    Raises:
        OSError: this system does not say.
    """
    return Traces(
        at_home=os.getcwd() == f"{folder}/work",  # noqa: PTH109
        descriptors=frozenset(os.listdir("/proc/self/fd")),  # noqa: PTH208
        shared_memory=frozenset(_writable_by_copies()),
        children=Path(f"/proc/self/task/{os.getpid()}/children").read_text(),
        written=_written() - captured,
        files=frozenset(_files(folder)),
        mentions=_mentions(str(folder), namespace),
    )


def why_unshareable(before: Traces, after: Traces) -> str | None:
    """Why copies of this process would not be what they would have been with the cells run by themselves."""
    if not is_forkable():
        return "a thread or the GPU is in use"
    for name, what in (
        ("descriptors", "a file, pipe or socket was opened or closed"),
        ("shared_memory", "memory is mapped that copies would share"),
        ("children", "another process was started and is still there"),
        ("at_home", "the working folder was changed"),
        ("files", "files were made or changed"),
        ("written", "something was written"),
    ):
        if getattr(before, name) != getattr(after, name):
            return what
    return "a variable names the folder in which the cells ran" if after.mentions > before.mentions else None


def _mentions(folder: str, namespace: dict[str, Any]) -> int:
    """How often `folder` is named in a variable of the notebook, in a library's own, or in what was made since the
    libraries were imported: in a copy, that would lead into a folder that is not its own."""
    # Loops, because what a comprehension or a generator holds of this function would be found as well.
    for place in list(sys.path_importer_cache):
        if place.startswith(folder):  # Python remembers where it looked for modules; that is no harm
            del sys.path_importer_cache[place]
    holders = [namespace, *gc.get_objects(), *(vars(module) for module in list(sys.modules.values()))]
    word, found = folder.encode(), 0
    for holder in {id(holder): holder for holder in holders}.values():
        for held in gc.get_referents(holder):
            found += (type(held) is str and folder in held) or (type(held) is bytes and word in held)
    return found


def _writable_by_copies() -> Iterator[str]:
    """Mappings that stay one memory after a fork and can be written."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            place, rights, *_ = line.split(maxsplit=2)
            if rights[1] == "w" and rights[3] == "s":
                yield place


def _written() -> int:
    """Bytes that this process, and those that it waited for, have written into anything."""
    with open("/proc/self/io") as facts:
        return next(int(line.split()[1]) for line in facts if line.startswith("wchar:"))


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Everything below, with when it was changed and how large it is."""
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            facts = os.lstat(f"{above}/{name}")
            yield f"{above}/{name}".removeprefix(str(folder)), facts.st_mtime_ns, facts.st_size
