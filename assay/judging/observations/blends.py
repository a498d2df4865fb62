"""Which trained LoRA adapters each picture was drawn with, and how much of each: read off the U-Net's own answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from assay.judging import originals
from assay.judging.evidence import as_number
from assay.judging.observations.facts import Facts
from assay.judging.observations.pictures import Picture, pictures
from assay.judging.originals import plain_name

# A share below this is none: rounding of a weight in float32 (6e-8) is a thousandth of what a short training moves.
LEAST_SHARE = 0.01
# A fit that leaves more than this of the change unexplained is chance: matrices that have nothing to do with each other
# still explain some of one another. Averaged factors leave 0.7.
MOST_UNEXPLAINED = 0.9

Deltas = dict[str, torch.Tensor]  # layer to alpha / r * B A, (out, in) float64


@dataclass(frozen=True)
class Blend:
    """What the U-Net of one picture computed with: base weights + sum of shares[adapter] * delta[adapter].

    An adapter's name is "exercise number:label:name". `residual` is what that sum leaves unexplained and `delta` the
    whole distance from the base, both in the Euclidean norm relative to the base's. `rounding` is the unit roundoff
    of the weights' dtype. `merged` says that the library had merged adapters, `stored` that the stored weights were
    not the base's.
    """

    picture: Picture
    shares: dict[str, float]
    residual: float
    delta: float
    rounding: float
    merged: bool
    stored: bool

    @property
    def adapters(self) -> frozenset[str]:
        """The adapters that took part; none where they explain next to nothing of the change."""
        if not self.residual <= MOST_UNEXPLAINED * self.delta:
            return frozenset()
        return frozenset(name for name, share in self.shares.items() if abs(share) >= LEAST_SHARE)


@dataclass(frozen=True)
class _Layer:
    """One layer that was asked: weights (out, in) float64, and the unit roundoff of what they were stored in."""

    name: str
    base: torch.Tensor
    stored: torch.Tensor
    answered: torch.Tensor
    rounding: float


def blends(work: Facts) -> list[Blend]:
    """One for each picture so far that was drawn after an adapter had been trained, in order."""
    by_call = {picture.call: picture for picture in pictures(work)}
    wanted = [f for f in work.facts_so_far("blend") if f["call"] in by_call]
    return [made for fact in wanted if (made := _blend(work, fact, by_call[fact["call"]])) is not None]


def _blend(work: Facts, fact: dict[str, Any], picture: Picture) -> Blend | None:
    layers = list(_layers(work, fact))
    if not layers:
        return None
    base = torch.cat([layer.base.flatten() for layer in layers])
    answered = torch.cat([layer.answered.flatten() for layer in layers])
    every = {name: _flat(deltas, layers) for name, deltas in _trained(work, fact).items()}
    named = {name: flat for name, flat in every.items() if bool(flat.any())}
    shares = _shares(answered - base, list(named.values()))
    explained = sum((s * flat for s, flat in zip(shares, named.values(), strict=True)), torch.zeros_like(base))
    size = float(base.norm())
    return Blend(
        picture=picture,
        shares=dict(zip(named, shares, strict=True)),
        residual=float((answered - base - explained).norm()) / size,
        delta=float((answered - base).norm()) / size,
        rounding=max(layer.rounding for layer in layers),
        merged=bool(fact["merged"]),
        stored=not all(torch.equal(layer.stored, layer.base) for layer in layers),
    )


def _layers(work: Facts, fact: dict[str, Any]) -> Iterator[_Layer]:
    """The layers whose evidence is whole."""
    model = work.models.get(fact["label"])
    source = {} if model is None else originals.original_tensors(model.cls, model.source or "", model.subfolder)
    for layer, entry in fact["layers"].items():
        original = source.get(f"{plain_name(layer)}.weight")
        stored, answered = work.evidence.tensor(entry["stored"]), work.evidence.tensor(entry["answered"])
        if original is None or stored is None or answered is None:
            continue
        if stored.shape == answered.shape == original.shape and bool(torch.isfinite(answered).all()):
            base, rounding = original.to(stored.dtype).double(), torch.finfo(stored.dtype).eps / 2
            yield _Layer(layer, base, stored.double(), answered.double(), rounding)


def _flat(deltas: Deltas, layers: list[_Layer]) -> torch.Tensor:
    """One adapter's deltas in these layers, end to end; zeros where it has none."""
    parts = [deltas.get(layer.name, torch.zeros(())) for layer in layers]
    fitting = [part.shape == layer.base.shape for part, layer in zip(parts, layers, strict=True)]
    shown = zip(parts, layers, fitting, strict=True)
    return torch.cat([(part if fits else torch.zeros_like(layer.base)).flatten() for part, layer, fits in shown])


def _trained(work: Facts, picture: dict[str, Any]) -> dict[str, Deltas]:
    """Each trained adapter's deltas as they last were before the picture."""
    found: dict[tuple[str, str], tuple[str, Deltas]] = {}
    for fact in work.evidence.facts:
        if fact is picture:
            break
        if fact["kind"] == "adapter":
            name = f"{fact['exercise']}:{fact['label']}:{fact['name']}"
            found[fact["label"], fact["name"]] = name, dict(_deltas(work, fact["layers"]))
    return dict(found.values())


def _deltas(work: Facts, layers: dict[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    for layer, entry in layers.items():
        a, b = work.evidence.tensor(entry["A"]), work.evidence.tensor(entry["B"])
        if a is not None and b is not None and a.dim() == b.dim() == 2 and a.shape[0] == b.shape[1]:
            delta = as_number(entry["scaling"]) * (b.double() @ a.double())
            yield layer, delta if bool(torch.isfinite(delta).all()) else torch.zeros_like(delta)


def _shares(change: torch.Tensor, deltas: list[torch.Tensor]) -> list[float]:
    """How much of each delta the change holds, by least squares; deltas are far from each other's multiples."""
    if not deltas:
        return []
    columns = torch.stack(deltas, dim=1)
    norms = columns.norm(dim=0)
    found = torch.linalg.lstsq(columns / norms, change[:, None], driver="gelsd").solution[:, 0] / norms
    return [float(share) for share in found]
