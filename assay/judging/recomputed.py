"""Decides whether sampled answers of the U-Net are what the judge's own U-Net makes of the same inputs.

For each exercise one training call and one call without gradient are computed again, chosen when nobody could act on
the choice any more. Nothing is said about a call whose weights, code or precision were not the library's own: a
student may well have changed those.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch

from assay.judging import originals
from assay.judging.evidence import Evidence, as_number
from assay.witness.digest import digest
from assay.witness.quiet import quiet

UNET = "UNet2DConditionModel"
# Relative, in the Euclidean norm. Another process answers within 2e-6 of it; a forged answer would have to be right.
APART = 1e-4
LARGEST_SIDE = 128  # of latents; a picture of 1024 pixels, whose answer takes sixteen times that of the course's
LARGEST_FACTORS = 2**22  # numbers of A and B of one layer: rank 1,024 at the widest layer of the U-Net
LARGEST_NUMBER = 1e4  # of latents or text; float32 overflows inside a U-Net from about 1e6 on


@dataclass(frozen=True)
class _Call:
    """One answer: latents (1, 4, h, w), timestep, text (1, 77, width), and the prediction that was recorded."""

    source: str
    subfolder: str | None
    sample: torch.Tensor
    timestep: int
    text: torch.Tensor
    prediction: torch.Tensor
    added: dict[str, torch.Tensor]  # what adapters add to the weight, (out, in), of each layer


def wrong_answers(evidence: Evidence, sample: str) -> Iterator[str]:
    """A sentence for each sampled call that the judge's own U-Net answers otherwise."""
    draw = random.Random(sample)
    for (exercise, _), facts in sorted(_candidates(evidence).items()):
        fact = draw.choice(facts)
        apart = _apart(evidence, fact, draw)
        if apart is not None and apart > APART:
            yield (
                f"exercise {exercise}: the U-Net answered call {str(fact['call'])[:20]} otherwise than it answers the "
                f"recorded latents, timestep and text (relative distance {apart:.2g})"
            )


def _apart(evidence: Evidence, fact: dict[str, Any], draw: random.Random) -> float | None:
    try:
        call = _made(evidence, fact, draw)
        return None if call is None else _distance(call)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError):
        return None  # facts that are none: what cannot be read contradicts nothing, and proves nothing


def _candidates(evidence: Evidence) -> dict[tuple[int, bool], list[dict[str, Any]]]:
    """The calls that can be computed again, by exercise and by whether they were part of a training."""
    plain = {_key(fact) for fact in evidence.of_kind("plain")}
    found: dict[tuple[int, bool], list[dict[str, Any]]] = {}
    for fact in evidence.of_kind("unet"):
        if _key(fact) in plain and fact.get("dtype") == "torch.float32":
            found.setdefault((fact["exercise"], fact.get("training") is True), []).append(fact)
    return found


def _key(fact: dict[str, Any]) -> tuple[int, str]:
    return fact["exercise"], str(fact.get("call"))


def _made(evidence: Evidence, fact: dict[str, Any], draw: random.Random) -> _Call | None:
    """A call as the evidence holds it; None where a part was not kept, or its model was not as it had been loaded."""
    place = _as_loaded(evidence, fact)
    sample, prediction = (evidence.tensor(fact.get(name)) for name in ("sample", "prediction"))
    if place is None or sample is None or prediction is None or prediction.dim() != 4 or not len(sample):
        return None
    row = draw.randrange(len(prediction))
    text, times = _text(evidence, fact, row), fact.get("times")
    if text is None or not isinstance(times, list) or len(times) not in (1, len(prediction)):
        return None
    parts = (sample[row % len(sample)][None], text[None], prediction[row][None])
    timestep = times[0] if len(times) == 1 else times[row]
    if type(timestep) is not int or not all(_is_usable(part) for part in parts) or parts[0].shape != parts[2].shape:
        return None
    added = _added(evidence, fact)
    return None if added is None else _Call(*place, parts[0], timestep, parts[1], parts[2], added)


