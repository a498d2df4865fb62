"""What must stay as it was: every weight of a model, bit for bit, against the judge's own copy."""

from __future__ import annotations

from assay.failure import Failure
from assay.judging.observations import Work
from assay.judging.observations.models import ModelHistory

NAMES = {"text_encoder": "the CLIP transformer", "unet": "the U-Net", "vae": "the VAE", "clip": "CLIP"}


def require_unchanged(work: Work, *kinds: str) -> None:
    """Fail when a model of these kinds ("unet", "vae", "text_encoder", "clip") has other bits than it was loaded with.

    The token embedding table has a claim of its own; casting to half precision is no change.

    Raises:
        LookupError: the kit holds no such model to compare with.
    """
    for kind in kinds:
        models = work.used(kind)
        if not models:
            raise Failure(f"{NAMES[kind]} was not used in this exercise")
        for model in models:
            require_model_unchanged(work, model)


def require_model_unchanged(work: Work, model: ModelHistory) -> None:
    """Fail when this model has other bits than it was loaded with; where an adapter was trained in it, up to the end of
    that training: merging the adapter afterwards changes the base by design.

    Raises:
        LookupError: the kit holds no such model to compare with.
    """
    changed = model.changed(work.number)
    name = NAMES[model.kind]
    if changed is None:
        raise LookupError(f"the kit has no {model.source!r} to compare {name} with")
    if changed:
        raise Failure(
            f"{len(changed)} tensors of {name} changed; the first is {changed[0]}",
            misconception="training does not have to change a model's weights: here the model stays frozen",
            help="Which parameters does the optimizer hold?",
        )
