"""Where one denoising loop ends and the next begins, and which picture, schedule and decoder belong to each."""

from __future__ import annotations

from typing import Any

import torch

from assay.judging import originals
from assay.judging.evidence import as_number
from assay.judging.observations.denoising import Clean, Decoded, Denoising
from assay.judging.observations.facts import Facts
from assay.judging.observations.steps import Step, blank_texts, grouped

KINDS = {"unet", "schedule", "pipeline", "encode", "sampled", "decode", "text", "pictures"}
CLEARLY = 0.1  # by how much another picture must explain a start better than the one encoded last

Fact = dict[str, Any]


def denoisings(work: Facts) -> list[Denoising]:
    """Every denoising loop of the exercise, in order."""
    facts = [f for f in work.evidence.facts if f["exercise"] <= work.number]
    trained = {f["call"] for f in facts if f["kind"] == "unet_gradient"}
    order = [f for f in facts if f["kind"] in KINDS and f.get("call") not in trained]
    blank = blank_texts(fact for fact in order if fact["kind"] == "text")
    loops = [loop for loop in _loops(order) if order[loop[0]]["exercise"] == work.number]
    return [_made(work, order, loop, blank) for loop in loops]


def _loops(order: list[Fact]) -> list[list[int]]:
    """The places of the calls of each loop among the facts."""
    loops: list[list[int]] = []
    between: set[str] = set()
    for place, fact in enumerate(order):
        if fact["kind"] != "unet":
            between.add(fact["kind"])
        else:
            if not loops or _begins([order[p] for p in loops[-1]], fact, between):
                loops.append([])
            loops[-1].append(place)
            between = set()
    return loops


def _begins(loop: list[Fact], fact: Fact, between: set[str]) -> bool:
    """Whether this call begins another loop than the one whose calls are `loop`.

    A timestep that rises does, unless the loop has been running upwards from its start: that is a mistake of its own.
    """
    last = loop[-1]
    if between & {"schedule", "pipeline"} or any(fact[k] != last[k] for k in ("pipeline", "exercise", "label")):
        return True
    if fact["times"][0] > last["times"][0]:
        return bool(between & {"decode", "encode", "text"}) or loop[0]["times"][0] > last["times"][0]
    return fact["times"][0] == last["times"][0] and "decode" in between


def _made(work: Facts, order: list[Fact], loop: list[int], blank: set[str]) -> Denoising:
    first = order[loop[0]]
    calls = [order[place] for place in loop]
    source = work.models[first["label"]].source
    signals = originals.signal_rates(source or "")
    if signals is None:
        raise LookupError(f"the kit has no noise schedule for {source!r}")
    steps = [Step(group, work.evidence.tensor, blank) for group in grouped(calls)]
    own = [f for f in order if f["kind"] == "pipeline" and f["call"] == first["pipeline"]]
    made = [f for f in order if f["kind"] == "pictures" and own and f["call"] == first["pipeline"]]
    return Denoising(
        exercise=first["exercise"],
        pipeline=own[0] if own else None,
        steps=steps,
        signals=signals,
        told=next((f for f in reversed(order[: loop[0]]) if f["kind"] == "schedule"), None),
        source=source,
        clean=_clean(work, order[: loop[0]], first["pipeline"], steps[0]),
        decoded=_decoded(work, order[loop[-1] :], first["pipeline"]),
        pictures=tuple(str(digest) for f in made for digest in f["digests"]),
    )


def _clean(work: Facts, before: list[Fact], pipeline: int | None, step: Step) -> Clean | None:
    """In a pipeline the first picture that it encoded; else the last one, unless another explains the start better."""
    encoded = [f for f in before if f["kind"] == "encode" and f["pipeline"] == pipeline]
    if pipeline is not None:
        drawn = [f for f in before if f["kind"] == "sampled" and f["pipeline"] == pipeline]
        exact = work.evidence.tensor(drawn[0]["latents"]) if drawn else None
        return _scaled(work, encoded[0], exact) if encoded else None
    found = [clean for fact in encoded if (clean := _scaled(work, fact, None)) is not None]
    if not found:
        return None
    fits = [_resemblance(clean.latents, step.sample) for clean in found]
    best = max(range(len(found)), key=fits.__getitem__)
    return found[best] if fits[best] > fits[-1] + CLEARLY else found[-1]


def _scaled(work: Facts, fact: Fact, exact: torch.Tensor | None) -> Clean | None:
    mean = work.evidence.tensor(fact.get("mean"))
    if mean is None or mean.dim() != 4 or not len(mean):
        return None
    factor = as_number(work.models[fact["label"]].loaded.get("scaling_factor"))
    drawn = exact[0] if exact is not None and exact.shape == mean.shape else None
    return Clean(mean[0].double() * factor, as_number(fact["deviation"]) * factor, drawn)


def _resemblance(left: torch.Tensor, right: torch.Tensor) -> float:
    if left.shape != right.shape:
        return 0.0
    return abs(float(torch.corrcoef(torch.stack([left.flatten(), right.flatten()]))[0, 1]))


def _decoded(work: Facts, after: list[Fact], pipeline: int | None) -> Decoded | None:
    """What was decoded first after the loop's last call."""
    for fact in after:
        latents = work.evidence.tensor(fact.get("tensor")) if fact["kind"] == "decode" else None
        if latents is not None and fact["pipeline"] == pipeline and latents.dim() == 4 and len(latents):
            factor = as_number(work.models[fact["label"]].loaded.get("scaling_factor"))
            stepped = [work.evidence.tensor(name) for name in fact["stepped"]]
            return Decoded(latents[0], factor, tuple(t[0] for t in stepped if t is not None and t.dim() == 4))
    return None
