"""Decides when the witness listens: wraps the libraries once, records only between `start` and the process's end."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Any

import torch

from assay.witness.adapters import Adapters, listen_to_adapters
from assay.witness.calls import Calls
from assay.witness.contrast import Contrast, install_contrast
from assay.witness.drawings import Drawings, install_drawings
from assay.witness.items import Items, install_items
from assay.witness.live import LiveModels
from assay.witness.models import Models
from assay.witness.networks import Networks, install_networks
from assay.witness.products import Products, install_cosine, install_products
from assay.witness.quiet import is_quiet
from assay.witness.recorder import NO_RUN, Recorder
from assay.witness.schedulers import listen_to_schedulers
from assay.witness.tokens import Tokens
from assay.witness.training import Training
from assay.witness.unnoticed import unnoticed
from assay.witness.values import AskedValues, record_values


class Witness:
    """One submission's witness; the parts listen, this one tells them where in the notebook we are."""

    current: Witness | None = None

    def __init__(self, folder: Path, names: set[str], values: Set[str], nonce: str, own: bool) -> None:
        self.recorder = Recorder(folder, nonce)
        self.models = LiveModels(self.recorder) if own else Models(self.recorder)
        self.training = Training(self.recorder, self.models)
        self.adapters = Adapters(self.recorder, self.models)
        self.calls = Calls(self.recorder, self.models, self.adapters, asked_again=not own)
        self.tokens = Tokens(self.recorder)
        self.drawings = Drawings(self.recorder)
        self.contrast = Contrast(self.recorder, self.models)
        self.products = Products(self.recorder)
        self.items = Items(self.recorder)
        self.networks = Networks(self.recorder)
        self._asked = AskedValues(self.recorder, values)
        self._names = names
        self._known: dict[str, int] = {}

    @classmethod
    def start(
        cls, folder: Path, names: set[str], values: Set[str] = frozenset(), nonce: str = NO_RUN, own: bool = False
    ) -> Witness:
        """Listen from now on; facts go into `folder` and say the run's `nonce`. After each cell the numbers of `names`
        and whatever the names `values` stand for are looked up.

        In a kernel that is a student's `own`, no model lives longer than it would without a witness, and nothing is
        looked at that only tells a forger's evidence from an honest one's.
        """
        cls.current = cls(folder, names, values, nonce, own)
        return cls.current

    def begin_cell(self, exercise: int, cell: int) -> None:
        """A cell is about to run: `exercise` 0 is the set-up, `cell` the 0-based index among all cells."""
        if exercise != self.recorder.exercise:
            self.begin_again(frozenset())
        self.recorder.exercise, self.recorder.cell = exercise, cell
        self.models.begin_cell()
        self.tokens.begin_cell()

    def begin_again(self, names: Set[str]) -> None:
        """The cell that is about to run has run before, and only this time counts: what was seen so far is no reason
        to write anything down only once. `names` are those that the cell binds."""
        for part in (self.calls, self.drawings, self.contrast, self.products, self.items, self.networks):
            part.begin_exercise()
        for name in names:
            self._known.pop(name, None)

    def end_cell(self, namespace: Mapping[str, Any]) -> None:
        """The cell has ended, well or not: write down the state of the world."""
        for what, end in (("tokens", self.tokens.end_cell), ("adapters", self.adapters.end_cell),
                          ("models", self.models.end_cell), ("training", self.training.end_cell),
                          ("items", self.items.end_cell)):  # fmt: skip
            with unnoticed(self.recorder, what):
                end()
        with unnoticed(self.recorder, "values"):
            record_values(self.recorder, namespace, self._known, self._names)
            self._asked.end_cell(namespace)
        for what, look in (("masks", self.calls.masks.look), ("latents", self.calls.latents.look)):
            with unnoticed(self.recorder, what):
                look(namespace)
        with unnoticed(self.recorder, "tensors"):
            self.recorder.flush()

    def cosine(self, one: torch.Tensor, other: torch.Tensor, result: torch.Tensor) -> None:
        """The library's own cosines, of two vectors or of two tables of them."""
        self.calls.cosine(one, other, result)
        self.products.cosines(one, other, result)


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
