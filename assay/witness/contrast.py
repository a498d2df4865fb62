"""Decides what is written down of a pair of encoders for pictures and texts: what they were asked, what they gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from assay.witness.models import Models
from assay.witness.recorder import Recorder

CALLS = 512  # of one exercise kept: a test set of five hundred pictures, one by one
SAMPLES = 8  # pictures of one exercise kept as the encoder got them: 5 MB at 224x224
TEXTS = 256  # rows of one batch of ids that are written down


class Contrast:
    """Follows calls of `encode_image` and `encode_text`."""

    def __init__(self, recorder: Recorder, models: Models) -> None:
        self._recorder = recorder
        self._models = models
        self.begin_exercise()

    def begin_exercise(self) -> None:
        """Start counting anew."""
        self._calls, self._samples = 0, 0

    def loaded(self, model: Any, source: str | None) -> None:
        """A pair was made; `source` is the hub's name of its weights, None for a random one."""
        self._models.watch(model, source, None)

    def image(self, model: Any, images: torch.Tensor, features: torch.Tensor) -> None:
        """images: (B, 3, H, W) as preprocessed; features: (B, width)."""
        if not self._has_room(features):
            return
        sample = None
        if self._samples < SAMPLES and len(images):
            self._samples += 1
            sample = self._recorder.tensor(images[:1])
        keep, label = self._recorder.tensor, self._models.label(model)
        self._recorder.fact("seen", label=label, features=keep(features), sample=sample)

    def text(self, model: Any, ids: torch.Tensor, features: torch.Tensor) -> None:
        """ids: (B, 77); features: (B, width)."""
        if self._has_room(features):
            label, listed = self._models.label(model), ids.detach()[:TEXTS].tolist()
            self._recorder.fact("read", label=label, ids=listed, features=self._recorder.tensor(features))

    def _has_room(self, features: Any) -> bool:
        self._calls += 1
        return torch.is_tensor(features) and features.dim() == 2 and self._calls <= CALLS


def install_contrast(after: Callable[[Any, str, Callable[..., None]], None]) -> None:
    """`after(owner, name, note)` wraps a function; here it wraps open_clip's models where it is installed."""
    try:
        from open_clip import CLIP, factory
    except ImportError:
        return
    after(factory, "create_model", _made)
    after(CLIP, "encode_image", _image)
    after(CLIP, "encode_text", _text)


def _made(w: Any, result: Any, model_name: str, pretrained: Any = None, *_: Any, **__: Any) -> None:
    from open_clip import get_pretrained_cfg

    known = get_pretrained_cfg(model_name, pretrained) if isinstance(pretrained, str) else {}
    w.contrast.loaded(result, known.get("hf_hub", "").strip("/") or None)


def _image(w: Any, result: Any, model: Any, image: Any, *_: Any, **__: Any) -> None:
    w.contrast.image(model, image, result)


def _text(w: Any, result: Any, model: Any, text: Any, *_: Any, **__: Any) -> None:
    w.contrast.text(model, text, result)
