"""Decides whether cells left something behind that a copy of their process, in another folder, would miss or share."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.execution.forking import is_forkable
from assay.execution.opened import files_to_read, open_files

# Folders that each submission has for itself and a prefix has not; everything else is found by looking.
ELSEWHERE = re.compile(r"/tmp\b|/dev/shm\b")


@dataclass(frozen=True)
class Traces:
    """What a process has open (but for files that are only read), mapped, started and written, what lies in its folder,
    and how often that is named; the folder is not named here."""

    at_home: bool
    descriptors: frozenset[int]
    shared_memory: frozenset[str]
    children: str
    written: int
    files: frozenset[tuple[str, int, int]]
    mentions: int  # in the notebook's variables, and in all that was made since the libraries were imported
    library_mentions: int | None  # in the libraries' own variables; None where it was not looked


def traces(folder: Path, namespace: dict[str, Any], captured: int, libraries: bool) -> Traces:
    """Those of this process: it works in `folder`, its notebook's variables are in `namespace`, and `captured` bytes of
    what it has written are known, because they were shown. Looking through the `libraries` takes a fifth of a second.

    Raises:
        OSError: this system does not say.
    """
    _forget_places(str(folder))
    modules = [vars(module) for module in list(sys.modules.values())] if libraries else []
    return Traces(
        at_home=os.getcwd() == f"{folder}/work",  # noqa: PTH109
        descriptors=open_files() - files_to_read(folder),
        shared_memory=frozenset(_writable_by_copies()),
        children=Path(f"/proc/self/task/{os.getpid()}/children").read_text(),
        written=_written() - captured,
        files=frozenset(_files(folder)),
        mentions=_mentions(str(folder), [namespace, *gc.get_objects()]),
        library_mentions=_mentions(str(folder), modules) if libraries else None,
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
    named = after.mentions > before.mentions or (after.library_mentions or 0) > (before.library_mentions or 0)
    return "a variable names the folder in which the cells ran" if named else None


def _mentions(folder: str, holders: Iterable[Any]) -> int:
    """How often `folder` is named in what these hold: in a copy, that would lead into a folder that is not its own."""
    word, found = folder.encode(), 0
    for holder in holders:
        for held in gc.get_referents(holder):  # a loop, because what a generator holds of this would be found as well
            found += (type(held) is str and folder in held) or (type(held) is bytes and word in held)
    return found


def _forget_places(folder: str) -> None:
    """Python remembers where it looked for modules, which is no harm."""
    for place in list(sys.path_importer_cache):
        if place.startswith(folder):
            del sys.path_importer_cache[place]


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
