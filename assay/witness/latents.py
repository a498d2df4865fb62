"""Decides what is written down of latents outside a loop: what a notebook keeps of them, and what decoding lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from assay.witness.digest import digest
from assay.witness.recorder import Recorder, number

BOUND = 64  # latents of one submission kept because a name stands for them; at 64x64 they take 4 MB
ROWS = 16  # of one batch of latents; more is a data set, not a latent that somebody looks at
PICTURES = 4  # encoded last, to which a decoded picture is compared
LARGEST = 2**22  # numbers of such a picture: four of 512x512, or one of 1024x1024
VALUES = 64  # of one list or dict


class Latents:
    """Remembers which shapes the encoder gives, and the pictures that it got last in this exercise."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._shapes: set[torch.Size] = set()
        self._pictures: dict[str, torch.Tensor] = {}
        self._known: set[str] = set()

    def begin_exercise(self) -> None:
        """Let the pictures go."""
        self._pictures = {}

    def encoded(self, image: torch.Tensor, mean: torch.Tensor) -> dict[str, Any]:
        """What is written down of a picture (B, 3, H, W) that became latents (B, 4, h, w)."""
        self._shapes.add(mean.shape[1:])
        if image.numel() <= LARGEST:
            self._pictures.pop(name := digest(image), None)
            self._pictures = dict(list(self._pictures.items())[1 - PICTURES :]) | {name: image.detach()}
        low, high = torch.aminmax(image.detach())
        return {"shape": list(image.shape), "low": number(float(low)), "high": number(float(high))}

    def decoded(self, picture: torch.Tensor) -> dict[str, Any]:
        """The mean squared distance of a decoded picture (B, 3, H, W) to each of those that were encoded last."""
        same = [image for image in self._pictures.values() if image.shape == picture.shape]
        return {"errors": [number(float((image.float() - picture.detach().float()).square().mean())) for image in same]}

    def look(self, namespace: Mapping[str, Any]) -> None:
        """Keep each latent that a name stands for, alone or in a list or dict."""
        kept = []
        for value in _tensors(namespace):
            if value.shape[-3:] not in self._shapes or value.numel() > ROWS * value.shape[-3:].numel():
                continue
            mark = f"{tuple(value.shape)} {digest(value)}"
            if mark not in self._known and len(self._known) < BOUND:
                self._known.add(mark)
                kept.append(self._recorder.tensor(value))
        if kept:
            self._recorder.fact("latents", bound=[name for name in kept if name is not None])


def _tensors(namespace: Mapping[str, Any]) -> Iterator[torch.Tensor]:
    """Exact types only, as these run no code of the student's."""
    for name, value in list(namespace.items()):
        if name.startswith("_"):
            continue
        inner = value if type(value) in (list, tuple) else list(value.values()) if type(value) is dict else [value]
        for item in inner[:VALUES]:
            if (
                type(item) is torch.Tensor
                and item.dim() in (3, 4)
                and item.layout is torch.strided
                and not item.is_meta
            ):
                yield item
