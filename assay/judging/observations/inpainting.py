"""Denoising loops that change a part of a picture: which mask each of them was given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from assay.judging.evidence import Evidence
from assay.judging.observations.denoising import Denoising
from assay.judging.observations.mask import Mask

PIPELINE = "StableDiffusionInpaintPipeline"


@dataclass(frozen=True, eq=False)
class Inpainting:
    """A loop and its mask: what a pipeline was handed, or, for a loop written by hand, the drawn mask that fits best
    what the loop did, either way round. None when no mask was drawn."""

    loop: Denoising
    mask: Mask | None

    @property
    def keeps_something(self) -> bool:
        """Whether it is an inpainting at all: always in its pipeline; a loop by hand shows it by what it did."""
        return not self.loop.by_hand or not bool(self.loop.untouched.all())


def inpaintings(evidence: Evidence, loops: Iterable[Denoising], masks: list[torch.Tensor]) -> list[Inpainting]:
    """The exercise's inpaintings in order; `masks` are the drawn ones, uint8 (H, W)."""
    loops = [loop for loop in loops if loop.is_of(PIPELINE) or (loop.by_hand and loop.clean is not None)]
    by_hand = [loop for loop in loops if loop.by_hand]
    chosen = dict(zip(map(id, by_hand), _assigned(by_hand, masks), strict=True))
    return [Inpainting(loop, chosen[id(loop)] if loop.by_hand else _handed(evidence, loop)) for loop in loops]


def _handed(evidence: Evidence, loop: Denoising) -> Mask | None:
    pixels = evidence.tensor((loop.pipeline or {}).get("mask"))
    return None if pixels is None or pixels.dim() != 2 else Mask.of(pixels, loop.steps[0].sample.shape[1:])


def _assigned(loops: list[Denoising], masks: list[torch.Tensor]) -> list[Mask | None]:
    """For each loop a mask, each mask for one loop as long as there are enough: the best pairs first."""
    found: list[Mask | None] = [None] * len(loops)
    costs = []
    for place, loop in enumerate(loops):
        for number, pixels in enumerate(masks):
            mask = Mask.of(pixels, loop.steps[0].sample.shape[1:])
            costs.append((_misfit(loop, mask), place, number, mask))
    used: set[int] = set()
    for _, place, number, mask in sorted(costs, key=lambda cost: cost[:3]):
        if found[place] is None and number not in used:
            found[place] = mask
            used.add(number)
    for _, place, _, mask in sorted(costs, key=lambda cost: cost[:3]):
        if found[place] is None:
            found[place] = mask
    return found


def _misfit(loop: Denoising, mask: Mask) -> float:
    """How badly a mask explains what a loop left alone, one way round or the other: an inverted mask is still this
    one."""
    decided = mask.white | mask.black
    wrong = float((loop.untouched != mask.white)[decided].double().mean()) if bool(decided.any()) else 1.0
    return min(wrong, 1 - wrong)
