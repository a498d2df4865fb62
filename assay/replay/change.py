"""Decides how one thing is changed while an exercise runs again: library calls get other arguments.

Calls are taken hold of at the library's own classes, so that it does not matter how a student wrote what calls them.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

import torch

from assay.replay.call import image_of
from assay.replay.draw import Given, Picture
from assay.replay.library import PIPELINES, SCHEDULERS


class Holds:
    """The changes of one replay; `missing` are those that nothing in the exercise has met yet."""

    def __init__(self, changes: Given, only: str | None = None) -> None:
        self._pipeline = _below("pipeline.", changes)
        given = _below("names.", changes)
        self._spellings = {name: spelled for spelled in given for name in spelled.split("|")}
        self.names = {name: _living(given[spelled]) for name, spelled in self._spellings.items()}
        self._changes, self._only = changes, only
        self.missing: set[str] = set(changes)
        self._depth = 0

    def install(self) -> None:
        """Wrap what the changes need, in this process and for good; the process ends with its replay."""
        if "encode" in self._changes:
            self._wrap_encode()
        if "set_timesteps" in self._changes:
            self._wrap_schedulers()
        if self._pipeline or "set_timesteps" in self._changes:
            self._wrap_pipelines()

    def met(self, change: str) -> None:
        """A change took effect."""
        self.missing.discard(change)

    def met_name(self, name: str) -> None:
        """One of the names that stand for a change was met."""
        self.met(f"names.{self._spellings[name]}")

    def _wrap_encode(self) -> None:
        from diffusers import AutoencoderKL

        original, picture = AutoencoderKL.encode, self._changes["encode"]

        @functools.wraps(original)
        def encode(vae: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            self.met("encode")
            return original(vae, as_input(picture, x), *args, **kwargs)

        AutoencoderKL.encode = encode

    def _wrap_schedulers(self) -> None:
        import diffusers
        from diffusers import SchedulerMixin

        for name in SCHEDULERS:
            getattr(diffusers, name)  # a class that is first imported by the exercise would not be wrapped
        for owner in _subclasses(SchedulerMixin):
            if "set_timesteps" in owner.__dict__:
                owner.set_timesteps = self._other_steps(owner.set_timesteps)

    def _other_steps(self, original: Any) -> Any:
        """Outside pipelines only: a pipeline's own count of steps has to agree with its scheduler's."""

        @functools.wraps(original)
        def set_timesteps(scheduler: Any, num_inference_steps: Any = None, *args: Any, **kwargs: Any) -> Any:
            if self._depth == 0 and num_inference_steps is not None:
                num_inference_steps = self._changes["set_timesteps"]
                self.met("set_timesteps")
            return original(scheduler, num_inference_steps, *args, **kwargs)

        return set_timesteps

    def _wrap_pipelines(self) -> None:
        import diffusers

        for name in PIPELINES:
            if self._only in (None, name):
                owner = getattr(diffusers, name)
                owner.__call__ = self._other_arguments(owner.__call__)

    def _other_arguments(self, original: Any) -> Any:
        signature = inspect.signature(original)

        @functools.wraps(original)
        def call(pipeline: Any, *args: Any, **kwargs: Any) -> Any:
            arguments = _named(signature, pipeline, args, kwargs)
            for name, value in self._pipeline.items():
                if name in signature.parameters:
                    arguments[name] = _living(value)
                    self.met(f"pipeline.{name}")
            self._depth += 1
            try:
                return original(pipeline, **arguments)
            finally:
                self._depth -= 1

        return call


def as_input(picture: Picture, like: torch.Tensor) -> torch.Tensor:
    """A picture as a VAE's input (B, 3, H, W) in -1..1, of the size, dtype and device of `like`."""
    pixels = picture.pixels.permute(2, 0, 1)[None].float() / 127.5 - 1
    sized = torch.nn.functional.interpolate(pixels, like.shape[-2:], mode="bilinear", antialias=True)
    return sized.to(like.dtype).to(like.device).expand(like.shape[0], -1, -1, -1)


def _named(signature: inspect.Signature, pipeline: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Every argument of a pipeline's call by its name."""
    bound: dict[str, Any] = dict(signature.bind_partial(pipeline, *args, **kwargs).arguments)
    first, *_ = signature.parameters
    del bound[first]
    more: dict[str, Any] = bound.pop("kwargs", {})
    return bound | more


def _below(prefix: str, changes: Given) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in changes.items() if name.startswith(prefix)}


def _living(value: Any) -> Any:
    return image_of(value) if isinstance(value, Picture) else value


def _subclasses(owner: type) -> list[Any]:
    found: dict[Any, None] = {}
    direct: Any
    for direct in owner.__subclasses__():
        found |= {direct: None, **dict.fromkeys(_subclasses(direct))}
    return list(found)
