"""Decides what is written down of a labelled data set: which items a cell took, and the labels that came with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.witness.recorder import Recorder

ITEMS = 20_000  # of one exercise: a test set of ten thousand, twice


class Items:
    """Collects the items taken and writes them down at a cell's end, for one line each would be far too many."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._taken: dict[str, list[tuple[int, int]]] = {}
        self._count = 0

    def begin_exercise(self) -> None:
        """Start counting anew."""
        self._count = 0

    def taken(self, dataset: Any, index: Any, item: Any) -> None:
        """`dataset[index]` gave `item`, a pair of a picture and its label."""
        self._count += 1
        if self._count <= ITEMS and type(item) is tuple and len(item) == 2 and type(item[1]) is int:
            self._taken.setdefault(type(dataset).__name__, []).append((int(index), item[1]))

    def end_cell(self) -> None:
        """Write down what the cell took."""
        for name, pairs in self._taken.items():
            indices, labels = zip(*pairs, strict=True)
            self._recorder.fact("items", dataset=name, indices=list(indices), labels=list(labels))
        self._taken = {}


def install_items(after: Callable[[Any, str, Callable[..., None]], None]) -> None:
    """`after(owner, name, note)` wraps a method; here it wraps how torchvision's data sets give an item."""
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError):
        return
    for owner in (datasets.CIFAR10, datasets.MNIST):
        after(owner, "__getitem__", _taken)


def _taken(w: Any, item: Any, dataset: Any, index: Any) -> None:
    w.items.taken(dataset, index, item)
