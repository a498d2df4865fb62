"""Decides how the tensors of a module are found: in its own dictionaries, because its methods may be the student's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from assay.witness.digest import digest, digest_of, place, plain_bytes

Entry = tuple[str, list[int], str]  # dtype, shape, digest


def modules_of(module: torch.nn.Module) -> list[tuple[str, torch.nn.Module]]:
    """(prefix, module) of `module` and everything below it, parents first, each once."""
    found: dict[int, tuple[str, torch.nn.Module]] = {}
    waiting = [("", module)]
    while waiting:
        prefix, here = waiting.pop()
        if id(here) not in found:
            found[id(here)] = prefix, here
            children = [(f"{prefix}{name}.", child) for name, child in here.__dict__["_modules"].items()]
            waiting += [(name, child) for name, child in reversed(children) if child is not None]
    return list(found.values())


def parameters_of(module: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """(name, parameter), each parameter once, under the names that torch gives them."""
    seen: set[int] = set()
    for prefix, owner in modules_of(module):
        for name, tensor in owner.__dict__["_parameters"].items():
            if tensor is not None and id(tensor) not in seen:
                seen.add(id(tensor))
                yield prefix + name, tensor


class Weights:
    """The tensors of one model, found and read anew at each look: no version counter tells of every way to write.

    What only describes them (names, and where the bytes lie) is kept from look to look and checked each time: most
    tensors are small, so that finding out where to read takes ten times as long as reading.
    """

    def __init__(self) -> None:
        self._layout: list[str | None] = []
        self._held: list[int] = []
        self._names: list[str] = []
        self._once: list[int] = []
        self._places: list[tuple[Any, ...]] = []
        self._bytes: list[Any] = []
        self._digests: list[str] = []
        self._entries: dict[str, Entry] = {}

    def named(self, module: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
        """(name, parameter or buffer), each once, under the names that torch gives them."""
        tensors = self._tensors(module)
        return list(zip(self._names, tensors, strict=True))

    def entries(self, module: torch.nn.Module) -> dict[str, Entry]:
        """Name to (dtype, shape, digest) of every parameter and buffer."""
        names, tensors = self._names, self._tensors(module)
        places = [place(tensor) for tensor in tensors]
        is_same = self._names is names and places == self._places
        if not is_same:
            self._places, self._bytes = places, [plain_bytes(tensor) for tensor in tensors]
        digests = [digest_of(b) if b is not None else digest(t) for b, t in zip(self._bytes, tensors, strict=True)]
        if not is_same or digests != self._digests:
            self._digests = digests
            self._entries = {
                name: (str(tensor.dtype), list(tensor.shape), now)
                for name, tensor, now in zip(self._names, tensors, digests, strict=True)
            }
        return self._entries

    def _tensors(self, module: torch.nn.Module) -> list[torch.Tensor]:
        """Every parameter and buffer once, in the order of `_names`."""
        layout, tensors = _walk(module)
        held = [id(tensor) for tensor in tensors]
        if held != self._held or layout != self._layout:
            self._layout, self._held, names = layout, held, _names(module)
            first = {tensor: at for at, tensor in reversed(list(enumerate(held))) if tensors[at] is not None}
            self._once = sorted(first.values())
            self._names = [names[at] for at in self._once]
        return [tensor for at in self._once if (tensor := tensors[at]) is not None]


def _walk(module: torch.nn.Module) -> tuple[list[str | None], list[torch.Tensor | None]]:
    """The keys under which everything in `module` is held, None after each part, and the tensors in their order.

    Equal keys mean equal names: this is the part of finding the names that has to be done at every look.
    """
    keys: list[str | None] = []
    tensors: list[torch.Tensor | None] = []
    seen: set[int] = set()
    waiting: list[torch.nn.Module | None] = [module]
    while waiting:
        here = waiting.pop()
        if here is None or id(here) in seen:
            continue
        seen.add(id(here))
        held: dict[str, Any] = here.__dict__
        for kind in ("_parameters", "_buffers"):
            if own := held[kind]:
                keys += own
                tensors += own.values()
        if children := held["_modules"]:
            keys += children
            waiting += reversed(children.values())
        keys.append(None)
    return keys, tensors


def _names(module: torch.nn.Module) -> list[str]:
    """The name for each of the tensors that `_walk` finds."""
    return [
        prefix + name
        for prefix, owner in modules_of(module)
        for kind in ("_parameters", "_buffers")
        for name in owner.__dict__[kind]
    ]


def embedding_table(model: torch.nn.Module) -> torch.Tensor | None:
    """The token embedding table (rows, width) of a text encoder, read again each time: resizing may replace it.

    Where the student put a layer of his own around the embedding, it is the largest table inside; None without any.
    """
    layer = type(model).get_input_embeddings(model)  # type: ignore[attr-defined]
    weight = layer.weight if isinstance(layer, torch.nn.Embedding) else None
    if isinstance(weight, torch.Tensor):  # a parametrised layer computes it
        return weight
    tables = [tensor for _, tensor in parameters_of(layer) if tensor.dim() == 2]
    return max(tables, key=len, default=None)
