"""Packs what was trained into the package: half precision, and a manifest that says how far each training came."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from assay.failure import Fault
from assay.kit.layout import LEARNED, RECIPES
from assay.kit.learned.shipped import PARTS, pack, read_weights
from assay.kit.recipe.work import SEED, Work

# Each part's last training.
_TRAININGS = {"autoencoder": "autoencoder", "clip": "vision", "denoiser": "styles", "judge": "judge"}


def ship(work: Work) -> None:
    """Write every part's weights: those of its finished training, else the average of its last checkpoint.

    Raises:
        Fault: a part has neither.
    """
    states, steps = {}, {}
    for part, training in _TRAININGS.items():
        states[part], steps[training] = _trained(work, training)
    versions = {name: version(name) for name in ("torch", "diffusers", "transformers", "numpy", "pillow")}
    facts = {"recipe_version": RECIPES[LEARNED], "seed": SEED, "licence": "Apache-2.0", "versions": versions}
    pack(states, {**facts, "steps": steps})
    work.report("Packed the weights", 1.0, "")


def unship(work: Work) -> None:
    """Put what is shipped where finished trainings lie, and leave what is there; `styles` goes on from it."""
    for name, part in {**{part: part for part in PARTS}, "vision": "clip"}.items():
        if work.load(f"{name}.pt") is None:
            work.save(f"{name}.pt", read_weights(part))


def _trained(work: Work, training: str) -> tuple[dict[str, Any], str]:
    finished, checkpoint = work.load(f"{training}.pt"), work.load(f"{training}.training.pt")
    if finished is not None:
        return finished, "all"
    if checkpoint is None:
        raise Fault(f"{work.file(training + '.training.pt')} is missing: run the recipe first")
    return checkpoint["average"], f"stopped after {checkpoint['step']}"
