"""Decides how the inputs of a replay travel and are stored: a JSON description and safetensors, never a pickle."""

from __future__ import annotations

import json
import os
from typing import Any

import torch
from safetensors.torch import load, save

from assay.replay.draw import Given, Linear, Picture

PARCEL_BYTES = 256 * 2**20  # a hundred 512x512 pictures; a length beyond that is no length
_PREFIX = 8  # bytes that hold a length


def pack(inputs: list[Given]) -> bytes:
    """Both parts of a parcel, each with its length before it."""
    tensors: dict[str, torch.Tensor] = {}
    described = [{name: _describe(f"{index}.{name}", value, tensors) for name, value in given.items()}
                 for index, given in enumerate(inputs)]  # fmt: skip
    return _framed(json.dumps(described).encode()) + _framed(save(tensors))


def unpack(data: bytes) -> list[Given]:
    """What `pack` packed."""
    described, rest = _unframed(data)
    tensors = load(_unframed(rest)[0])
    return [{name: _restore(f"{index}.{name}", part, tensors) for name, part in given.items()}
            for index, given in enumerate(json.loads(described))]  # fmt: skip


def receive(descriptor: int) -> bytes:
    """Read one framed parcel from a socket or pipe; blocks until it is there.

    Raises:
        EOFError: the sender is gone.
    """
    size = int.from_bytes(_exactly(descriptor, _PREFIX), "big")
    if size > PARCEL_BYTES:
        raise EOFError("the parcel's length is no length")
    return _exactly(descriptor, size)


def framed(data: bytes) -> bytes:
    """`data` as `receive` expects it."""
    return _framed(data)


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(_PREFIX, "big") + data


def _unframed(data: bytes) -> tuple[bytes, bytes]:
    end = _PREFIX + int.from_bytes(data[:_PREFIX], "big")
    return data[_PREFIX:end], data[end:]


def _exactly(descriptor: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError("the inputs did not come")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _describe(key: str, value: Any, tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    if isinstance(value, torch.Tensor):
        tensors[key] = value.contiguous()
        return {"kind": "tensor"}
    if isinstance(value, Picture):
        tensors[key] = value.pixels
        return {"kind": "picture"}
    if isinstance(value, Linear):
        tensors[f"{key}.weight"] = value.weight
        if value.bias is not None:
            tensors[f"{key}.bias"] = value.bias
        return {"kind": "linear"}
    return {"kind": "constant", "value": value}


def _restore(key: str, part: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Any:
    match part["kind"]:
        case "tensor":
            return tensors[key]
        case "picture":
            return Picture(tensors[key])
        case "linear":
            return Linear(tensors[f"{key}.weight"], tensors.get(f"{key}.bias"))
    return part["value"]
