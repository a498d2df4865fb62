"""Decides what a kernel that is watched remembers: its cells, and what the witness saw of them, in a private folder."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from assay.command.lessons import Lesson, load_lessons
from assay.live.diary import Entry, is_ours, names_bound
from assay.live.dice import same_dice
from assay.live.heard import listen
from assay.live.places import Place, Published, places, published_cells
from assay.live.sheet import Sheet, find_sheet


class Watching:
    """One kernel from `%load_ext assay` on; nothing in it may ever disturb a cell."""

    def __init__(self, shell: Any) -> None:
        self.shell, self.lessons = shell, load_lessons()
        self.entries: list[Entry] = []
        self.open: Entry | None = None
        self.is_checking = False
        self.folder = Path(tempfile.mkdtemp(prefix="assay-"))
        self._pid = os.getpid()
        self._ends: list[Callable[[], None]] = []
        (self.folder / "kernel").mkdir()
        self.witness, self.older = _start_witness(self.folder / "kernel", self.lessons, shell.user_ns)

    def begin(self) -> None:
        """Follow the cells from now on, this one included."""
        self._ends.append(listen(self.shell, self._heard))
        for name, act in (("pre_run_cell", self.before_cell), ("post_run_cell", self.after_cell)):
            self.shell.events.register(name, act)
            self._ends.append(lambda name=name, act=act: self.shell.events.unregister(name, act))  # type: ignore[misc]
        sources = self.shell.user_ns.get("In") or [""]
        self._open(str(sources[-1]), None)

    @property
    def is_ours(self) -> bool:
        """Whether this is the process that began to watch, and no copy of it."""
        return os.getpid() == self._pid

    def close(self) -> None:
        """Let go of everything, and leave nothing on the disk."""
        for end in reversed(self._ends):
            with suppress(Exception):
                end()
        self._ends = []
        from assay.witness import Witness

        if Witness.current is self.witness:
            Witness.current = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def before_cell(self, info: Any) -> None:
        """IPython is about to run a cell."""
        with suppress(Exception), same_dice():
            self._open(str(info.raw_cell), getattr(info, "cell_id", None))

    def _open(self, source: str, cell_id: str | None) -> None:
        self.open = None
        if is_ours(source):
            return
        entry = Entry(len(self.entries), source, cell_id, self.shell.execution_count)
        known = [other for other in self.entries if other.source == source or (cell_id and other.cell_id == cell_id)]
        self.entries.append(entry)
        entry.exercise = self.places(self.sheet(None, ask=False))[-1].exercise
        if known:
            self.witness.begin_again(frozenset(names_bound(source)))
        self.witness.begin_cell(entry.exercise, entry.serial)
        self.open = entry

    def after_cell(self, result: Any) -> None:
        """A cell has ended, well or not."""
        with suppress(Exception), same_dice():
            entry = self.open
            if entry is None:
                return
            error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
            if error is not None:
                entry.error = f"{type(error).__name__}: {error}"[:300]
            self.look()
            self.open = None

    def look(self) -> None:
        """Write down how things stand now."""
        with suppress(Exception):
            sys.stdout.flush()
            self.witness.end_cell(self.shell.user_ns)

    def sheet(self, named: str | None, ask: bool) -> Sheet | None:
        """The notebook as it is known now."""
        return find_sheet(named, self.shell, ask)

    def places(self, sheet: Sheet | None, lesson: str | None = None) -> list[Place]:
        """Where each run belongs, as far as is known now."""
        rubrics = [one.rubric for slug, one in self.lessons.items() if lesson in (None, slug)]
        published: dict[str, frozenset[int]] = {}
        for rubric in rubrics:
            published |= published_cells(rubric)
        merged: Published = published
        return places(self.entries, sheet, merged)

    def _heard(self, text: str) -> None:
        if self.open is not None and not self.is_checking:
            self.open.show(text)


def _start_witness(
    folder: Path, lessons: Mapping[str, Lesson], namespace: Mapping[str, Any]
) -> tuple[Any, dict[str, str]]:
    """The witness, and what was loaded before it began: label to what a student calls it."""
    from assay.kit.torchvision_operators import define_missing_operators
    from assay.witness import Witness, install
    from assay.witness.live import older_models

    define_missing_operators()
    install()
    rubrics = [lesson.rubric for lesson in lessons.values()]
    names = {override.name for rubric in rubrics for override in rubric.shorten}
    values = {name for rubric in rubrics for name in rubric.values}
    witness = Witness.start(folder, names, values, own=True)
    older = [model for reference in older_models(gc.get_objects()) if (model := reference()) is not None]
    return witness, {witness.models.watch(model, None, None): _name_of(model, namespace) for model in older}


def _name_of(model: Any, namespace: Mapping[str, Any]) -> str:
    """What a student knows a model by: a name that is bound to it, or to what it is a part of."""
    for name, value in list(namespace.items()):
        if name.startswith("_"):
            continue
        if value is model:
            return f"{type(model).__name__} {name!r}"
        held = getattr(value, "__dict__", None)
        part = next((key for key, inner in held.items() if inner is model), None) if isinstance(held, dict) else None
        if part is not None:
            return f"{type(model).__name__} {f'{name}.{part}'!r}"
    return f"{type(model).__name__}"
