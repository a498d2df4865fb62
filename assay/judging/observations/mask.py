"""Masks: as drawn, on the grid of the latents, and as they took effect on the latents that were decoded."""

from __future__ import annotations

from dataclasses import dataclass

import torch

PIXELS = 8  # of the picture to one cell of the latents, on each side
SHARP = 0.05  # how far a binary mask's value may be from 0 or 1 once it was computed from latents
APART = 0.02  # where sampler and picture are closer than this, the quotient says nothing


@dataclass(frozen=True)
class Mask:
    """A mask on the latents' grid: `white` and `black` are (h, w), true where a cell lies wholly inside or outside."""

    white: torch.Tensor
    black: torch.Tensor

    @classmethod
    def of(cls, pixels: torch.Tensor, grid: torch.Size) -> Mask:
        """`pixels`: uint8 (H, W), white being 255; `grid`: (h, w)."""
        size = [PIXELS * side for side in grid]
        plain = torch.nn.functional.interpolate((pixels[None, None] >= 128).float(), size, mode="nearest")
        share = torch.nn.functional.avg_pool2d(plain, PIXELS)[0, 0]
        return cls(share == 1.0, share == 0.0)

    @property
    def is_partial(self) -> bool:
        """Whether it leaves something and takes something."""
        return bool(self.white.any()) and bool(self.black.any())

    def covers(self, other: Mask) -> bool:
        """Whether it leaves less of the picture than `other`, and nothing that `other` takes."""
        return bool((self.white | ~other.white).all()) and bool((~self.black).sum() > (~other.black).sum())


@dataclass(frozen=True)
class EffectiveMask:
    """1 where the latents are the sampler's, 0 where they are the picture's; NaN where both are the same.

    `values`: (4, h, w), number by number; `cells`: (h, w), all channels of a cell together.
    """

    values: torch.Tensor
    cells: torch.Tensor

    @classmethod
    def between(cls, picture: torch.Tensor, denoised: torch.Tensor, final: torch.Tensor) -> EffectiveMask:
        """All (4, h, w): M = (final - picture) / (denoised - picture), for a cell by least squares."""
        way, moved = denoised - picture, final - picture
        values = torch.where(way.abs() > APART, moved / way, torch.nan)
        length = (way * way).sum(dim=0)
        cells = torch.where(length > len(way) * APART**2, (way * moved).sum(dim=0) / length, torch.nan)
        return cls(values, cells)

    @property
    def seen(self) -> torch.Tensor:
        """The values that say something, flat."""
        return self.values[~self.values.isnan()]

    def disagreement(self, mask: Mask) -> float:
        """Share of the cells that lie wholly inside or outside of `mask` and took the other side; 1 without any.

        A cell is on the sampler's side where it is the sampler's alone: what was put back may be noisy or badly scaled.
        """
        decided = (mask.white | mask.black) & ~self.cells.isnan()
        wrong = (self.sampled != mask.white)[decided]
        return float(wrong.double().mean()) if wrong.numel() else 1.0

    @property
    def sampled(self) -> torch.Tensor:
        """(h, w): whether a cell is the sampler's."""
        return (self.cells - 1).abs() <= SHARP
