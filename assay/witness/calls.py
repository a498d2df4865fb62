"""Decides what is written down of a call of the U-Net, the VAE, the text encoder, a pipeline or cosine similarity."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch

from assay.witness.adapters import Adapters
from assay.witness.denoising import Denoising, whole
from assay.witness.digest import digest
from assay.witness.latents import Latents
from assay.witness.models import LISTED_NAMES, Models, new_rows
from assay.witness.pictures import Masks, digests_of, mask_argument, picture_digest
from assay.witness.plainness import adapted_layers, added_by, computes_plainly
from assay.witness.recorder import Recorder, number
from assay.witness.unnoticed import unnoticed
from assay.witness.weights import embedding_table, parameters_of

TRAINING_CALLS = 64  # of one exercise kept with all their tensors; statistics over 64 noise samples settle every check
LISTED_PROMPTS = 64  # rows of one batch of ids that are written down: captions of a whole set may be encoded at once
COSINES = 64  # calls of one cell kept with their two vectors
NOTHING: Mapping[str, Any] = MappingProxyType({})
STEPS = 64  # steps of one exercise kept with the noise that the scheduler was given
ENCODES = 64  # of one exercise kept with mean and deviation, as many as training calls


class Calls:
    """Follows calls of the libraries; `budget` counts what was kept in the current exercise."""

    def __init__(self, recorder: Recorder, models: Models, adapters: Adapters, asked_again: bool = True) -> None:
        self._recorder = recorder
        self._asked_again = asked_again  # whether the judge may compute some of the answers again
        self._models = models
        self.denoising = Denoising(recorder)
        self.latents = Latents(recorder)
        self.masks = Masks(recorder)
        self._adapters = adapters
        self._count = 0
        self._pipeline: int | None = None
        self._pipeline_started = False
        self._has_picture = False
        self._is_watched = False
        self._last_timestep: int | None = None
        self._kept = {"training": 0, "encode": 0, "cosine": 0, "step": 0}
        self._described: set[str] = set()

    def begin_exercise(self) -> None:
        """Start counting anew."""
        self.denoising.begin_exercise()
        self.latents.begin_exercise()
        self._kept = {"training": 0, "encode": 0, "cosine": 0, "step": 0}
        self._described = set()

    def unet(
        self, model: torch.nn.Module, sample: torch.Tensor, timestep: Any, text: torch.Tensor, output: Any,
        more: tuple[Any, ...] = (), named: Mapping[str, Any] = NOTHING,
    ) -> None:  # fmt: skip
        """sample, output: (B, 4, h, w); timestep: number or (B,); text: (B, 77, width); `more` and `named`: whatever
        else the call was given."""
        prediction = output[0] if isinstance(output, tuple) else output.sample
        times = [whole(t) for t in torch.as_tensor(timestep).reshape(-1).tolist()]
        self._count += 1
        call = self._count
        if prediction.requires_grad:
            self._describe_trainable(model)
            self._adapters.trained()
            kept = self._training_tensors(sample, text, prediction)
            if kept:
                prediction.register_hook(lambda gradient: self._gradient(call, gradient))
            start = False
        else:
            start = self._begins_a_picture(times[0])
            kept = self._denoising_tensors(sample, text, prediction, start)
        self._recorder.fact(
            "unet", call=call, label=self._models.label(model), times=times[:LISTED_PROMPTS], batch=sample.shape[0],
            dtype=str(sample.dtype), training=prediction.requires_grad, pipeline=self._pipeline, start=start, **kept,
        )  # fmt: skip
        if self._asked_again and kept.get("prediction") is not None:
            self._note_plain(call, model, timestep, prediction.requires_grad, more, named)
        if start:
            self._adapters.blend(call, self._models.label(model), model)

    def _note_plain(
        self, call: int, model: torch.nn.Module, timestep: Any, training: bool, more: tuple[Any, ...],
        named: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Write down that the judge can compute a call again. Calls 1, 4, 16 and so on are looked at; the judge draws
        one of them: a look takes a tenth of the time that a small U-Net takes to answer."""
        kind = "plain training" if training else "plain"
        self._kept[kind] = number = self._kept.get(kind, 0) + 1
        if number & (number - 1) or number.bit_length() % 2 == 0:
            return
        times = torch.as_tensor(timestep).double()
        shape = self._models.shape_as_loaded(model)
        plain = bool((times == times.round()).all()) and computes_plainly(model, shape, more, named)
        if plain and self._models.is_as_written(model):
            keep = self._recorder.tensor
            added = {
                layer: [[keep(a), keep(b), scaling] for a, b, scaling in added_by(module)]
                for layer, module in adapted_layers(model)
            }
            self._recorder.fact("plain", call=call, added=[[layer, parts] for layer, parts in added.items() if parts])

    def _describe_trainable(self, model: torch.nn.Module) -> None:
        """What of this model requires a gradient when an exercise first trains by way of it, before any step."""
        label = self._models.label(model)
        if label in self._described:
            return
        self._described.add(label)
        self._adapters.describe(label, model)
        trainable = {name: p for name, p in parameters_of(model) if p.requires_grad}
        listed = {
            name: {"shape": list(p.shape), "zero": not bool(p.detach().count_nonzero()), "digest": digest(p)}
            for name, p in list(trainable.items())[:LISTED_NAMES]
        }
        size = sum(p.numel() for p in trainable.values())
        self._recorder.fact("trainable", label=label, parameters=listed, size=size)

    def _training_tensors(self, sample: torch.Tensor, text: torch.Tensor, prediction: torch.Tensor) -> dict[str, Any]:
        if self._kept["training"] >= TRAINING_CALLS:
            return {}
        self._kept["training"] += 1
        keep = self._recorder.tensor
        conditions = [digest(row) for row in text[:LISTED_PROMPTS]]
        return {"sample": keep(sample), "text": keep(text), "prediction": keep(prediction), "conditions": conditions}

    def _denoising_tensors(
        self, sample: torch.Tensor, text: torch.Tensor, prediction: torch.Tensor, start: bool
    ) -> dict[str, Any]:
        """Loops that begin from a picture are kept whole, and those whose steps the notebook watches; any other
        text-to-image pipeline is the library's own, of which the first call says what it began from."""
        whole = self._pipeline is None or self._has_picture or self._is_watched or start
        kept = self.denoising.call(sample, text, prediction) if whole else {}
        return kept or ({"sample": self._recorder.tensor(sample[:1])} if start else {})

    def _begins_a_picture(self, timestep: int) -> bool:
        """The first call inside a pipeline, or, in a loop written by hand, a timestep above the one before."""
        if self._pipeline is not None:
            first, self._pipeline_started = not self._pipeline_started, True
            return first
        first = self._last_timestep is None or timestep > self._last_timestep
        self._last_timestep = timestep
        return first

    def _gradient(self, call: int, gradient: torch.Tensor) -> None:
        with unnoticed(self._recorder, "unet_gradient"):
            self._recorder.fact("unet_gradient", call=call, gradient=self._recorder.tensor(gradient))

    def text(self, model: torch.nn.Module, ids: torch.Tensor | None, output: Any) -> None:
        """ids: (B, 77) token ids, or None when the student passed embeddings."""
        training = bool(output[0].requires_grad)
        table = embedding_table(model)
        loaded = self._models.original_table(model)
        fields: dict[str, Any] = {"outputs": [digest(row) for row in output[0][:LISTED_PROMPTS]]}
        if output[0].dtype == torch.float32:  # what a notebook that casts it for the U-Net goes on with
            fields["halves"] = [digest(row.half()) for row in output[0][:LISTED_PROMPTS]]
        if training and loaded is not None and table is not None:
            # Restoring only after the loop leaves the same end state; this shows what each forward really used.
            fields["loaded_rows_digest"] = digest(table[: loaded.shape[0]])
            fields["table_dtype"] = str(table.dtype)
            fields["new_values"] = new_rows(self._recorder, table, loaded.shape[0])
        listed = None if ids is None else ids.detach().reshape(-1, ids.shape[-1])[:LISTED_PROMPTS].tolist()
        label = self._models.label(model)
        self._recorder.fact("text", label=label, ids=listed, training=training, pipeline=self._pipeline, **fields)

    def encode(self, model: torch.nn.Module, image: torch.Tensor, output: Any) -> None:
        """image: (B, 3, H, W) in -1..1; the posterior's mean and deviation: (B, 4, H/8, W/8), before scaling."""
        posterior = output[0] if isinstance(output, tuple) else output.latent_dist
        kept: dict[str, Any] = {}
        if self._kept["encode"] < ENCODES:
            self._kept["encode"] += 1
            kept = {
                "mean": self._recorder.tensor(posterior.mean),
                "deviation": number(float(posterior.std.float().mean())),
            }
        kept |= self.latents.encoded(image, posterior.mean)
        label = self._models.label(model)
        self._recorder.fact("encode", label=label, image=digest(image), pipeline=self._pipeline, **kept)

    def sampled(self, latents: torch.Tensor) -> None:
        """latents: (B, 4, h, w) drawn from a posterior; inside a pipeline nothing else tells which were used."""
        if self._pipeline is not None and self._kept["encode"] <= ENCODES:
            self._recorder.fact("sampled", pipeline=self._pipeline, latents=self._recorder.tensor(latents))

    def stepped(self, output: Any, noise: torch.Tensor, timestep: Any) -> None:
        """A scheduler's step was made; a pipeline's own steps are the library's and are not written down."""
        self.denoising.stepped(output)
        if self._pipeline is None:
            self._kept["step"] += 1
            used = self._recorder.tensor(noise) if self._kept["step"] <= STEPS else None
            self._recorder.fact("stepped", time=whole(float(timestep)), used=used)

    def decode(self, model: torch.nn.Module, latents: torch.Tensor, output: Any) -> None:
        """latents: (B, 4, h, w) as the decoder gets them, that is, divided by the scaling factor."""
        fields = {"latents": digest(latents), "pipeline": self._pipeline, **self.denoising.decode(latents)}
        if self._pipeline is None:
            fields |= self.latents.decoded(output[0] if isinstance(output, tuple) else output.sample)
        self._recorder.fact("decode", label=self._models.label(model), **fields)

    def begin_pipeline(self, name: str, arguments: dict[str, Any]) -> None:
        """A pipeline was called; what its components do until it returns belongs to it."""
        self._count += 1
        self._pipeline, self._pipeline_started = self._count, False
        self._has_picture = "image" in arguments
        self._is_watched = any(callable(arguments.get(name)) for name in ("callback_on_step_end", "callback"))
        mask = self.masks.keep(mask_argument(arguments.get("mask_image")))
        seen = {"image": picture_digest(arguments.get("image")), "mask": mask}
        self._recorder.fact("pipeline", call=self._pipeline, cls=name, arguments=_plain_arguments(arguments), **seen)

    def end_pipeline(self, result: Any) -> None:
        """The pipeline returned, or raised, and then `result` is None."""
        call, self._pipeline = self._pipeline, None
        if result is not None and call is not None:
            images = result[0] if isinstance(result, tuple) else result.images
            self._recorder.fact("pictures", call=call, digests=digests_of(images))

    def cosine(self, left: torch.Tensor, right: torch.Tensor, result: torch.Tensor) -> None:
        """Two (width,) or (1, width) vectors and their cosine; larger batches are not the course's and are left out."""
        if left.numel() != right.numel() or result.numel() != 1 or self._kept["cosine"] >= COSINES:
            return
        self._kept["cosine"] += 1
        keep = self._recorder.tensor
        self._recorder.fact(
            "cosine", left=keep(left.reshape(-1)), right=keep(right.reshape(-1)), value=number(float(result))
        )


def _plain_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that are text or numbers, cut to lengths a person reads; a generator becomes its seed."""
    plain: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, bool | int | float) and value == value and abs(value) != float("inf"):
            plain[name] = value
        elif isinstance(value, str):
            plain[name] = value[:500]
        elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            plain[name] = [item[:500] for item in value[:LISTED_PROMPTS]]
        elif isinstance(value, torch.Generator):
            plain[name] = {"seed": value.initial_seed()}
    return plain
