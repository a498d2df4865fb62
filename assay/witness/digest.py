"""Decides how a tensor becomes bytes, and bytes a digest, the same way in the witness and in the judge."""

from __future__ import annotations

import torch
import xxhash


def tensor_bytes(tensor: torch.Tensor) -> memoryview:
    """The values of `tensor`, any shape, dtype and device, as contiguous bytes in C order."""
    flat = tensor.detach().to("cpu").contiguous().reshape(-1)
    return memoryview(flat.view(torch.uint8).numpy().data) if flat.numel() else memoryview(b"")


def digest(tensor: torch.Tensor) -> str:
    """xxh3-128 of the bytes, as 32 hex digits: tells change from no change; it is no proof against a forger."""
    return str(xxhash.xxh3_128_hexdigest(tensor_bytes(tensor)))


def changed_rows(before: torch.Tensor, after: torch.Tensor) -> list[int]:
    """Indices of the rows of two (rows, width) tables of one dtype whose bits differ; NaN counts by its bits."""
    left, right = _bits(before), _bits(after)
    differs = (left != right).any(dim=1)
    return [int(row) for row in differs.nonzero().flatten()]


def _bits(table: torch.Tensor) -> torch.Tensor:
    return table.detach().to("cpu").contiguous().view(torch.uint8).reshape(table.shape[0], -1)
