"""An independent judge of pictures: a small classifier of subjects and styles, and the palette's colour by pixels.

It has seen the world's pictures and never a caption, a latent or CLIP.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import Tensor, nn

from assay.kit.world.palette import COLOURS
from assay.kit.world.scene import NAMES, SCENERY, STYLES, SUBJECTS
from assay.kit.world.strokes import Place, draw_strokes

SUBJECT_NAMES = (*NAMES, *SCENERY)
STYLE_NAMES = tuple(STYLES)
_SIDE = 64


class Judge(nn.Module):
    """Four convolutions, then one linear layer each for the subject and the style."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 16, 32, 48, 64)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GroupNorm(8, after), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.subject = nn.Linear(64 * 16, len(SUBJECT_NAMES))
        self.style = nn.Linear(64, len(STYLE_NAMES))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of subject [N, 25] and style [N, 7] of `pictures`, float32 [N, 3, 64, 64] in [-1, 1]."""
        found = self.body(pictures)
        return self.subject(found.flatten(1)), self.style(found.mean((2, 3)))


def judge() -> Judge:
    """The judge that is shipped."""
    from assay.kit.learned.shipped import read_weights

    model = Judge()
    model.load_state_dict(read_weights("judge"))
    return model.eval()


def as_seen(pictures: list[Image.Image]) -> Tensor:
    """Pictures as the judge takes them."""
    small = [np.asarray(p.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)) for p in pictures]
    return torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 127.5 - 1


@torch.no_grad()
def subjects_and_styles(model: Any, pictures: list[Image.Image]) -> list[tuple[str, str]]:
    """What the judge sees on each picture."""
    subject, style = model(as_seen(pictures))
    return [
        (SUBJECT_NAMES[int(a)], STYLE_NAMES[int(b)]) for a, b in zip(subject.argmax(1), style.argmax(1), strict=True)
    ]


def colour_of(picture: Image.Image, subject: str) -> str:
    """The palette's colour that most pixels are nearest to, where a subject of that name has its own colour."""
    side = picture.width
    # Only what is `body` counts: eyes, wheels and windows do not count.
    layer = Image.new("RGB", (side, side))
    draw_strokes(ImageDraw.Draw(layer), SUBJECTS[subject], Place(0.5 * side, 0.54 * side, 0.28 * side), (255, 0, 255))
    own = (np.asarray(layer) == np.array((255, 0, 255))).all(-1)
    pixels = np.asarray(picture.convert("RGB"), float)[own]
    palette = np.array(list(COLOURS.values()), float)
    nearest = np.square(pixels[:, None] - palette[None]).sum(-1).argmin(1)
    return list(COLOURS)[int(np.bincount(nearest, minlength=len(palette)).argmax())]


def loss(model: Judge, pictures: Tensor, subjects: Tensor, styles: Tensor) -> Tensor:
    """Cross-entropy of both answers."""
    subject, style = model(pictures)
    return F.cross_entropy(subject, subjects) + 0.5 * F.cross_entropy(style, styles)
