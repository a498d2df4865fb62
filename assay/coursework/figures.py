"""Decides which figures that the text states are not those of Stable Diffusion v1.5 at full size."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from assay.coursework.claims import written
from assay.coursework.code import calls as calls_of
from assay.coursework.code import keyword, pieces
from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.runs import Runs

ROUNDED = 0.05  # of a parameter count that is given with `~`
SIGNAL = 0.03  # of a part of signal that is given with `~`: two digits, one of them rounded
_LIST = re.compile(r"\[(\d+), *(\d+), *\.\.\., *(\d+)\] *for (\d+) steps")
_SIGNAL = re.compile(r"\bstrength *= *(\d*\.\d+)\D{0,40}?alpha\D{0,30}?\(~ *(\d*\.\d+)\)", re.I)
_SHARE = re.compile(r"\brank-(\d+) LoRA\b[^.%]*?cross-attention[^.%]*?(\d+\.\d+) *[\u2013-] *(\d+\.\d+) *%", re.I)
_SIDES = re.compile(r"\battention\b[^.]{0,40}?\bresolutions? (\d+) *[x\u00d7] *\1 and (\d+) *[x\u00d7] *\2", re.I)
_COUNT = re.compile(r"\b(U-?Net|VAE|CLIP)\b[^.\n]{0,25}?~(\d+) ?M\b", re.I)
_NETWORKS = {"unet": "UNet2DConditionModel", "vae": "AutoencoderKL", "clip": "CLIPTextModel"}


def schedules_asked(page: Page, runs: Runs) -> list[tuple[str, int]]:
    """The (scheduler, steps) that sentences of the text are about."""
    found: list[tuple[str, int]] = []
    for cell, text in written(page):
        number = page.exercise_of[cell]
        for sentence in _LIST.finditer(text):
            found += [(name, int(sentence[4])) for name in _schedulers(page, runs, number)]
        if _SIGNAL.search(text):
            found += [(name, steps) for name in _schedulers(page, runs, number) for steps in _steps(page, runs, number)]
    return list(dict.fromkeys(found))


def states_sizes(page: Page) -> bool:
    """Whether any sentence states what only the networks' shapes tell."""
    return any(find.search(text) for _, text in written(page) for find in (_SHARE, _SIDES, _COUNT))


def stated_figures(page: Page, runs: Runs) -> Iterator[Finding]:
    """Figures in sentences, held against the published configuration."""
    if runs.full is None:
        return
    sizes = runs.full["sizes"]
    plans = {(p["scheduler"], p["steps"]): p for p in runs.full["schedules"]}
    for cell, text in written(page):
        number = page.exercise_of[cell]
        yield from _timesteps(page, runs, cell, number, text, plans)
        yield from _signals(page, runs, cell, number, text, plans)
        yield from _shares(page, cell, text, sizes)
        yield from _attention(page, cell, text, sizes)
        yield from _counts(page, cell, text, sizes)


def _calls(page: Page, runs: Runs, exercise: int) -> list[tuple[ast.Call, str]]:
    mine = [piece for piece in pieces(page, runs.placed) if page.exercise_of[piece.cell] == exercise]
    return [found for piece in mine for found in calls_of(piece.tree)]


def _schedulers(page: Page, runs: Runs, exercise: int) -> list[str]:
    words = {word for _, dotted in _calls(page, runs, exercise) for word in dotted.split(".")}
    names = {word for word in words if word.endswith("Scheduler")}
    return sorted(names) if len(names) == 1 else []  # of several, nobody knows which is meant


def _steps(page: Page, runs: Runs, exercise: int) -> list[int]:
    """The number of steps that the pipelines of an exercise are called with in its code, if it is one."""
    given = [keyword(call, "num_inference_steps") for call, _ in _calls(page, runs, exercise)]
    values = {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, int)}
    return sorted(values) if len(values) == 1 else []


def _timesteps(
    page: Page, runs: Runs, cell: int, number: int, text: str, plans: Mapping[tuple[str, int], Mapping[str, Any]]
) -> Iterator[Finding]:
    for sentence in _LIST.finditer(text):
        said = [int(sentence[1]), int(sentence[2]), int(sentence[3])]
        for name in _schedulers(page, runs, number):
            plan = plans.get((name, int(sentence[4])))
            if plan is None:
                continue
            times = plan["timesteps"]
            real = [times[0], times[1], times[-1]]
            if real != said:
                yield page.finding(
                    cell, "claim-contradicted", "warning", "The timesteps that the text lists are not the scheduler's.",
                    f"{name} with {sentence[4]} steps begins {real[0]}, {real[1]} and ends {real[2]}; the text says: "
                    f"{sentence[0]}",
                )  # fmt: skip


def _signals(
    page: Page, runs: Runs, cell: int, number: int, text: str, plans: Mapping[tuple[str, int], Mapping[str, Any]]
) -> Iterator[Finding]:
    for sentence in _SIGNAL.finditer(text):
        strength, said = float(sentence[1]), float(sentence[2])
        for name in _schedulers(page, runs, number):
            for steps in _steps(page, runs, number):
                plan = plans.get((name, steps))
                if plan is None:
                    continue
                alphas = plan["alphas"]
                real = alphas[min(steps - int(steps * strength), steps - 1)]
                if abs(real - said) > SIGNAL:
                    yield page.finding(
                        cell, "claim-contradicted", "warning",
                        "The part of signal that the text gives for a strength is not the schedule's.",
                        f"{name} with {steps} steps begins at alpha-bar {real:.3f} for strength {strength:g}; the text "
                        f"says: {sentence[0]}",
                    )  # fmt: skip


def _shares(page: Page, cell: int, text: str, sizes: Mapping[str, Any]) -> Iterator[Finding]:
    for sentence in _SHARE.finditer(text):
        rank, low, high = int(sentence[1]), float(sentence[2]), float(sentence[3])
        added = rank * sum(out + into for _, out, into in sizes["attn2"])
        share = 100 * added / sizes["UNet2DConditionModel"]
        places = len(sentence[2].split(".")[1])
        if not low <= round(share, places) <= high:
            yield page.finding(
                cell, "claim-contradicted", "warning", "An adapter's share of parameters is not what the text says.",
                f"rank {rank} on the {len(sizes['attn2'])} cross-attention projections adds {added:,} parameters, "
                f"{share:.3f} % of {sizes['UNet2DConditionModel']:,}; the text says: {sentence[0]}",
            )  # fmt: skip


def _attention(page: Page, cell: int, text: str, sizes: Mapping[str, Any]) -> Iterator[Finding]:
    for sentence in _SIDES.finditer(text):
        said = {int(sentence[1]), int(sentence[2])}
        if said != set(sizes["attention sides"]):
            sides = ", ".join(f"{side}x{side}" for side in sizes["attention sides"])
            yield page.finding(
                cell, "claim-contradicted", "warning", "The text names other resolutions than the U-Net attends at.",
                f"the U-Net has attention at {sides}; the text says: {sentence[0]}",
            )  # fmt: skip


def _counts(page: Page, cell: int, text: str, sizes: Mapping[str, Any]) -> Iterator[Finding]:
    for sentence in _COUNT.finditer(text):
        network = _NETWORKS[sentence[1].lower().replace("-", "")]
        real, said = sizes[network], int(sentence[2]) * 10**6
        if abs(real - said) > ROUNDED * real:
            yield page.finding(
                cell, "claim-contradicted", "warning", "A network has another number of parameters than the text says.",
                f"{network} has {real:,}; the text says: {sentence[0]}",
            )  # fmt: skip
