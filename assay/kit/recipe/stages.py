"""The order of the recipe's stages; a stage needs what those before it made."""

from __future__ import annotations

from importlib import import_module

from assay.kit.recipe.together import run_together, together
from assay.kit.recipe.work import Work

# Each stage's module and the function that brings it to its end.
STAGES = {
    "autoencoder": ("autoencoder", "train"),
    "clip": ("clip", "train"),
    "denoiser": ("denoiser", "train"),
    "styles": ("denoiser", "finish"),
    "vision": ("clip", "finish"),
    "judge": ("judge", "train"),
    "ship": ("ship", "ship"),
}
# Those that take most of the time.
SHARED = ("denoiser", "styles")


def run_stages(work: Work, only: str | None, cores: int) -> None:
    """Run every stage, or one; what is finished is not trained again."""
    for name in (only,) if only else STAGES:
        module, function = STAGES[name]
        if name in SHARED and cores > 1 and together() == 1:
            run_together(work.folder, name, cores)
        else:
            getattr(import_module(f"assay.kit.recipe.{module}"), function)(work)
