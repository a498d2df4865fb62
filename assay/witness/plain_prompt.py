"""Decides what is asked of a text encoder to see whether prompts without the new token still read the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from assay.witness.quiet import quiet
from assay.witness.recorder import Recorder

# "a photo of a painting" between the start and end marks, then words from all over the table, then padding:
# common words take part in the students' own prompts, the others only move by weight decay.
PLAIN_IDS = [49406, 320, 1125, 539, 320, 3086, *((7919 * i) % 49000 for i in range(1, 9)), *[49407] * 63]


def plain_output(model: torch.nn.Module, recorder: Recorder) -> str | None:
    """Last hidden state (1, 77, width) for the plain prompt, kept under a name; None when the forward fails.

    The student's own hooks are set aside meanwhile, no graph is built and no random number is drawn.
    """
    try:
        with quiet(), torch.no_grad(), _without_hooks(model):
            device = next(torch.nn.Module.parameters(model)).device
            output = type(model).forward(model, torch.tensor([PLAIN_IDS], device=device))
    except Exception:  # the student may have broken the model; that is his, and it shows elsewhere
        return None
    return recorder.tensor(output[0])


@contextmanager
def _without_hooks(model: torch.nn.Module) -> Iterator[None]:
    kept = [(m, m._forward_hooks, m._forward_pre_hooks) for m in torch.nn.Module.modules(model)]
    for module, _, _ in kept:
        module._forward_hooks, module._forward_pre_hooks = type(kept[0][1])(), type(kept[0][2])()
    try:
        yield
    finally:
        for module, hooks, pre_hooks in kept:
            module._forward_hooks, module._forward_pre_hooks = hooks, pre_hooks
