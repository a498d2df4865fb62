"""Decides what a report can draw of a denoising loop: where on the alpha-bar curve it began, and what a mask did."""

from __future__ import annotations

import math
from typing import Any

import torch

from assay.judging.observations import Work
from assay.judging.observations.denoising import Denoising

CURVE = 100  # points of the curve; more are not seen
LOOPS = 12  # starts that a curve has room for
CELLS = 32  # of a drawn mask on each side; a finer grid would only make the page large
DRAWN_MASKS = 3


def loop_starts(work: Work) -> dict[str, Any] | None:
    """The alpha-bar curve, and the first timestep of each loop that began from a picture."""
    loops = [loop for loop in work.denoisings if loop.clean is not None][:LOOPS]
    if not loops:
        return None
    signals = loops[0].signals
    places = torch.linspace(0, len(signals) - 1, CURVE).round().long()
    starts = [_start(loop) for loop in loops if math.isfinite(loop.signal(loop.timesteps[0]))]
    curve = [round(float(signals[place]), 4) for place in places]
    return {"kind": "loop_starts", "timesteps": len(signals), "curve": curve, "starts": starts}


def _start(loop: Denoising) -> dict[str, Any]:
    first = loop.timesteps[0]
    return {"timestep": first, "signal": round(loop.signal(first), 4), "steps": len(loop.steps)}


def effective_masks(work: Work) -> dict[str, Any] | None:
    """For some inpaintings the picture's latents in grey, and over it which cells became the sampler's."""
    drawn: list[dict[str, Any]] = []
    for edit in work.inpaintings:
        if edit.mask is not None and edit.mask.is_partial and edit.keeps_something and len(drawn) < DRAWN_MASKS:
            assert edit.loop.clean is not None
            decided = edit.mask.white | edit.mask.black
            asked = torch.where(decided, edit.mask.white.double(), torch.nan)
            effect = edit.loop.effective_mask
            cells = torch.where(effect.differs, effect.sampled.double(), torch.nan)
            drawn.append({
                "grey": _grey(edit.loop.clean.latents[0]),
                "edited": _sides(cells),
                "asked": _sides(asked),
            })  # fmt: skip
    return {"kind": "effective_masks", "side": CELLS, "masks": drawn} if drawn else None


def _sides(plane: torch.Tensor) -> list[int | None]:
    """1 for the sampler's side, 0 for the picture's, None where nothing can be said, row by row."""
    return [None if math.isnan(value) else int(value > 0.5) for value in _coarse(plane).tolist()]


def _grey(channel: torch.Tensor) -> list[int]:
    """(h, w) as shades from 0 to 255, row by row."""
    values = _coarse(channel)
    low, high = float(values.min()), float(values.max())
    return [round(255 * (value - low) / max(high - low, 1e-9)) for value in values.tolist()]


def _coarse(plane: torch.Tensor) -> torch.Tensor:
    """(h, w) on CELLS x CELLS, flat; the nearest value stands for its neighbours."""
    return torch.nn.functional.interpolate(plane[None, None].double(), size=(CELLS, CELLS), mode="nearest").flatten()
