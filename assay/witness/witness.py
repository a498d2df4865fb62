"""Decides what one submission's witness looks at: while its cells run, at their ends, and anew in each exercise."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import torch

from assay.witness.adapters import Adapters
from assay.witness.calls import Calls
from assay.witness.contrast import Contrast
from assay.witness.drawings import Drawings
from assay.witness.items import Items
from assay.witness.live import LiveModels
from assay.witness.models import Models
from assay.witness.networks import Networks
from assay.witness.products import Products
from assay.witness.recorder import NO_RUN, Recorder
from assay.witness.tokens import Tokens
from assay.witness.training import Training
from assay.witness.unnoticed import unnoticed
from assay.witness.values import AskedValues, record_values


class Witness:
    """One submission's witness; the parts listen, this one tells them where in the notebook we are."""

    current: Witness | None = None

    def __init__(self, folder: Path, names: set[str], values: Set[str], nonce: str, own: bool) -> None:
        self.recorder = Recorder(folder, nonce)
        self.models = LiveModels(self.recorder) if own else Models(self.recorder)
        self.training = Training(self.recorder, self.models)
        self.adapters = Adapters(self.recorder, self.models)
        self.calls = Calls(self.recorder, self.models, self.adapters, asked_again=not own)
        self.tokens = Tokens(self.recorder)
        self.drawings = Drawings(self.recorder)
        self.contrast = Contrast(self.recorder, self.models)
        self.products = Products(self.recorder)
        self.items = Items(self.recorder)
        self.networks = Networks(self.recorder)
        self._asked = AskedValues(self.recorder, values)
        self._names = names
        self._known: dict[str, int] = {}

    @classmethod
    def start(
        cls, folder: Path, names: set[str], values: Set[str] = frozenset(), nonce: str = NO_RUN, own: bool = False
    ) -> Witness:
        """Listen from now on; facts go into `folder` and say the run's `nonce`. After each cell the numbers of `names`
        and whatever the names `values` stand for are looked up.

        In a kernel that is a student's `own`, no model lives longer than it would without a witness, and nothing is
        looked at that only tells a forger's evidence from an honest one's.
        """
        cls.current = cls(folder, names, values, nonce, own)
        return cls.current

    def begin_cell(self, exercise: int, cell: int) -> None:
        """A cell is about to run: `exercise` 0 is the set-up, `cell` the 0-based index among all cells."""
        if exercise != self.recorder.exercise:
            self.begin_again(frozenset())
        self.recorder.exercise, self.recorder.cell = exercise, cell
        self.models.begin_cell()
        self.tokens.begin_cell()

    def begin_again(self, names: Set[str]) -> None:
        """The cell that is about to run has run before, and only this time counts: what was seen so far is no reason
        to write anything down only once. `names` are those that the cell binds."""
        for part in (self.calls, self.drawings, self.contrast, self.products, self.items, self.networks):
            part.begin_exercise()
        for name in names:
            self._known.pop(name, None)

    def end_cell(self, namespace: Mapping[str, Any]) -> None:
        """The cell has ended, well or not: write down the state of the world."""
        for what, end in (("tokens", self.tokens.end_cell), ("adapters", self.adapters.end_cell),
                          ("models", self.models.end_cell), ("training", self.training.end_cell),
                          ("items", self.items.end_cell)):  # fmt: skip
            with unnoticed(self.recorder, what):
                end()
        with unnoticed(self.recorder, "values"):
            record_values(self.recorder, namespace, self._known, self._names)
            self._asked.end_cell(namespace)
        for what, look in (("masks", self.calls.masks.look), ("latents", self.calls.latents.look)):
            with unnoticed(self.recorder, what):
                look(namespace)
        with unnoticed(self.recorder, "tensors"):
            self.recorder.flush()

    def cosine(self, one: torch.Tensor, other: torch.Tensor, result: torch.Tensor) -> None:
        """The library's own cosines, of two vectors or of two tables of them."""
        self.calls.cosine(one, other, result)
        self.products.cosines(one, other, result)
