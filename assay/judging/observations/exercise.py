"""One exercise's work: its facts, and the observations that are made of them when a check asks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from assay.judging.evidence import Evidence, read_json
from assay.judging.observations.adapter import Adapter
from assay.judging.observations.blends import Blend, blends
from assay.judging.observations.captions import captions
from assay.judging.observations.contrast import Contrast
from assay.judging.observations.denoising import Denoising
from assay.judging.observations.facts import Facts
from assay.judging.observations.inpainting import Inpainting, inpaintings
from assay.judging.observations.latents import Latents
from assay.judging.observations.loops import denoisings
from assay.judging.observations.noising import Noised, noised
from assay.judging.observations.pictures import Picture, pictures
from assay.judging.observations.printed import Stated, stated_numbers
from assay.judging.observations.replays import ReplayEvidence, Replays
from assay.judging.observations.reversal import Reversal, reversals
from assay.judging.observations.table import EmbeddingTable
from assay.judging.observations.training import Training


class Work(Facts):
    """The work on one exercise, as a check looks at it.

    `replays` say how each replay of this exercise ended; their files lie in and beside the evidence's folder.
    """

    def __init__(self, evidence: Evidence, number: int, replays: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(evidence, number)
        self._endings = [ending for ending in replays if ending["exercise"] == number]

    @cached_property
    def replays(self) -> Replays:
        """The replays of this exercise by name."""
        return Replays(self.evidence.run, self._endings, self._again)

    def _again(self, folder: Path) -> Work:
        return Work(ReplayEvidence(folder, self.evidence, self.number), self.number)

    @cached_property
    def table(self) -> EmbeddingTable | None:
        """The embedding table of the text encoder that this exercise works on; None when there is none."""
        return EmbeddingTable.of(self)

    @cached_property
    def training(self) -> Training:
        """The backward passes and optimizer steps, and the U-Net calls that they came from."""
        return Training(self)

    @cached_property
    def adapter(self) -> Adapter | None:
        """The LoRA adapter that was trained; None when no optimizer held one."""
        return Adapter.of(self)

    @cached_property
    def pictures(self) -> list[Picture]:
        """The pictures generated so far, in order, by a pipeline or by a loop."""
        return pictures(self)

    @cached_property
    def denoisings(self) -> list[Denoising]:
        """The denoising loops of this exercise, in order, by hand or inside a pipeline."""
        return denoisings(self)

    @cached_property
    def reversals(self) -> list[Reversal]:
        """The steps of the denoising loops written by hand, and what was made of each."""
        return reversals(self)

    @cached_property
    def latents(self) -> Latents:
        """What went through the VAE, one way and the other."""
        return Latents(self)

    @cached_property
    def contrast(self) -> Contrast:
        """The work with a pair of encoders for pictures and texts."""
        return Contrast(self)

    @cached_property
    def noised(self) -> list[Noised]:
        """The inputs of networks of the student's own that were trained, by timestep."""
        return noised(self)

    @cached_property
    def masks(self) -> list[torch.Tensor]:
        """The masks drawn so far, uint8 (H, W), each once: those bound to names and those handed to a pipeline."""
        named = [name for fact in self.facts_so_far("masks") for name in fact["tensors"]]
        handed = [fact.get("mask") for fact in self.facts("pipeline")]
        tensors = [self.evidence.tensor(name) for name in dict.fromkeys([*named, *handed])]
        return [tensor for tensor in tensors if tensor is not None and tensor.dim() == 2]

    @cached_property
    def inpaintings(self) -> list[Inpainting]:
        """The loops that change a part of a picture, in order, with their masks."""
        return inpaintings(self.evidence, self.denoisings, self.masks)

    @cached_property
    def blends(self) -> list[Blend]:
        """What the U-Net of each picture so far was made of, once an adapter had been trained."""
        return blends(self)

    @cached_property
    def captions(self) -> list[tuple[int, ...] | None]:
        """Token ids of each training sample's text; None for a text input that no text encoder gave."""
        return captions(self)

    @cached_property
    def printed(self) -> str:
        """What the exercise's cells printed or showed as text, in order; kept by the supervisor, not by the student."""
        kept = read_json(self.evidence.run / "printed.json", self.evidence.run) if self.evidence.is_first else None
        text = kept.get(str(self.number), "") if isinstance(kept, dict) else ""
        return text if isinstance(text, str) else ""

    @cached_property
    def stated(self) -> list[Stated]:
        """Numbers that the exercise printed or left in variables."""
        return stated_numbers(self, self.printed)
