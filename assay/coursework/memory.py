"""Decides how much GPU memory an exercise needs at full size: what was alive when it computed, and what that takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.rules import Rules
from assay.coursework.runs import Runs
from assay.coursework.shown import Shown

NETWORKS = ("UNet2DConditionModel", "AutoencoderKL", "CLIPTextModel")
BYTES = {"torch.float32": 4, "torch.float16": 2, "torch.bfloat16": 2}
CONTEXT = 2**29  # bytes that CUDA and its libraries take before any tensor: 0.4 to 0.6 GiB, by driver and card
GIB = 2**30


@dataclass(frozen=True)
class Situation:
    """A call, and the networks that were in memory with it, as (class, dtype); `question` is for `full_size`."""

    cell: int
    weights: tuple[tuple[str, str], ...]
    question: str


def situations(shown: Shown) -> list[Situation]:
    """Every different call of a network."""
    classes: dict[int, str] = {}
    alive: dict[int, str] = {}
    found: dict[Situation, None] = {}
    for line in shown.seen:
        if line["e"] == "loaded":
            classes[line["number"]] = line["cls"]
            alive = dict(line["alive"]) | {line["number"]: line["dtype"]}
        elif line["e"] == "alive":
            alive = dict(line["models"])
        elif (question := _question(line, shown)) is not None:
            there = alive if line["number"] in alive else alive | {line["number"]: line["dtype"]}
            weights = sorted((classes[n], str(d)) for n, d in there.items() if classes.get(n) in NETWORKS)
            found[Situation(line["cell"], tuple(weights), question)] = None
    return list(found)


def calls_asked(runs: Runs) -> list[str]:
    """What `full_size` must be asked."""
    shown = runs.gpu or runs.solved
    return [] if shown is None else list(dict.fromkeys(one.question for one in situations(shown)))


def _question(line: Mapping[str, Any], shown: Shown) -> str | None:
    """A call at full size as `full_size.transient` reads it; None for what is no call of one of the three networks."""
    if line["e"] not in ("unet", "encode", "decode", "text") or line["dtype"] not in BYTES or not line["shape"]:
        return None
    shape, kind = line["shape"], line["e"]
    asked: dict[str, Any] = {"kind": kind, "dtype": line["dtype"].removeprefix("torch."), "batch": shape[0], "side": 64,
                             "rank": 0, "targets": [], "through_text": False}  # fmt: skip
    if kind != "text":
        asked["side"] = shape[-1] // 8 if kind == "encode" else shape[-1]
    if kind == "unet" and line["gradient"]:
        asked |= {"kind": "train", **_trained(line["cell"], shown)}
    return json.dumps(asked, sort_keys=True)


def _trained(cell: int, shown: Shown) -> dict[str, Any]:
    """What a training call trains: factors of an adapter, the U-Net itself, or, when nothing of that has a gradient,
    the embedding table by way of the text encoder."""
    noted = [fact for fact in shown.known("trainable") if fact["cell"] <= cell]
    if not noted:
        return {"through_text": any(line["gradient"] for line in shown.of("text", cell))}
    parameters = noted[-1]["parameters"]
    factors = {name: p["shape"] for name, p in parameters.items() if ".lora_A." in name}
    if not factors:
        return {"through_text": not parameters}
    targets = sorted({part for name in factors for part in ("attn1", "attn2") if f".{part}." in name})
    return {"rank": max(shape[0] for shape in factors.values()), "targets": targets}


def gpu_memory(page: Page, runs: Runs, rules: Rules) -> Iterator[Finding]:
    """One prediction for each exercise that computes with the networks of Stable Diffusion."""
    shown = runs.gpu or runs.solved
    if shown is None or runs.full is None:
        return
    peaks: dict[int, tuple[int, Situation]] = {}
    for one in situations(shown):
        number, taken = page.exercise_of.get(one.cell, 0), runs.full["transients"].get(one.question)
        if taken is None:
            yield page.finding(
                one.cell, "not-run", "note", "What this call takes at full size could not be worked out.", one.question
            )
            continue
        needed = _weights(one, runs.full) + taken + CONTEXT
        if number not in peaks or needed > peaks[number][0]:
            peaks[number] = (needed, one)
    for number, (needed, one) in sorted(peaks.items()):
        over = needed > rules.gpu_memory_gib * GIB
        where = f"Exercise {number}" if number else "The set-up"
        yield page.finding(
            one.cell, "gpu-memory", "error" if over else "note",
            f"{where} needs about {needed / GIB:.1f} GiB of GPU memory at full size, "
            f"{'more than' if over else 'of'} the {rules.gpu_memory_gib:g} that there are.",
            _told(one, runs.full),
        )  # fmt: skip


def _weights(one: Situation, full: Mapping[str, Any]) -> int:
    return sum(full["sizes"][cls] * BYTES.get(dtype, 4) for cls, dtype in one.weights)


def _told(one: Situation, full: Mapping[str, Any]) -> str:
    asked = json.loads(one.question)
    networks = ", ".join(f"{cls} {dtype.removeprefix('torch.')}" for cls, dtype in one.weights)
    what = {"train": "a training step", "unet": "a U-Net call", "encode": "an encoding", "decode": "a decoding",
            "text": "a text encoding"}[asked["kind"]]  # fmt: skip
    taken = full["transients"][one.question]
    return (
        f"weights {_weights(one, full) / GIB:.2f} GiB ({networks}), {what} in {asked['dtype']} with batch "
        f"{asked['batch']} {taken / GIB:.2f} GiB, CUDA itself about {CONTEXT / GIB:.1f} GiB"
    )
