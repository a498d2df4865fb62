"""Decides what is asked of a text encoder to see whether prompts without the new token still read the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from assay.witness.plain_ids import PLAIN_IDS
from assay.witness.quiet import quiet
from assay.witness.recorder import Recorder
from assay.witness.weights import modules_of, parameters_of


def plain_output(model: torch.nn.Module, recorder: Recorder) -> str | None:
    """Last hidden state (1, 77, width) for the plain prompt, kept under a name; None when the forward fails.

    The student's own hooks are set aside meanwhile, no graph is built and no random number is drawn.
    """
    try:
        with quiet(), torch.no_grad(), without_hooks(model):
            device = next(parameter for _, parameter in parameters_of(model)).device
            with torch.random.fork_rng([device] if device.type == "cuda" else []):
                output = type(model).forward(model, torch.tensor([PLAIN_IDS], device=device))
    except Exception:  # the student may have broken the model; that is his, and it shows elsewhere
        return None
    return recorder.tensor(output[0])


@contextmanager
def without_hooks(model: torch.nn.Module) -> Iterator[None]:
    """Set aside the hooks of every module, and those that were registered for all modules at once."""
    places = [
        (module.__dict__, name) for _, module in modules_of(model) for name in ("_forward_hooks", "_forward_pre_hooks")
    ]
    shared = vars(torch.nn.modules.module)
    places += [(shared, "_global_forward_hooks"), (shared, "_global_forward_pre_hooks")]
    kept = [(place, name, place[name]) for place, name in places]
    for place, name, hooks in kept:
        place[name] = type(hooks)()
    try:
        yield
    finally:
        for place, name, hooks in kept:
            place[name] = hooks
