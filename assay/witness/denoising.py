"""Decides what is written down of a denoising loop: its schedule, the U-Net's calls without gradient, its last step."""

from __future__ import annotations

import math
from typing import Any

import torch

from assay.witness.digest import digest
from assay.witness.recorder import Recorder

# Calls of one exercise kept with their latents: five strengths of a hundred steps each, or two loops of fifty steps
# with two U-Net calls a step, fit in; at 192 kB a call that is a tenth of what a submission may keep.
DENOISING_CALLS = 256
DECODES = 64  # of one exercise kept with their latents; more pictures than anyone looks at
LISTED_ROWS = 16  # of one batch
TEXTS = 16  # different rows of text of one exercise; at full size one takes 236 kB
LISTED_TIMES = 1000  # of one schedule: as many as the noise schedule has timesteps
OPTIONS = 40  # settings of one scheduler; the library's have about twenty


class Denoising:
    """Follows loops without gradient; the counts are of the current exercise."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._kept = {"call": 0, "decode": 0}
        self._texts: set[str] = set()
        self._stepped: list[torch.Tensor] = []

    def begin_exercise(self) -> None:
        """Start counting anew."""
        self._kept = {"call": 0, "decode": 0}
        self._texts = set()

    def schedule(self, scheduler: Any) -> None:
        """A scheduler was told how many steps to make; written down as it is afterwards."""
        times = [whole(t) for t in scheduler.timesteps.tolist()[:LISTED_TIMES]]
        steps, options = scheduler.num_inference_steps, _plain(dict(scheduler.config))
        self._recorder.fact(
            "schedule", cls=type(scheduler).__name__, steps=None if steps is None else int(steps), times=times,
            options=options,
        )  # fmt: skip

    def stepped(self, output: Any) -> None:
        """A scheduler's step was made; what it answered is kept until the latents are decoded."""
        named = [getattr(output, name, None) for name in ("prev_sample", "pred_original_sample")]
        found = output if isinstance(output, tuple) else named
        self._stepped = [tensor for tensor in found if torch.is_tensor(tensor)]

    def call(self, sample: torch.Tensor, text: torch.Tensor, prediction: torch.Tensor) -> dict[str, Any]:
        """What is kept of one U-Net call; nothing once the exercise's space is used up.

        Both halves of a batch made for guidance hold the same latents, so only one is kept.
        """
        if self._kept["call"] >= DENOISING_CALLS:
            return {}
        self._kept["call"] += 1
        half = len(sample) // 2
        doubled = len(sample) % 2 == 0 and torch.equal(sample[:half], sample[half:])
        keep = self._recorder.tensor
        return {
            "sample": keep(sample[:half] if doubled else sample),
            "latents_digest": digest(sample[:1]),
            "prediction": keep(prediction),
            **self._conditions(text[:LISTED_ROWS]),
        }

    def _conditions(self, text: torch.Tensor) -> dict[str, Any]:
        """Digests of the rows of text (B, 77, width), and each row itself when it is met first: a loop has two."""
        conditions = [digest(row) for row in text]
        new = {name: row for name, row in zip(conditions, text, strict=True) if name not in self._texts}
        new = dict(list(new.items())[: TEXTS - len(self._texts)])
        self._texts |= new.keys()
        texts = [[name, self._recorder.tensor(row)] for name, row in new.items()]
        return {"conditions": conditions} | ({"texts": texts} if texts else {})

    def decode(self, latents: torch.Tensor) -> dict[str, Any]:
        """What is kept of the latents that the decoder gets, and of what the last step before them answered."""
        if self._kept["decode"] >= DECODES:
            return {}
        self._kept["decode"] += 1
        kept = {"tensor": self._recorder.tensor(latents), "stepped": [self._recorder.tensor(t) for t in self._stepped]}
        self._stepped = []
        return kept


def whole(timestep: float) -> int:
    """A timestep as a whole number; -1 for NaN and infinity, which no schedule has."""
    return int(timestep) if math.isfinite(timestep) else -1


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    """The settings that are text or numbers."""
    named = [(str(name), value) for name, value in config.items() if not str(name).startswith("_")]
    return {
        name: value
        for name, value in named[:OPTIONS]
        if type(value) in (bool, int, float, str) and (type(value) is not float or math.isfinite(value))
    }
