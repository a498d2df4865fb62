"""A LoRA adapter as it was trained: its tensors, the layers it sits on, what else had gradients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assay.judging.observations.facts import Facts
from assay.judging.observations.models import ModelHistory
from assay.judging.originals import plain_name

_LORA = re.compile(r"(?P<layer>.+)\.lora_(?P<half>[AB])\.[^.]+\.weight")


@dataclass(frozen=True)
class Adapter:
    """The adapter inside `model` (a U-Net); `trainable` tells what required a gradient before the first step."""

    work: Facts
    model: ModelHistory
    trainable: dict[str, Any]

    @classmethod
    def of(cls, work: Facts) -> Adapter | None:
        """The adapter of the U-Net that this exercise trained by way of; None when nothing of LoRA was trainable."""
        for fact in work.facts("trainable"):
            owner = work.models.get(fact["label"])
            if owner is not None and any(_LORA.fullmatch(plain_name(name)) for name in fact["parameters"]):
                return cls(work, owner, fact)
        return None

    @cached_property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The adapter's tensors before the first step, by plain name: shape, digest, and whether it is all zero."""
        named = {plain_name(name): value for name, value in self.trainable["parameters"].items()}
        return {name: value for name, value in named.items() if _LORA.fullmatch(name)}

    @cached_property
    def layers(self) -> dict[str, tuple[int, int, int]]:
        """Adapted layer to (rank, inputs, outputs)."""
        found: dict[str, tuple[int, int, int]] = {}
        for name, parameter in self.parameters.items():
            match = _LORA.fullmatch(name)
            other = self.parameters.get(name.replace(".lora_A.", ".lora_B."))
            if match and match["half"] == "A" and other is not None:
                found[match["layer"]] = (parameter["shape"][0], parameter["shape"][1], other["shape"][0])
        return found

    @property
    def size_by_formula(self) -> int:
        """Sum of r * (in + out) over the adapted layers (Hu et al. 2021, section 4.1)."""
        return sum(rank * (inputs + outputs) for rank, inputs, outputs in self.layers.values())

    @property
    def trainable_size(self) -> int:
        """How many numbers of the U-Net required a gradient."""
        return int(self.trainable["size"])

    @property
    def nonzero_at_start(self) -> list[str]:
        """Names of B matrices that were not zero before the first step."""
        return [name for name, value in self.parameters.items() if ".lora_B." in name and not value["zero"]]

    @cached_property
    def without_gradient(self) -> list[str]:
        """Names of B matrices that no backward pass brought a gradient other than zero; A gets none from a zero B."""
        reached = {plain_name(n) for f in self.work.facts("gradient") if f["label"] == self.model.label
                   for n in f["names"]}  # fmt: skip
        return [name for name in self.parameters if ".lora_B." in name and name not in reached]

    @cached_property
    def still(self) -> list[str]:
        """Adapter tensors that no optimizer moved: the bits are the same after its last step as before the first."""
        moved = {name for fact in self.work.facts("optimizer") for name in self._moved_by(fact)}
        return [name for name in self.parameters if name not in moved]

    @cached_property
    def kept(self) -> dict[str, Any]:
        """B of each layer of the adapters, (out, in), as training left it, None where it was not kept; empty for an
        adapter of another kind than the library's."""
        facts = [f for f in self.work.facts("adapter") if f["label"] == self.model.label]
        layers = [(f"{f['name']}: {layer}", parts["B"]) for f in facts for layer, parts in f["layers"].items()]
        return {layer: self.work.evidence.tensor(name) for layer, name in layers}

    def _moved_by(self, optimizer: dict[str, Any]) -> set[str]:
        held = [p for p in optimizer["parameters"] if p["has_gradient"]]
        for fact in reversed(self.work.facts("after_last_step")):
            if fact["optimizer"] == optimizer["optimizer"] and len(fact["digests"]) == len(held):
                pairs = zip(held, fact["digests"], strict=True)
                own = [(p, digest) for p, digest in pairs if p["model"] == self.model.label]
                return {plain_name(p["name"]) for p, digest in own if digest != p["digest"]}
        return set()

    @cached_property
    def others_with_gradient(self) -> list[str]:
        """Parameters outside the adapter that a backward pass of this exercise brought a gradient."""
        found: dict[str, None] = {}
        for fact in self.work.facts("gradient"):
            for name in fact["names"]:
                if not _LORA.fullmatch(plain_name(name)):
                    found[f"{fact['label'].rstrip('0123456789')}: {plain_name(name)}"] = None
        return list(found)
