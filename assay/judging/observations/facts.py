"""What the witness wrote down of one exercise, by kind; every other observation is made of this."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from assay.judging.evidence import Evidence, as_number
from assay.judging.observations.models import ModelHistory, histories


class Facts:
    """The facts of exercise `number`; whatever was loaded in an earlier exercise and used again belongs to it too."""

    def __init__(self, evidence: Evidence, number: int) -> None:
        self.evidence = evidence
        self.number = number

    def facts(self, kind: str) -> list[dict[str, Any]]:
        """Facts of one kind from this exercise's own cells, in order."""
        return [f for f in self.evidence.facts if f["kind"] == kind and f["exercise"] == self.number]

    def facts_so_far(self, kind: str) -> list[dict[str, Any]]:
        """Facts of one kind from the set-up up to and with this exercise, in order."""
        return [f for f in self.evidence.facts if f["kind"] == kind and f["exercise"] <= self.number]

    @cached_property
    def models(self) -> dict[str, ModelHistory]:
        """Every model loaded so far, by the witness's label."""
        return histories([f for f in self.evidence.facts if f["exercise"] <= self.number])

    def used(self, kind: str) -> list[ModelHistory]:
        """The models of a kind ("unet", "vae", "text_encoder") that this exercise loaded or called, oldest first."""
        call = {"unet": ("unet",), "vae": ("encode", "decode"), "text_encoder": ("text",)}[kind]
        labels = {f["label"] for name in ("load", *call) for f in self.facts(name)}
        return [model for label, model in self.models.items() if model.kind == kind and label in labels]

    @cached_property
    def new_token_ids(self) -> set[int]:
        """Ids behind the loaded vocabulary that tokenizers of this or earlier exercises gave to added tokens."""
        return {int(row) for fact in self.facts_so_far("added_tokens") for row in fact["tokens"].values()}

    @cached_property
    def numbers(self) -> list[float]:
        """Plain numbers that this exercise's cells left in the notebook's variables."""
        return [as_number(value) for fact in self.facts("numbers") for value in fact["values"]]
