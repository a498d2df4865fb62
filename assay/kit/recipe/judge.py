"""Trains the judge on the world's pictures, blurred, shifted and off in colour as generated ones are."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from assay.kit.learned.judge import STYLE_NAMES, SUBJECT_NAMES, Judge, as_seen, loss
from assay.kit.recipe.work import Training, Work
from assay.kit.world import draw_scene, random_scene

PICTURES, STEPS, BATCH = 2400, 900, 64


def train(work: Work) -> Any:
    """The trained Judge; resumes from `work`."""
    torch.manual_seed(4)
    model = Judge()
    finished = work.load("judge.pt")
    if finished is not None:
        model.load_state_dict(finished)
        return model.eval()
    pictures, subjects, styles = _labelled(work)
    training = Training("judge", work, model, STEPS, 3e-3, decay=0.98, weight_decay=0.02)
    for _ in training.run():
        chosen = torch.randint(0, PICTURES, (BATCH,))
        training.descend(loss(model, _worn(pictures[chosen]), subjects[chosen], styles[chosen]))
    work.save("judge.pt", model.state_dict())
    return model.eval()


def _labelled(work: Work) -> tuple[Tensor, Tensor, Tensor]:
    rng, drawn, subjects, styles = np.random.default_rng(15), [], [], []
    for number in range(PICTURES):
        scene = random_scene(rng, plain=0.55)
        drawn.append(draw_scene(scene, rng, 128))
        subjects.append(SUBJECT_NAMES.index(scene.subject))
        styles.append(STYLE_NAMES.index(scene.style))
        if number % 50 == 0:
            work.report("Drawing pictures for the judge", number / PICTURES, "")
    return as_seen(drawn), torch.tensor(subjects), torch.tensor(styles)


def _worn(pictures: Tensor) -> Tensor:
    dy, dx = (int(torch.randint(-3, 4, ())) for _ in range(2))
    worn = torch.roll(pictures, (dy, dx), dims=(2, 3))
    half = len(worn) // 2
    worn[:half] = F.interpolate(F.avg_pool2d(worn[:half], 2), scale_factor=2, mode="bilinear")
    shift = 0.12 * torch.randn(len(worn), 3, 1, 1)
    return (worn * (1 + 0.15 * torch.randn(len(worn), 1, 1, 1)) + shift + 0.05 * torch.randn_like(worn)).clamp(-1, 1)
