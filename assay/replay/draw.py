"""Decides what the secret inputs of a replay are: drawn from a key, so that the same key gives the same inputs."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

# The program that draws has no other use for torch, which takes a second to import and most of one to leave again.

Spec = Mapping[str, Any]  # one replay, as the rubric's schema describes it
SHAPES = 6  # drawn over one another in a picture: enough structure that no two pictures are alike


@dataclass(frozen=True)
class Linear:
    """A linear layer as an input: weight (out, in), bias (out,) or None; arrays as drawn, tensors once unpacked."""

    weight: Any
    bias: Any


@dataclass(frozen=True)
class Picture:
    """A picture as an input: uint8, (H, W, 3) for RGB, (H, W) for a mask in mode L; an array or a tensor likewise."""

    pixels: Any


Given = dict[str, Any]  # input name to array (tensor once unpacked), Linear, Picture, or a plain constant
Array = np.ndarray[Any, np.dtype[Any]]


def draw_inputs(spec: Spec, key: bytes) -> list[Given]:
    """The inputs of a replay: one dict for each call, or a single one with the changes of `again` by dotted name."""
    generator = np.random.default_rng(_seed(key, str(spec["name"])))
    sets = [_flat(spec["again"])] if "again" in spec else spec["with"]
    drawn = [{name: _draw(value, generator) for name, value in one.items()} for one in sets]
    target = spec.get("train", {}).get("target")
    return [*drawn, {"target": _draw(target, generator)}] if target is not None else drawn


def _seed(key: bytes, name: str) -> int:
    return int.from_bytes(hmac.digest(key, name.encode(), "sha256"), "big")


def _flat(again: Spec) -> dict[str, Any]:
    """{"pipeline": {"strength": 1}} as {"pipeline.strength": 1}; a draw is a leaf."""
    flat: dict[str, Any] = {}
    for name, value in again.items():
        if name in ("pipeline", "names"):
            flat |= {f"{name}.{inner}": item for inner, item in value.items()}
        elif name != "only":
            flat[name] = value
    return flat


def _draw(value: Any, generator: np.random.Generator) -> Any:
    if not (isinstance(value, dict) and "draw" in value):
        return value
    draw = {
        "integers": _integers, "normal": _normal, "uniform": _uniform, "choice": _choice, "linear": _linear,
        "image": _image, "mask": _mask,
    }[value["draw"]]  # fmt: skip
    return draw(value, generator)


def _integers(spec: Spec, generator: np.random.Generator) -> Array:
    return np.asarray(generator.integers(spec["low"], spec["high"] + 1, spec["shape"]), spec.get("dtype", "int64"))


def _normal(spec: Spec, generator: np.random.Generator) -> Array:
    values = generator.standard_normal(spec["shape"]) * spec.get("std", 1) + spec.get("mean", 0)
    return np.asarray(values, np.float32)


def _uniform(spec: Spec, generator: np.random.Generator) -> Array:
    return np.asarray(generator.uniform(spec["low"], spec["high"], spec["shape"]), np.float32)


def _choice(spec: Spec, generator: np.random.Generator) -> Any:
    return spec["of"][int(generator.integers(len(spec["of"])))]


def _linear(spec: Spec, generator: np.random.Generator) -> Linear:
    """Weights as wide as torch's own start values, so that what goes through keeps its size."""
    scale = spec["in"] ** -0.5
    weight = np.asarray(generator.standard_normal((spec["out"], spec["in"])) * scale, np.float32)
    bias = np.asarray(generator.standard_normal(spec["out"]) * scale, np.float32) if spec.get("bias", True) else None
    return Linear(weight, bias)


def _image(spec: Spec, generator: np.random.Generator) -> Picture:
    """Two halves and some ellipses and boxes in drawn colours: structure on every scale, which noise has not."""
    side = spec["size"]

    def numbers(count: int, high: int) -> list[int]:
        return [int(n) for n in generator.integers(high, size=count)]

    picture = Image.new("RGB", (side, side), tuple(numbers(3, 256)))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, side // 4 + numbers(1, side // 2)[0], side, side), fill=tuple(numbers(3, 256)))
    for shape in range(SHAPES):
        x, y, width, height = numbers(4, side)
        box = (x - width // 4, y - height // 4, x + width // 4 + 1, y + height // 4 + 1)
        (pen.ellipse if shape % 2 else pen.rectangle)(box, fill=tuple(numbers(3, 256)))
    return Picture(_pixels(picture))


def _mask(spec: Spec, generator: np.random.Generator) -> Picture:
    """White is what is to be edited; `rows` are counted from the top."""
    side = spec["size"]
    picture = Image.new("L", (side, side), 255 if spec["kind"] == "full" else 0)
    if spec["kind"] == "rows":
        ImageDraw.Draw(picture).rectangle((0, 0, side, spec["rows"] - 1), fill=255)
    return Picture(_pixels(picture))


def _pixels(picture: Image.Image) -> Array:
    return np.array(picture)
