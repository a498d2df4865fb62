"""Decides whether a U-Net's answer is the library's own, made of nothing but weights, latents, timestep and text.

Only then can the judge expect its own U-Net to give the same answer. A hook, a module, a processor or a setting of the
student's is no mistake; such a call is simply not one that can be computed again. The library's own adapters may be in
it: what they add is written down with the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from assay.witness.weights import modules_of

LIBRARIES = ("torch.nn.", "diffusers.")
ADAPTERS = "peft.tuners.lora."
_PLACES = tuple(
    str(Path(spec.origin).parent)
    for spec in map(find_spec, ("torch", "diffusers", "peft", "assay"))
    if spec is not None and spec.origin is not None
)
# Attributes that are set without changing what is computed: the U-Net has no dropout.
HARMLESS = {"training", "gradient_checkpointing", "_hf_peft_config_loaded"}
_PLAIN = (int, float, bool, str, type(None))
_FUNCTIONS = ("conv2d", "linear", "group_norm", "layer_norm", "silu", "gelu", "interpolate",
              "scaled_dot_product_attention")  # fmt: skip
_ORIGINAL = {name: getattr(F, name) for name in _FUNCTIONS}  # before any notebook's first cell

Shape = tuple[Any, ...]


def shape_of(model: torch.nn.Module) -> Shape:
    """Every module's place, class and plain settings, to see later whether something was put in or turned; an adapter's
    own modules are left out."""
    found = []
    for place, module in _without_adapters(model):
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
        and all(_adds_plainly(module) for _, module in adapted_layers(model))
        and shape_of(model) == loaded
    )


def adapted_layers(model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """(name that the layer had, module) of the layers that an adapter of the library's stands around."""
    for place, module in modules_of(model):
        if type(module).__module__.startswith(ADAPTERS):
            yield place.removesuffix("."), module


def added_by(layer: torch.nn.Module) -> Iterator[tuple[torch.Tensor, torch.Tensor, float]]:
    """(A, B, scaling) of each adapter that an adapted linear layer computes with now."""
    own = layer.__dict__
    if own.get("_disable_adapters"):
        return
    halves = own["_modules"]["lora_A"].__dict__["_modules"], own["_modules"]["lora_B"].__dict__["_modules"]
    for name in own["_active_adapter"] if isinstance(own["_active_adapter"], list) else [own["_active_adapter"]]:
        if name in halves[0]:
            yield halves[0][name].weight, halves[1][name].weight, float(own["scaling"][name])


def _without_adapters(model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    for place, module in modules_of(model):
        if not type(module).__module__.startswith(ADAPTERS) and ".lora_" not in place:
            yield place.replace(".base_layer.", "."), module


def _adds_plainly(layer: torch.nn.Module) -> bool:
    """Whether an adapted layer is linear, and adds scaling * B A to its weight and nothing else."""
    own = layer.__dict__
    if type(layer).__name__ != "Linear" or own.get("merged_adapters") or any(own.get("use_dora", {}).values()):
        return False
    drops = own["_modules"]["lora_dropout"].__dict__["_modules"].values()
    biased = [half for half in own["_modules"]["lora_B"].__dict__["_modules"].values() if half.bias is not None]
    return not biased and all(type(drop) is torch.nn.Identity for drop in drops)


def _functions_are_original() -> bool:
    from torch.nn.modules import module

    if module._global_forward_hooks or module._global_forward_pre_hooks:
        return False
    return all(getattr(F, name) is function for name, function in _ORIGINAL.items())


def _is_librarys(module: torch.nn.Module) -> bool:
    own = module.__dict__
    if own["_forward_hooks"] or own["_forward_pre_hooks"] or "forward" in own:
        return False
    if not type(module).__module__.startswith((*LIBRARIES, "peft.tuners.")) or not _is_of_library(type(module).forward):
        return False
    processor = type(own.get("processor"))  # of an attention layer
    return processor is type(None) or _is_of_library(processor.__dict__.get("__call__"))


def _is_of_library(function: Any) -> bool:
    """Whether a function was written by a library or by us, and not in a notebook."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename.startswith(_PLACES)
