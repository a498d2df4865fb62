"""Decides how a function or class that an exercise asks for by name is used on secret inputs, and what is handed out.

This runs in a fork of the student's process: what it writes is a claim about bytes, which the judge recomputes.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from assay.replay.draw import Given, Linear, Picture, Spec

SEED = 4711  # before each call, so that a function that draws numbers draws the same ones twice
RATE = 1e-3  # Adam's own default; thirty steps on one batch show whether anything learns
OUTPUT_BYTES = 256 * 2**20  # of one call; the course's largest answer is a 512x512 picture of 3 MB


class UnmadeError(Exception):
    """A replay that could not be made through the student's own code; `state` is "missing" or "error"."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state


def use(spec: Spec, inputs: list[Given], namespace: Mapping[str, Any], folder: Path) -> None:
    """Call or build what `spec` names in `namespace`, and write the answers into `folder`.

    Raises:
        UnmadeError: the name is not defined, or the student's code raised.
    """
    name = spec.get("call") or spec["build"]
    if not callable(namespace.get(name)):
        wanted = "class" if "build" in spec else "function"
        raise UnmadeError("missing", f"no {wanted} {name!r} was defined when the exercise ended")
    answers = Answers(folder)
    if "call" in spec:
        for given in inputs:
            answers.add(_guarded(name, namespace[name], given))
    else:
        _build(spec, name, namespace[name], inputs, answers)
    answers.write()


def _build(spec: Spec, name: str, made: Callable[..., Any], inputs: list[Given], answers: Answers) -> None:
    module = _guarded(name, made, dict(spec.get("arguments", {})))
    if not isinstance(module, torch.nn.Module):
        raise UnmadeError("error", f"{name} gave {type(module).__name__}, no torch.nn.Module")
    answers.state = _state_of(module)
    *forwards, target = inputs if "train" in spec and "target" in spec["train"] else [*inputs, {}]
    torch.nn.Module.eval(module)
    for given in forwards:
        answers.add(_guarded(name, module, given, of=module.forward))
    if "train" in spec:
        torch.nn.Module.train(module)
        answers.losses = _train(name, module, forwards[0], target.get("target"), spec["train"]["steps"])
        answers.state_after = _state_of(module)


def _train(
    name: str, module: torch.nn.Module, given: Given, target: torch.Tensor | None, steps: int
) -> list[float | None]:
    """The squared error before each of `steps` steps on one batch; None for a loss that is not finite."""
    optimizer = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=RATE)
    losses = []
    for _ in range(steps):
        output = _guarded(name, module, given, of=module.forward)
        try:
            loss = torch.nn.functional.mse_loss(output, torch.zeros_like(output) if target is None else target)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        except Exception as error:
            raise UnmadeError("error", f"{name} could not be trained: {_say(error)}") from None
        losses.append(float(loss.detach()) if bool(torch.isfinite(loss)) else None)
    return losses


def _guarded(name: str, function: Callable[..., Any], given: Given, of: Any = None) -> Any:
    torch.manual_seed(SEED)
    values = {key: _living(value) for key, value in given.items()}
    try:
        positional, named = _bound(of or function, values)
        return function(*positional, **named)
    except Exception as error:
        raise UnmadeError("error", f"{name} raised {_say(error)} when it was called with other inputs") from None


def _bound(function: Any, values: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """By name where the function knows every name, else by position, in the order of the rubric."""
    try:
        known = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return list(values.values()), {}
    if all(name in known for name in values) or any(p.kind is p.VAR_KEYWORD for p in known.values()):
        return [], values
    return list(values.values()), {}


def _living(value: Any) -> Any:
    """An input as the student's code meets it; tensors are copies, so that nobody's own is changed."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, Picture):
        return image_of(value)
    if isinstance(value, Linear):
        layer = torch.nn.Linear(value.weight.shape[1], value.weight.shape[0], bias=value.bias is not None)
        with torch.no_grad():
            layer.weight.copy_(value.weight)
            if value.bias is not None:
                layer.bias.copy_(value.bias)
        return layer.requires_grad_(False)
    return value


def image_of(picture: Picture) -> Image.Image:
    """The PIL image of a picture: RGB for (H, W, 3), L for (H, W)."""
    return Image.fromarray(picture.pixels.numpy())


def _state_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    tensors = [*torch.nn.Module.named_parameters(module), *torch.nn.Module.named_buffers(module)]
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors}


def _say(error: Exception) -> str:
    try:
        text = str(error).strip()
    except Exception:  # an exception of the student's own may not know how to print itself
        text = ""
    first = text.splitlines()[0][:200] if text else ""
    return type(error).__name__ + (f": {first}" if first else "")


class Answers:
    """What calls answered, to be written as `outputs.safetensors` and `said.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said: list[dict[str, Any]] = []
        self._tensors: dict[str, torch.Tensor] = {}
        self.state: dict[str, torch.Tensor] = {}
        self.state_after: dict[str, torch.Tensor] = {}
        self.losses: list[float | None] | None = None

    def add(self, answer: Any) -> None:
        """Take the answer of one call: a tensor, an array, a number, or a tuple or list of them."""
        parts = list(answer) if type(answer) in (tuple, list) else [answer]
        tensors = [_tensor(part) for part in parts]
        index, described = len(self._said), {"several": type(answer) in (tuple, list), "count": len(parts)}
        wrong = next((type(part).__name__ for part, t in zip(parts, tensors, strict=True) if t is None), None)
        if wrong is None:
            self._tensors |= {f"answer.{index}.{n}": t for n, t in enumerate(tensors) if t is not None}
        self._said.append(described | ({"wrong": wrong} if wrong else {}))

    def write(self) -> None:
        """Write both files; tensors first, because said.json tells that everything is there."""
        states = {f"before.{name}": t for name, t in self.state.items()}
        states |= {f"after.{name}": t for name, t in self.state_after.items()}
        everything = self._tensors | states
        if sum(t.numel() * t.element_size() for t in everything.values()) > OUTPUT_BYTES:
            raise UnmadeError("error", "the answers are larger than any answer of the course")
        save_file({name: t.clone() for name, t in everything.items()}, self._folder / "outputs.safetensors")
        said = {"answers": self._said, "losses": self.losses}
        (self._folder / "said.json").write_text(json.dumps(said), encoding="utf-8")


def _tensor(value: Any) -> torch.Tensor | None:
    """The plain tensor that an answer stands for; None for anything that is none."""
    if isinstance(value, torch.Tensor) and value.layout is torch.strided and not value.is_meta:
        return value.detach().to("cpu").contiguous()
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return torch.from_numpy(np.ascontiguousarray(value))
    if type(value) in (int, float, bool) or isinstance(value, np.number):
        try:
            return torch.tensor(value)
        except (RuntimeError, OverflowError):  # a whole number beyond 64 bits
            return None
    return None
