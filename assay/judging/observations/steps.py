"""The steps of one denoising loop: which latents the U-Net was asked about, and what it answered to which prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import torch

Tensors = Callable[[Any], "torch.Tensor | None"]


class Step:
    """All calls of one step: one with both prompts in a batch, or one for each.

    `blank` are the digests of the text encoder's answers to the empty prompt.
    """

    def __init__(self, calls: list[dict[str, Any]], tensor: Tensors, blank: set[str]) -> None:
        self._calls, self._tensor, self._blank = calls, tensor, blank
        self.timestep = int(calls[0]["times"][0])
        self.last_call = int(calls[-1]["call"])
        self.dtype = str(calls[0]["dtype"])

    @cached_property
    def sample(self) -> torch.Tensor:
        """The latents as the U-Net got them, (4, h, w), float64, of the first picture.

        Raises:
            LookupError: they were not kept.
        """
        return _first(self._tensor(self._calls[0].get("sample")))

    @cached_property
    def _answers(self) -> list[tuple[str, torch.Tensor]]:
        """Digest of the text and the answer, (4, h, w), for each different text."""
        found: dict[str, torch.Tensor] = {}
        for call in self._calls:
            sample, rows = self._tensor(call.get("sample")), self._tensor(call.get("prediction"))
            if sample is None or rows is None or rows.dim() != 4:
                raise LookupError("the latents of this step were not kept")
            for row in range(0, len(rows), max(1, _different(sample))):
                found.setdefault(str(call["conditions"][row]), rows[row].double())
        return list(found.items())

    @property
    def conditions(self) -> list[str]:
        """Digests of the texts, that of the empty prompt first."""
        return [text for text, _ in self._in_order]

    @property
    def prompt(self) -> torch.Tensor:
        """The answer to the prompt."""
        return self._in_order[-1][1]

    @property
    def empty(self) -> torch.Tensor | None:
        """The answer to the empty or negative prompt; None when the U-Net was asked about one text only."""
        return self._in_order[0][1] if len(self._answers) > 1 else None

    @property
    def knows_order(self) -> bool:
        """Whether it is sure which of two texts was the prompt: exactly one was empty."""
        return len(self._answers) == 2 and sum(text in self._blank for text, _ in self._answers) == 1

    @cached_property
    def _in_order(self) -> list[tuple[str, torch.Tensor]]:
        return sorted(self._answers, key=lambda answer: answer[0] not in self._blank)


def grouped(calls: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Calls of one loop by step: those in a row that were asked about the same latents at the same timestep."""
    groups: list[list[dict[str, Any]]] = []
    for call in calls:
        if groups and all(groups[-1][0].get(key) == call.get(key) for key in ("times", "latents_digest")):
            groups[-1].append(call)
        else:
            groups.append([call])
    return groups


def blank_texts(texts: Iterable[Mapping[str, Any]]) -> set[str]:
    """Digests of the text encoder's answers to prompts without a word: a start mark and end marks."""
    found = set()
    for text in texts:
        rows = zip(text.get("ids") or (), text.get("outputs") or (), strict=False)
        found |= {str(output) for ids, output in rows if len(set(ids[1:])) == 1}
    return found


def _first(rows: torch.Tensor | None) -> torch.Tensor:
    if rows is None or rows.dim() != 4 or not len(rows):
        raise LookupError("the latents of this step were not kept")
    return rows[0].double()


def _different(sample: torch.Tensor) -> int:
    """How many latents of a batch differ: both halves are the same where it was made for guidance and kept whole."""
    half = len(sample) // 2
    return half if len(sample) % 2 == 0 and torch.equal(sample[:half], sample[half:]) else len(sample)
