"""Decides how a tensor becomes bytes, and bytes a digest, the same way in the witness and in the judge."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import torch
import xxhash

_BLOCK = 256  # rows
_CHUNK = 16 * _BLOCK  # rows of a table that are compared at once: what comes of it stays in the processor's cache
_any_bit = np.bitwise_or.reduce  # as it was before any notebook's first cell


def digest(tensor: torch.Tensor) -> str:
    """xxh3-128 of the values' bytes in C order, any shape, dtype and device, as 32 hex digits.

    It tells change from no change; it is no proof against a forger.
    """
    plain = tensor if _lies_plain(tensor) else tensor.detach().cpu().contiguous()  # must live while it is read
    return digest_of(_bytes(plain))


def digest_of(data: Any) -> str:
    """xxh3-128 of a buffer, as 32 hex digits."""
    return str(xxhash.xxh3_128_hexdigest(data))


def place(tensor: torch.Tensor) -> tuple[Any, ...]:
    """Where the values of `tensor` lie and in what form; while it is equal, and `tensor` alive, so are its bytes'."""
    return tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride(), tensor.is_cpu


def plain_bytes(tensor: torch.Tensor) -> Any | None:
    """The memory of a tensor that lies in one piece on the CPU, without a copy; None for any other. Read it only while
    the tensor is alive."""
    return _bytes(tensor) if _lies_plain(tensor) else None


def _lies_plain(tensor: torch.Tensor) -> bool:
    return tensor.is_cpu and tensor.is_contiguous()


def _bytes(tensor: torch.Tensor) -> Any:
    """The bytes where they lie: by way of numpy it takes five times as long, and all weights are read at every cell."""
    size = tensor.numel() * tensor.element_size()
    if size and not tensor.data_ptr():
        raise ValueError("the tensor's storage was given away")
    return (ctypes.c_char * size).from_address(tensor.data_ptr()) if size else b""


def changed_rows(before: torch.Tensor, after: torch.Tensor) -> list[int]:
    """Indices of the rows of two (rows, width) tables of one dtype whose bits differ; NaN counts by its bits."""
    one, other, found = _bits(before), _bits(after), []
    for first in range(0, len(one), _CHUNK):
        differ = one[first : first + _CHUNK] ^ other[first : first + _CHUNK]
        found += [first + row for row in _rows_with_bits(differ)]
    return found


def nonzero_rows(table: torch.Tensor) -> list[int]:
    """Indices of the rows of a (rows, width) table that hold another number than zero; NaN is one."""
    with_bits = _rows_with_bits(_bits(table))  # minus zero has a bit, too
    return [row for row, other in zip(with_bits, (table[with_bits] != 0).any(dim=1).tolist(), strict=True) if other]


def _rows_with_bits(bits: torch.Tensor) -> list[int]:
    """Blocks of rows first: few rows of a table are touched, and long rows are looked through five times as quickly
    as short ones."""
    words = bits.numpy()
    count = len(words) // _BLOCK
    blocks = _any_bit(words[: count * _BLOCK].reshape(count, _BLOCK * words.shape[1]), axis=1).nonzero()[0]
    rest = np.arange(count * _BLOCK, len(words))
    rows = np.concatenate([(blocks[:, None] * _BLOCK + np.arange(_BLOCK)).reshape(-1), rest])
    return [int(row) for row in rows[_any_bit(words[rows], axis=1).nonzero()[0]]]


def _bits(table: torch.Tensor) -> torch.Tensor:
    plain = table.detach().to("cpu").contiguous()
    row_bytes = plain.shape[1] * plain.element_size()
    return plain.view(torch.int64 if row_bytes % 8 == 0 else torch.uint8)  # eight bytes at once where a row allows it
