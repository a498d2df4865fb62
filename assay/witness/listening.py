"""Decides when the witness listens: wraps the libraries once, records only between `start` and the process's end."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch

from assay.witness.adapters import listen_to_adapters
from assay.witness.contrast import install_contrast
from assay.witness.drawings import install_drawings
from assay.witness.items import install_items
from assay.witness.networks import install_networks
from assay.witness.products import install_cosine, install_products
from assay.witness.quiet import is_quiet
from assay.witness.schedulers import listen_to_schedulers
from assay.witness.unnoticed import unnoticed
from assay.witness.witness import Witness


def _listening() -> Witness | None:
    return None if is_quiet() else Witness.current


def _after(owner: Any, name: str, note: Callable[..., None]) -> None:
    """Wrap method `name` of class `owner`: call it, then `note(witness, result, *args, **kwargs)`."""
    original = owner.__dict__[name]
    inner = original.__func__ if isinstance(original, classmethod) else original

    @functools.wraps(inner)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = inner(*args, **kwargs)
        witness = _listening()
        if witness is not None:
            with unnoticed(witness.recorder, name):
                note(witness, result, *args, **kwargs)
        return result

    setattr(owner, name, classmethod(wrapper) if isinstance(original, classmethod) else wrapper)


@functools.cache
def install() -> None:
    """Wrap the libraries' classes, once per process and before any notebook runs; silent until `Witness.start`."""
    _install_loading()
    _install_calls()
    listen_to_schedulers(_after)
    _install_pipelines()
    _install_training()
    listen_to_adapters(_listening)
    install_contrast(_after)
    install_items(_after)
    install_drawings(lambda note, drawn: _note("drawing", lambda witness: note(witness.drawings, drawn)))
    install_products(lambda *tensors: _note("product", lambda witness: witness.products.product(*tensors)))
    install_networks(lambda *call: _note("network", lambda witness: witness.networks.called(*call)))
    install_cosine(lambda *tensors: _note("cosine", lambda witness: witness.cosine(*tensors)))


def _note(what: str, note: Callable[[Witness], None]) -> None:
    if (witness := _listening()) is not None:
        with unnoticed(witness.recorder, what):
            note(witness)


def _install_loading() -> None:
    from diffusers.models.modeling_utils import ModelMixin
    from transformers import PreTrainedModel
    from transformers.tokenization_utils_base import PreTrainedTokenizerBase

    def model(w: Witness, result: Any, cls: type, *args: Any, **kwargs: Any) -> None:
        loaded = result[0] if isinstance(result, tuple) else result
        w.models.watch(loaded, _source(args, kwargs), kwargs.get("subfolder"))

    def tokenizer(w: Witness, result: Any, cls: type, *args: Any, **kwargs: Any) -> None:
        w.tokens.watch(result, _source(args, kwargs))

    def ids(w: Witness, result: Any, *_: Any, **__: Any) -> None:
        w.tokens.asked(result)

    def added(w: Witness, result: Any, tokenizer: Any, *_: Any, **__: Any) -> None:
        w.tokens.added(tokenizer)

    _after(ModelMixin, "from_pretrained", model)
    _after(PreTrainedModel, "from_pretrained", model)
    _after(PreTrainedTokenizerBase, "from_pretrained", tokenizer)

    def called(w: Witness, result: Any, *_: Any, **__: Any) -> None:
        w.tokens.asked(result.get("input_ids"))

    _after(PreTrainedTokenizerBase, "encode", ids)
    _after(PreTrainedTokenizerBase, "__call__", called)
    _after(PreTrainedTokenizerBase, "convert_tokens_to_ids", ids)
    _after(PreTrainedTokenizerBase, "add_tokens", added)


def _source(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Where `from_pretrained` was told to look, named or not."""
    return str(args[0] if args else kwargs.get("pretrained_model_name_or_path"))[:500]


def _install_calls() -> None:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
    from transformers import CLIPTextModel

    def unet(
        w: Witness,
        out: Any,
        model: Any,
        sample: Any,
        timestep: Any,
        encoder_hidden_states: Any,
        *more: Any,
        **named: Any,
    ) -> None:
        w.calls.unet(model, sample, timestep, encoder_hidden_states, out, more, named)

    def text(w: Witness, out: Any, model: Any, input_ids: Any = None, *_: Any, **__: Any) -> None:
        w.calls.text(model, input_ids, out)

    def encode(w: Witness, out: Any, model: Any, x: Any, *_: Any, **__: Any) -> None:
        w.calls.encode(model, x, out)

    def decode(w: Witness, out: Any, model: Any, z: Any, *_: Any, **__: Any) -> None:
        w.calls.decode(model, z, out)

    _after(UNet2DConditionModel, "forward", unet)
    _after(CLIPTextModel, "forward", text)
    _after(AutoencoderKL, "encode", encode)

    def sampled(w: Witness, out: Any, *_: Any, **__: Any) -> None:
        w.calls.sampled(out)

    _after(AutoencoderKL, "decode", decode)
    _after(DiagonalGaussianDistribution, "sample", sampled)


def _install_pipelines() -> None:
    from diffusers import (
        StableDiffusionImg2ImgPipeline,
        StableDiffusionInpaintPipeline,
        StableDiffusionPipeline,
    )

    for owner in (StableDiffusionPipeline, StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline):
        _wrap_pipeline(owner)


def _wrap_pipeline(owner: Any) -> None:
    original = owner.__call__
    signature = inspect.signature(original)

    @functools.wraps(original)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        witness = _listening()
        if witness is None:
            return original(self, *args, **kwargs)
        with unnoticed(witness.recorder, "pipeline"):
            witness.calls.begin_pipeline(owner.__name__, signature.bind_partial(self, *args, **kwargs).arguments)
        result = None
        try:
            result = original(self, *args, **kwargs)
            return result
        finally:
            with unnoticed(witness.recorder, "pipeline"):
                witness.calls.end_pipeline(result)

    owner.__call__ = wrapper


def _install_training() -> None:
    from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

    original = torch.autograd.backward

    @functools.wraps(original)
    def backward(tensors: Any, *args: Any, **kwargs: Any) -> None:
        witness = _listening()
        if witness is None:
            original(tensors, *args, **kwargs)
            return
        with unnoticed(witness.recorder, "backward"):
            witness.training.before_backward(tensors)
        try:
            original(tensors, *args, **kwargs)
            with unnoticed(witness.recorder, "backward"):
                witness.training.after_backward()
        finally:
            witness.training.forget()

    def before(optimizer: Any, args: Any, kwargs: Any) -> None:
        if (witness := _listening()) is not None:
            with unnoticed(witness.recorder, "step"):
                witness.training.before_step(optimizer)

    def after(optimizer: Any, args: Any, kwargs: Any) -> None:
        if (witness := _listening()) is not None:
            with unnoticed(witness.recorder, "step"):
                witness.training.after_step(optimizer)

    torch.autograd.backward = backward
    register_optimizer_step_pre_hook(before)
    register_optimizer_step_post_hook(after)
