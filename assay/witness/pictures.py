"""Decides how the pictures and masks that a notebook hands to a library, or gets from it, are written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image

from assay.witness.digest import digest
from assay.witness.recorder import Recorder

MASKS = 64  # of one submission kept as bytes: 16 MB at 512x512
LEAST_SIDE = 8  # a mask of fewer cells is a number or a row of them
LARGEST = 2048 * 2048
PICTURES = 16  # of one pipeline's answer


class Masks:
    """Keeps each mask once: a picture of grey levels, or a plane of two values."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: dict[str, str | None] = {}

    def keep(self, value: Any) -> str | None:
        """The name under which a mask, uint8 (H, W), is kept; None for what is no mask."""
        plane = mask_of(value)
        if plane is None:
            return None
        key = f"{tuple(plane.shape)} {digest(plane)}"
        if key not in self._known:
            self._known[key] = self._recorder.tensor(plane) if len(self._known) < MASKS else None
        return self._known[key]

    def look(self, namespace: Mapping[str, Any]) -> None:
        """Write down the masks bound to names, alone or in a list or dict."""
        before = set(self._known)
        found = [self.keep(value) for value in _values(namespace)]
        if set(self._known) - before:
            self._recorder.fact("masks", tensors=list(dict.fromkeys(name for name in found if name is not None)))


def _values(namespace: Mapping[str, Any]) -> Iterator[Any]:
    for name, value in list(namespace.items()):
        if name.startswith("_"):
            continue
        if type(value) in (list, tuple):
            yield from value[:PICTURES]
        elif type(value) is dict:
            yield from list(value.values())[:PICTURES]
        else:
            yield value


def mask_of(value: Any) -> torch.Tensor | None:
    """A mask as uint8 (H, W), 255 being white; None for what is none.

    Pictures of grey levels are taken as they are; tensors and arrays when they are a plane of zeros and ones, or of
    zeros and 255s.
    """
    if issubclass(type(value), Image.Image):
        return torch.from_numpy(np.array(value.convert("L"))) if value.mode in ("L", "1") else None
    plane = _plane(value)
    if plane is None or plane.dim() != 2 or min(plane.shape) < LEAST_SIDE or plane.numel() > LARGEST:
        return None
    white = plane.max()
    if float(white) not in (0.0, 1.0, 255.0) or not bool(((plane == 0) | (plane == white)).all()):
        return None
    return (plane != 0).to(torch.uint8).cpu() * 255


def mask_argument(value: Any) -> Any:
    """What a pipeline takes for a mask, made ready for `mask_of`: colours read as grey, 0 to 1 as shades."""
    if issubclass(type(value), Image.Image):
        return value.convert("L")
    plane = _plane(value)
    soft = plane is not None and plane.is_floating_point() and bool(((plane >= 0) & (plane <= 1)).all())
    if plane is None or plane.dim() != 2 or not soft:
        return value
    return Image.fromarray((plane * 255).round().to(torch.uint8).cpu().numpy())


def _plane(value: Any) -> torch.Tensor | None:
    """The value's numbers without dimensions of size one; exact types only, as these run no code of the student's."""
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return torch.from_numpy(np.ascontiguousarray(value)).squeeze()
    if type(value) is torch.Tensor and not value.is_meta and value.layout is torch.strided and not value.is_complex():
        return value.detach().squeeze() if value.numel() <= LARGEST else None
    return None


def picture_digest(value: Any) -> str | None:
    """Digest of a picture's colours, the same for a PIL picture and for an array of its values; None for others."""
    if type(value) in (list, tuple) and len(value) == 1:
        value = value[0]
    if issubclass(type(value), Image.Image):
        return digest(torch.from_numpy(np.array(value.convert("RGB"))))
    if type(value) is np.ndarray and value.ndim == 3 and value.dtype.kind == "f":  # a pipeline's "np" output, 0 to 1
        return digest(torch.from_numpy((value * 255).round().astype("uint8")))
    if type(value) is np.ndarray and value.dtype == np.uint8:
        return digest(torch.from_numpy(np.ascontiguousarray(value)))
    return None


def digests_of(images: Any) -> list[str | None]:
    """Digests of the pictures that a pipeline answered with."""
    return [picture_digest(image) for image in list(images)[:PICTURES]]
