"""Decides what a parcel holds for those who compute with it: the inputs of a replay, as torch tensors."""

from __future__ import annotations

import json
from typing import Any

import torch
from safetensors.torch import load

from assay.replay.draw import Given, Linear, Picture
from assay.replay.parcel import PREFIX


def unpack(data: bytes) -> list[Given]:
    """What `parcel.pack` packed, its arrays as tensors of the same shape and dtype."""
    described, rest = _unframed(data)
    tensors = load(_unframed(rest)[0])
    return [{name: _restore(f"{index}.{name}", part, tensors) for name, part in given.items()}
            for index, given in enumerate(json.loads(described))]  # fmt: skip


def _unframed(data: bytes) -> tuple[bytes, bytes]:
    end = PREFIX + int.from_bytes(data[:PREFIX], "big")
    return data[PREFIX:end], data[end:]


def _restore(key: str, part: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Any:
    match part["kind"]:
        case "tensor":
            return tensors[key]
        case "picture":
            return Picture(tensors[key])
        case "linear":
            return Linear(tensors[f"{key}.weight"], tensors.get(f"{key}.bias"))
    return part["value"]
