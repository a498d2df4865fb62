"""Decides what is written down of LoRA adapters: what training left in them, and what each picture was drawn with.

A picture is drawn with whatever the U-Net's layers answer, merged or beside the weights, loaded or added by hand. So a
few adapted layers are asked: the answer to the unit vectors is the matrix that a layer really computes with.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch

from assay.witness.digest import digest
from assay.witness.models import Models
from assay.witness.plain_prompt import without_hooks
from assay.witness.quiet import quiet
from assay.witness.recorder import Recorder
from assay.witness.unnoticed import unnoticed
from assay.witness.weights import modules_of

ASKED_LAYERS = 8  # of one picture: two adapters have two unknowns, and each layer gives hundreds of equations

Key = tuple[str, str]  # label of the model, name of the adapter


class Adapters:
    """Follows the adapters of the models that were trained by way of one."""

    def __init__(self, recorder: Recorder, models: Models) -> None:
        self._recorder = recorder
        self._models = models
        self._scaling: dict[Key, dict[str, float]] = {}
        self._written: dict[Key, str] = {}
        self._since_training = False

    def describe(self, label: str, model: torch.nn.Module) -> None:
        """An exercise first trains by way of `model`: its adapters' scaling (alpha / r), before anybody turns it."""
        for layer, module in lora_layers(model):
            for name in module.__dict__["_modules"]["lora_A"]:
                self._scaling.setdefault((label, name), {}).setdefault(layer, float(module.__dict__["scaling"][name]))

    def trained(self) -> None:
        """A training forward pass ran: the next merge is the first since."""
        self._since_training = True

    def end_cell(self) -> None:
        """Write down the adapters that have changed."""
        for entry, model in self._models.alive():
            for key in [key for key in self._scaling if key[0] == entry.label]:
                self._write(key, dict(lora_layers(model)))

    def _write(self, key: Key, layers: dict[str, torch.nn.Module]) -> None:
        """A and B of every linear layer of one adapter, (r, in) and (out, r), with alpha / r."""
        label, name = key
        found = {}
        for layer, scaling in self._scaling[key].items():
            pair = _factors(layers.get(layer), name)
            if pair is not None:
                found[layer] = (*pair, scaling)
        now = "".join(digest(tensor) for a, b, _ in found.values() for tensor in (a, b))
        if found and self._written.get(key) != now:
            self._written[key] = now
            keep = self._recorder.tensor
            kept = {layer: {"A": keep(a), "B": keep(b), "scaling": s} for layer, (a, b, s) in found.items()}
            self._recorder.fact("adapter", label=label, name=name, layers=kept)

    def blend(self, call: int, label: str, model: torch.nn.Module) -> None:
        """A picture begins with U-Net call `call`: the stored weight, (out, in), of some layers that adapters were
        trained for, and the one that the layer answers with."""
        if not self._scaling:
            return
        self.end_cell()
        places = {prefix.removesuffix("."): module for prefix, module in modules_of(model)}
        found = [(layer, places[layer]) for layer in self._asked() if layer in places]
        asked = [(layer, module, w) for layer, module in found if (w := _stored(module)) is not None][:ASKED_LAYERS]
        keep = self._recorder.tensor
        kept = {layer: {"stored": keep(w), "answered": keep(_answered(module, w))} for layer, module, w in asked}
        merged = any(module.__dict__.get("merged_adapters") for _, module, _ in asked)
        self._recorder.fact("blend", call=call, label=label, merged=merged, layers=kept)

    def _asked(self) -> list[str]:
        """Adapted layers, those that most adapters share first, so that each picture is asked about the same ones."""
        layers = [layer for scaling in self._scaling.values() for layer in scaling]
        return sorted(set(layers), key=lambda layer: (-layers.count(layer), layer))

    def before_merge(self) -> None:
        """An adapter is about to be merged: a look at the weights that it was trained beside."""
        if self._since_training:
            self._since_training = False
            for label in dict.fromkeys(label for label, _ in self._scaling):
                self._models.look(label)
                self._recorder.fact("merge", label=label)

    def loaded(self, source: object, name: object, brought: int) -> None:
        """A pipeline was told to load an adapter; `brought` counts the layers that got one."""
        shown = source if isinstance(source, str) else f"a {type(source).__name__}"
        self._recorder.fact("lora_load", source=shown[:500], name=None if name is None else str(name), layers=brought)


