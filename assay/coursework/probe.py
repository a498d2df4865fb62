"""Decides what is written down beside a course notebook's own run: names, figures, lookups, and what is alive when.

This runs in the notebook's process and adds to the witness what only a course notebook is asked: whether its words
agree with it. What it writes convinces an author, not a judge; no marks depend on it.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FILE = "course-seen.jsonl"  # in the notebook's working folder
LINES = 20_000  # of one notebook; the course's longest writes about two thousand
CALLS = 6  # of one kind in one cell that are written down: a loop repeats itself
ENDS = 4  # numbers kept of the beginning and of the end of a tensor or a list
SMALL = 4096  # numbers of a picture of data whose columns are compared are kept as sums; of a list, as they are


class Probe:
    """Writes what is seen, one JSON line at a time."""

    def __init__(self, path: Path, cell: Callable[[], int | None], namespace: Mapping[str, Any]) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._cell, self._namespace, self._lines = cell, namespace, 0
        self._known: dict[str, object] = {}
        self._models: list[tuple[int, weakref.ref[Any]]] = []
        self._counts: dict[tuple[int | None, str], int] = {}

    def say(self, kind: str, **fields: Any) -> None:
        """Write one line."""
        cell = self._cell()
        if cell is not None and self._lines < LINES:
            self._lines += 1
            line = json.dumps({"e": kind, "cell": cell, **fields}, default=str) + "\n"
            os.write(self._descriptor, line.encode("utf-8", "replace"))

    def say_call(self, kind: str, **fields: Any) -> None:
        """Write one line for a call, unless this cell has had enough of its kind; those are counted only."""
        mark = (self._cell(), f"{kind} {fields}")
        self._counts[mark] = self._counts.get(mark, 0) + 1
        if self._counts[mark] <= CALLS:
            self.say(kind, **fields)

    def end_cell(self) -> None:
        """The names that mean something new."""
        fresh = {}
        for name, value in list(self._namespace.items()):
            if name.startswith("_") or (found := summary(value)) is None or self._known.get(name) == found:
                continue
            self._known[name] = fresh[name] = found
        if fresh:
            self.say("names", names=fresh)

    def loaded(self, model: Any, what: str, parts: Mapping[str, Any], source: str, subfolder: str | None) -> None:
        """A model was loaded, or a pipeline made of `parts`; those in use nowhere any more are not listed."""
        alive = self._alive()
        self._models.append((number_of(model), weakref.ref(model)))
        self.say(
            "loaded", what=what, cls=type(model).__name__, number=number_of(model), source=source, subfolder=subfolder,
            dtype=dtype_of(model), parts={n: number_of(p) for n, p in parts.items() if is_module(p)}, alive=alive,
        )  # fmt: skip

    def alive_once(self, why: str) -> None:
        """The same, the first time in a cell: to look takes as long as a small network's answer."""
        mark = (self._cell(), f"alive {why}")
        self._counts[mark] = self._counts.get(mark, 0) + 1
        if self._counts[mark] == 1:
            self.alive(why)

    def alive(self, why: str) -> None:
        """Which of the loaded models are in use now, and with which dtype."""
        self.say("alive", why=why, models=self._alive())

    def _alive(self) -> list[list[Any]]:
        held = {id(value) for value in list(self._namespace.values())}
        living = [(number, model) for number, reference in self._models if (model := reference()) is not None]
        return [[number, dtype_of(model)] for number, model in living if id(model) in held or is_in_use(model)]


def number_of(value: Any) -> int:
    """A number that stays with an object as long as it lives."""
    return id(value)


def is_module(value: Any) -> bool:
    """Whether it is a model, without importing anything to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def dtype_of(model: Any) -> str | None:
    """The dtype of a model's first parameter."""
    if not is_module(model):
        return None
    first = next(iter(model.parameters()), None)
    return None if first is None else str(first.dtype)


