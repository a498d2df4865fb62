"""Decides whether a U-Net's answer is the library's own, made of nothing but weights, latents, timestep and text.

Only then can the judge expect its own U-Net to give the same answer. A hook, a module, a processor or a setting of the
student's is no mistake; such a call is simply not one that can be computed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import torch.nn.functional as F

from assay.witness.weights import modules_of

LIBRARIES = ("torch.nn.", "diffusers.")
_PLACES = tuple(str(Path(str(place)).parent) for place in (torch.__file__, diffusers.__file__, Path(__file__).parent))
# Attributes that a notebook sets without changing what is computed: the U-Net has no dropout.
HARMLESS = {"training", "gradient_checkpointing"}
_PLAIN = (int, float, bool, str, type(None))
_FUNCTIONS = ("conv2d", "linear", "group_norm", "layer_norm", "silu", "gelu", "interpolate",
              "scaled_dot_product_attention")  # fmt: skip
_ORIGINAL = {name: getattr(F, name) for name in _FUNCTIONS}  # before any notebook's first cell

Shape = tuple[Any, ...]


def shape_of(model: torch.nn.Module) -> Shape:
    """Every module's place, class and plain settings, to see later whether something was put in or turned."""
    found = []
    for place, module in modules_of(model):
        own = module.__dict__
        settings = tuple((k, v) for k, v in own.items() if type(v) in _PLAIN and k not in HARMLESS)
        found.append((place, type(module), type(own.get("processor")), settings))
    return tuple(found)


def computes_plainly(
    model: torch.nn.Module, loaded: Shape | None, more: tuple[Any, ...], named: Mapping[str, Any]
) -> bool:
    """Whether `model`, whose shape was `loaded`, computes with the library's code alone. `more` and `named` are what it
    was called with besides latents, timestep and text."""
    if any(value is not None for value in more) or any(v is not None for k, v in named.items() if k != "return_dict"):
        return False
    if torch.is_autocast_enabled() or torch.is_autocast_enabled("cpu") or not _functions_are_original():
        return False
    return (
        loaded is not None
        and all(_is_librarys(module) for _, module in modules_of(model))
        and shape_of(model) == loaded
    )


def _functions_are_original() -> bool:
    from torch.nn.modules import module

    if module._global_forward_hooks or module._global_forward_pre_hooks:
        return False
    return all(getattr(F, name) is function for name, function in _ORIGINAL.items())


def _is_librarys(module: torch.nn.Module) -> bool:
    own = module.__dict__
    if own["_forward_hooks"] or own["_forward_pre_hooks"] or "forward" in own:
        return False
    if not type(module).__module__.startswith(LIBRARIES) or not _is_of_library(type(module).forward):
        return False
    processor = type(own.get("processor"))  # of an attention layer
    return processor is type(None) or _is_of_library(processor.__dict__.get("__call__"))


def _is_of_library(function: Any) -> bool:
    """Whether a function was written by a library or by us, and not in a notebook."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename.startswith(_PLACES)