def _added(evidence: Evidence, call: dict[str, Any]) -> dict[str, torch.Tensor] | None:
    """scaling * B A of every adapter that was in use at a call, by layer; None where one was not kept."""
    plain = next(fact for fact in evidence.of_kind("plain") if _key(fact) == _key(call))
    found: dict[str, torch.Tensor] = {}
    for layer, parts in _pairs(plain.get("added")):
        for first, second, scaling in parts:
            a, b = evidence.tensor(first), evidence.tensor(second)
            if a is None or b is None or a.dim() != 2 or b.dim() != 2 or a.numel() + b.numel() > LARGEST_FACTORS:
                return None
            found[layer] = found.get(layer, torch.zeros(())) + as_number(scaling) * (b.double() @ a.double())
    return found


def _is_usable(tensor: torch.Tensor) -> bool:
    largest = max(tensor.shape[-2:]) <= LARGEST_SIDE if tensor.dim() == 4 else tensor.dim() == 3
    return largest and tensor.dtype == torch.float32 and bool((tensor.abs() <= LARGEST_NUMBER).all())  # NaN is not


def _text(evidence: Evidence, fact: dict[str, Any], row: int) -> torch.Tensor | None:
    """The row of text of a call: kept with it, or under its digest where a call of the exercise met it first."""
    whole = evidence.tensor(fact.get("text"))
    if whole is not None:
        return whole[row] if whole.dim() == 3 and row < len(whole) else None
    conditions = fact.get("conditions")
    if not isinstance(conditions, list) or row >= len(conditions):
        return None
    for other in evidence.of_kind("unet"):
        if other["exercise"] == fact["exercise"]:
            for name, kept in _pairs(other.get("texts")):
                if name == conditions[row]:
                    return evidence.tensor(kept)
    return None


def _pairs(value: object) -> Iterable[tuple[Any, Any]]:
    pairs = value if isinstance(value, list) else []
    return [(pair[0], pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2]


def _as_loaded(evidence: Evidence, fact: dict[str, Any]) -> tuple[str, str | None] | None:
    """Where the U-Net of a call was loaded from, when its weights were the original's when they were last written
    down; that they were the same at the call, the witness has looked."""
    label = fact.get("label")
    loads = [f for f in evidence.of_kind("load") if f.get("label") == label]
    stumbled = [f for f in evidence.of_kind("stumble") if f["exercise"] <= fact["exercise"]]
    if len(loads) != 1 or stumbled:
        return None
    before = takewhile(lambda other: other is not fact, evidence.facts)
    states = [f for f in before if f["kind"] == "state" and f.get("label") == label]
    source, subfolder = originals.place_of(loads[0].get("source"), loads[0].get("subfolder"))
    if loads[0].get("cls") != UNET or source is None or not _is_original(loads[0], states, source, subfolder):
        return None
    return source, subfolder


def _is_original(load: dict[str, Any], states: list[dict[str, Any]], source: str, subfolder: str | None) -> bool:
    """Whether every tensor had the original's very bits after these states; an adapter around it gives it another
    name."""
    wanted = originals.original_tensors(UNET, source, subfolder)
    tensors = dict(load["tensors"])
    for state in states:
        tensors = {name: entry for name, entry in tensors.items() if name not in state["gone"]} | state["changed"]
    now = {originals.plain_name(name): entry[2] for name, entry in tensors.items()}
    return bool(wanted) and all(now.get(name) == digest(tensor.float()) for name, tensor in wanted.items())


def _distance(call: _Call) -> float | None:
    """How far the recorded answer is from the judge's own, relative; None for a model that cannot be asked."""
    model = originals.unet(call.source, call.subfolder)
    if model is None or call.text.shape[-1] != model.config.cross_attention_dim:
        return None
    with quiet(), torch.no_grad(), _adapted(model, call.added):
        own = model(call.sample, torch.tensor(call.timestep), encoder_hidden_states=call.text).sample.double()
    size = float(own.norm())
    return float((call.prediction.double() - own).norm()) / size if size > 0 else None


@contextlib.contextmanager
def _adapted(model: torch.nn.Module, added: dict[str, torch.Tensor]) -> Iterator[None]:
    """The model with what adapters add to its weights; afterwards it has its own bits again.

    Raises:
        KeyError: an adapter sits on a layer that the model does not have.
    """
    layers = dict(model.named_modules())
    weights = {layers[name].weight: more for name, more in added.items()}
    kept = {weight: weight.detach().clone() for weight in weights}
    try:
        for weight, more in weights.items():
            weight.copy_(weight.double() + more.reshape(weight.shape))
        yield
    finally:
        for weight, own in kept.items():
            weight.copy_(own)