def is_in_use(model: Any) -> bool:
    """Whether anything but the witness and the probe refers to a model, apart from the notebook's own names."""
    for referrer in gc.get_referrers(model):
        if type(referrer).__name__ in ("frame", "Watched", "list_iterator", "cell"):
            continue
        if type(referrer) is list and any(type(item) is tuple and item[-1] is model for item in referrer):
            continue
        if type(referrer) is tuple and len(referrer) == 2 and referrer[1] is model:
            continue  # the pairs that are being looked through here
        if type(referrer) is dict and set(referrer) >= {"held", "weights", "known", "table"}:
            continue  # what the witness holds until the cell has ended
        return True
    return False


def summary(value: Any) -> Any:
    """What is kept of a value; None for what is of no interest. Exact types only: nobody's code is called."""
    kind = type(value)
    if kind in (bool, int, float):
        return {"number": value if abs(value) < 1e300 else str(value)}
    if kind is str:
        return {"text": value[:200]}
    if kind in (list, tuple) and value and all(type(item) in (int, float) for item in value):
        return {"list": len(value), "first": list(value[:ENDS]), "last": list(value[-ENDS:])}
    name = kind.__name__
    if name in ("Tensor", "Parameter", "ndarray"):
        return _table(value, name)
    if is_picture(value):
        return {"picture": picture_digest(value), "size": list(value.size), "thumb": thumbnail(value)}
    if kind is list and value and all(is_picture(item) for item in value[:64]):
        return {"pictures": [picture_digest(item) for item in value[:64]]}
    return None


def _table(value: Any, name: str) -> dict[str, Any] | None:
    if name != "ndarray" and (value.is_meta or value.layout is not sys.modules["torch"].strided):
        return None
    found = {"shape": list(value.shape), "dtype": str(value.dtype)}
    flat = value.reshape(-1)
    size = int(flat.size) if name == "ndarray" else flat.numel()
    if size and "complex" not in found["dtype"] and "object" not in found["dtype"] and "U" not in found["dtype"]:
        found["first"] = [float(item) for item in flat[:ENDS].tolist()]
        found["last"] = [float(item) for item in flat[-ENDS:].tolist()]
    return found


def is_picture(value: Any) -> bool:
    """Whether it is one of PIL's pictures."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def picture_digest(picture: Any) -> str:
    """The same for pictures that are equal, pixel by pixel."""
    return hashlib.sha256(f"{picture.mode}{picture.size}".encode() + picture.tobytes()).hexdigest()[:16]


def thumbnail(picture: Any) -> list[int]:
    """A picture's colours in four by four fields, 0 to 255: what tells two pictures apart at a glance."""
    small = picture.convert("RGB").resize((4, 4))
    return [channel for row in range(4) for column in range(4) for channel in small.getpixel((column, row))]


def figures(pyplot: Any) -> list[dict[str, Any]]:
    """What the open figures show: axes with their labels, marks with the text beside them, and shown tables."""
    found = []
    for number in pyplot.get_fignums():
        for axes in pyplot.figure(number).axes:
            marks = [
                {"text": text.get_text()[:100], "x": float(text.xy[0]), "y": float(text.xy[1])}
                for text in axes.texts
                if hasattr(text, "xy")
            ][:100]
            tables = [change_by_column(image.get_array()) for image in axes.images[:4]]
            limits = [float(limit) for limit in axes.get_xlim()]
            found.append(
                {"title": axes.get_title()[:200], "x": axes.get_xlabel()[:100], "y": axes.get_ylabel()[:100],
                 "xlim": limits, "marks": marks, "tables": [t for t in tables if t is not None]}
            )  # fmt: skip
    return found[:20]


def change_by_column(table: Any) -> dict[str, Any] | None:
    """How much each column of a shown table (rows, columns) changes from row to row, on average."""
    import numpy

    values = numpy.ma.filled(table, numpy.nan)
    if values.ndim != 2 or values.dtype.kind not in "fiu" or values.shape[0] < 3 or values.shape[1] > SMALL:
        return None
    changes = numpy.abs(numpy.diff(values.astype(float), axis=0)).mean(axis=0)
    return {"shape": list(values.shape), "changes": [round(float(change), 5) for change in changes]}
