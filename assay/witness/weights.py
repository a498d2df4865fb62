"""Decides how the tensors of a module are found: in its own dictionaries, because its methods may be the student's."""

from __future__ import annotations

from collections.abc import Iterator

import torch


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
    return _found(module, "_parameters")


def tensors_of(module: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """(name, parameter or buffer), each once, under the names that torch gives them."""
    return _found(module, "_parameters", "_buffers")


def _found(module: torch.nn.Module, *kinds: str) -> Iterator[tuple[str, torch.Tensor]]:
    seen: set[int] = set()
    for prefix, owner in modules_of(module):
        held = [entry for kind in kinds for entry in owner.__dict__[kind].items()]
        for name, tensor in held:
            if tensor is not None and id(tensor) not in seen:
                seen.add(id(tensor))
                yield prefix + name, tensor


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
