"""A LoRA adapter as it was trained: its tensors, the layers it sits on, what else had gradients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assay.judging.evidence import as_number
from assay.judging.observations.models import ModelHistory
from assay.judging.originals import plain_name

if TYPE_CHECKING:
    from assay.judging.observations.exercise import Work

_LORA = re.compile(r"(?P<layer>.+)\.lora_(?P<half>[AB])\.[^.]+\.weight")


@dataclass(frozen=True)
class Adapter:
    """The adapter inside `model` (a U-Net), held by the optimizer of fact `optimizer`."""

    work: Work
    model: ModelHistory
    optimizer: dict[str, Any]

    @classmethod
    def of(cls, work: Work) -> Adapter | None:
        """The adapter that an optimizer of this exercise was given."""
        for fact in work.facts("optimizer"):
            for parameter in fact["parameters"]:
                owner = work.models.get(parameter["model"] or "")
                if owner is not None and _LORA.fullmatch(parameter["name"] or ""):
                    return cls(work, owner, fact)
        return None

    @cached_property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The adapter's tensors as the optimizer's first step found them, by plain name."""
        named = {plain_name(p["name"] or ""): p for p in self.optimizer["parameters"]}
        return {name: p for name, p in named.items() if _LORA.fullmatch(name)}

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
    def trained_size(self) -> int:
        """How many numbers the optimizer really moved: those of its parameters that had a gradient."""
        return int(self.optimizer["numbers"])

    @property
    def nonzero_at_start(self) -> list[str]:
        """Names of B matrices that were not zero before the first step."""
        return [name for name, p in self.parameters.items() if ".lora_B." in name and not p["zero"]]

    @cached_property
    def still(self) -> list[str]:
        """Adapter tensors whose bits are the same at the exercise's last step as before its first."""
        digests = self._digests_at_the_end()
        return [name for name, p in self.parameters.items() if digests.get(name, p["digest"]) == p["digest"]]

    def _digests_at_the_end(self) -> dict[str, str]:
        with_gradient = [p for p in self.optimizer["parameters"] if p["has_gradient"]]
        for fact in reversed(self.work.facts("after_last_step")):
            if fact["optimizer"] == self.optimizer["optimizer"] and len(fact["digests"]) == len(with_gradient):
                pairs = zip(with_gradient, fact["digests"], strict=True)
                return {plain_name(p["name"] or ""): digest for p, digest in pairs}
        return {}

    @cached_property
    def others_with_gradient(self) -> list[str]:
        """Parameters outside the adapter that had a gradient after some backward pass of this exercise."""
        found: dict[str, None] = {}
        for fact in self.work.facts("gradient"):
            for name in fact["names"]:
                if not _LORA.fullmatch(plain_name(name)):
                    found[f"{fact['label'].rstrip('0123456789')}: {plain_name(name)}"] = None
        return list(found)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps of the adapter's optimizer."""
        return [s for s in self.work.facts("step") if s["optimizer"] == self.optimizer["optimizer"]]

    def gradient_norms(self, step: dict[str, Any]) -> dict[str, float]:
        """Norm of the gradient of each adapter tensor at a step; 0 where there was none."""
        pairs = zip(self.optimizer["parameters"], step["norms"], strict=False)
        named = {plain_name(p["name"] or ""): as_number(0.0 if norm is None else norm) for p, norm in pairs}
        return {name: norm for name, norm in named.items() if name in self.parameters}
