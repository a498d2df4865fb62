"""Decides how the inputs of a replay are packed, sent and stored: JSON and safetensors, never a pickle."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from safetensors.numpy import save

from assay.replay.draw import Array, Given, Linear, Picture

PARCEL_BYTES = 256 * 2**20  # a hundred 512x512 pictures; a length beyond that is no length
PREFIX = 8  # bytes that hold a length


def pack(inputs: list[Given]) -> bytes:
    """Both parts of a parcel, each with its length before it."""
    tensors: dict[str, Array] = {}
    described = [{name: _describe(f"{index}.{name}", value, tensors) for name, value in given.items()}
                 for index, given in enumerate(inputs)]  # fmt: skip
    return _framed(json.dumps(described).encode()) + _framed(save(tensors))


def receive(descriptor: int) -> bytes:
    """Read one framed parcel from a socket or pipe; blocks until it is there.

    Raises:
        EOFError: the sender is gone.
    """
    size = int.from_bytes(_exactly(descriptor, PREFIX), "big")
    if size > PARCEL_BYTES:
        raise EOFError("the parcel's length is no length")
    return _exactly(descriptor, size)


def framed(data: bytes) -> bytes:
    """`data` as `receive` expects it."""
    return _framed(data)


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(PREFIX, "big") + data


def _exactly(descriptor: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError("the inputs did not come")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _describe(key: str, value: Any, tensors: dict[str, Array]) -> dict[str, Any]:
    if isinstance(value, np.ndarray):
        tensors[key] = value
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