def lora_layers(model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """(name, module) of the layers of `model` that hold LoRA factors as peft keeps them."""
    for prefix, module in modules_of(model):
        held = module.__dict__["_modules"]
        if isinstance(held.get("lora_A"), torch.nn.ModuleDict) and "lora_B" in held and "scaling" in module.__dict__:
            yield prefix.removesuffix("."), module


def _factors(module: torch.nn.Module | None, name: str) -> tuple[torch.Tensor, torch.Tensor] | None:
    held = {} if module is None else module.__dict__["_modules"]
    pair = [half.weight for key in ("lora_A", "lora_B") if (half := _part(held.get(key), name)) is not None]
    return (pair[0], pair[1]) if len(pair) == 2 and pair[0].dim() == pair[1].dim() == 2 else None


def _part(halves: Any, name: str) -> Any:
    return None if halves is None else halves.__dict__["_modules"].get(name)


def _stored(module: torch.nn.Module) -> torch.Tensor | None:
    """The weight matrix, (out, in), of a linear layer or of the one inside an adapted layer."""
    base = module.__dict__["_modules"].get("base_layer", module)
    weight = base.__dict__["_parameters"].get("weight")
    return weight if weight is not None and weight.dim() == 2 else None


def _answered(module: torch.nn.Module, weight: torch.Tensor) -> torch.Tensor:
    """The matrix, (out, in), that the layer computes with: its answers to the unit vectors, less that to nothing."""
    units = torch.eye(weight.shape[1], dtype=weight.dtype, device=weight.device)
    modules = [inner for _, inner in modules_of(module)]
    modes = [inner.training for inner in modules]
    try:
        for inner in modules:  # a dropout before the adapter would answer at random
            inner.training = False
        with quiet(), torch.no_grad(), without_hooks(module):
            answers: torch.Tensor = type(module).forward(module, units) - type(module).forward(module, 0 * units[:1])
    finally:
        for inner, mode in zip(modules, modes, strict=True):
            inner.training = mode
    return answers.T


def listen_to_adapters(listening: Callable[[], Any]) -> None:
    """Wrap peft's merging and diffusers' loading; `listening` gives the witness when there is one."""
    from diffusers.loaders.lora_pipeline import StableDiffusionLoraLoaderMixin
    from peft.tuners.lora.layer import Linear

    merge, load = Linear.merge, StableDiffusionLoraLoaderMixin.load_lora_weights

    @functools.wraps(merge)
    def merging(self: Any, *args: Any, **kwargs: Any) -> Any:
        if (witness := listening()) is not None:
            with unnoticed(witness.recorder, "merge"):
                witness.adapters.before_merge()
        return merge(self, *args, **kwargs)

    @functools.wraps(load)
    def loading(self: Any, source: Any, adapter_name: Any = None, *args: Any, **kwargs: Any) -> Any:
        before = _held(self)
        result = load(self, source, adapter_name, *args, **kwargs)
        if (witness := listening()) is not None and not (args or kwargs.get("hotswap")):  # swapping adds no layer
            with unnoticed(witness.recorder, "lora_load"):
                witness.adapters.loaded(source, adapter_name, _held(self) - before)
        return result

    Linear.merge, StableDiffusionLoraLoaderMixin.load_lora_weights = merging, loading


def _held(pipeline: Any) -> int:
    """How many layers of the pipeline's models hold factors, once for each adapter."""
    parts = [getattr(pipeline, name, None) for name in ("unet", "text_encoder")]
    models = [part for part in parts if isinstance(part, torch.nn.Module)]
    return sum(len(module.__dict__["_modules"]["lora_A"]) for model in models for _, module in lora_layers(model))
