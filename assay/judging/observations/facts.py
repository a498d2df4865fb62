"""What the witness wrote down of one exercise, by kind; every other observation is made of this."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch

from assay.judging.evidence import Evidence, as_number
from assay.judging.observations.models import ModelHistory, histories


class Facts:
    """The facts of exercise `number`; whatever was loaded in an earlier exercise and used again belongs to it too."""

    def __init__(self, evidence: Evidence, number: int) -> None:
        self.evidence = evidence
        self.number = number

    def facts(self, kind: str) -> list[dict[str, Any]]:
        """Facts of one kind from this exercise's own cells, in order."""
        return [f for f in self.evidence.of_kind(kind) if f["exercise"] == self.number]

    def facts_so_far(self, kind: str) -> list[dict[str, Any]]:
        """Facts of one kind from the set-up up to and with this exercise, in order."""
        return [f for f in self.evidence.of_kind(kind) if f["exercise"] <= self.number]

    @cached_property
    def models(self) -> dict[str, ModelHistory]:
        """Every model loaded so far, by the witness's label."""
        return histories([f for f in self.evidence.facts if f["exercise"] <= self.number])

    def used(self, kind: str) -> list[ModelHistory]:
        """The models of a kind ("unet", "vae", "text_encoder", "clip") that this exercise loaded or called, oldest
        first."""
        calls = {"unet": ("unet",), "vae": ("encode", "decode"), "text_encoder": ("text",), "clip": ("seen", "read")}
        labels = {f["label"] for name in ("load", *calls[kind]) for f in self.facts(name)}
        return [model for label, model in self.models.items() if model.kind == kind and label in labels]

    @cached_property
    def new_token_ids(self) -> set[int]:
        """Ids behind the loaded vocabulary that tokenizers of this or earlier exercises gave to added tokens."""
        return {int(row) for fact in self.facts_so_far("added_tokens") for row in fact["tokens"].values()}

    def values(self, name: str) -> list[torch.Tensor]:
        """The numbers that the rubric's value `name` held after the cells so far, each time they had changed; the
        parameters of a module are `name.parameter`."""
        bound = [fact.get("tensor") for fact in self.facts_so_far("value") if fact.get("name") == name]
        return [tensor for kept in bound if (tensor := self.evidence.tensor(kept)) is not None]

    def value(self, name: str) -> torch.Tensor | None:
        """The numbers that it held last; None when it never held any."""
        return next(reversed(self.values(name)), None)

    @cached_property
    def images(self) -> list[torch.Tensor]:
        """Arrays of numbers that this exercise drew as pictures: (rows, columns) or (rows, columns, channels)."""
        drawn = [self.evidence.tensor(f.get("values")) for f in self.facts("drawn") if f.get("what") == "image"]
        return [values for values in drawn if values is not None]

    @cached_property
    def curves(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The x and y, each (n,), of every curve that this exercise drew."""
        facts = [f for f in self.facts("drawn") if f.get("what") == "curve"]
        pairs = [(self.evidence.tensor(f.get("x")), self.evidence.tensor(f.get("y"))) for f in facts]
        return [(x, y) for x, y in pairs if x is not None and y is not None and x.shape == y.shape and x.dim() == 1]

    @cached_property
    def numbers(self) -> list[float]:
        """Plain numbers that this exercise's cells left in the notebook's variables."""
        return [as_number(value) for fact in self.facts("numbers") for value in fact["values"]]
