"""Masks: as drawn, on the grid of the latents, and as they took effect on the latents that were decoded."""

from __future__ import annotations

from dataclasses import dataclass

import torch

PIXELS = 8  # of the picture to one cell of the latents, on each side
SHARP = 0.05  # how far a binary mask's value may be from 0 or 1 once it was computed from latents
SAME = 1e-3  # relative; latents that are the sampler's are within 1e-6 of it
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
    def inner(self) -> torch.Tensor:
        """(h, w): the white cells without a neighbour that is not, or all of them if that leaves none: how an edge is
        brought to the latents' grid is the student's own choice."""
        outside = (~self.white)[None, None].double()
        inner = torch.nn.functional.max_pool2d(outside, 3, stride=1, padding=1)[0, 0] == 0
        return inner if bool(inner.any()) else self.white

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

    `values`: (4, h, w), number by number; `differs`: (h, w), where sampler and picture differ at all; `sampled`:
    (h, w), where a cell is the sampler's and nothing else: what was put back may be noisy or badly scaled.
    """

    values: torch.Tensor
    differs: torch.Tensor
    sampled: torch.Tensor

    @classmethod
    def between(cls, picture: torch.Tensor, denoised: torch.Tensor, final: torch.Tensor) -> EffectiveMask:
        """All (4, h, w): M = (final - picture) / (denoised - picture)."""
        way = denoised - picture
        values = torch.where(way.abs() > APART, (final - picture) / way, torch.nan)
        differs = (way.abs() > APART).any(dim=0)
        off = (final - denoised).abs().amax(dim=0)
        return cls(values, differs, off <= SAME * denoised.square().mean().sqrt())

    @property
    def seen(self) -> torch.Tensor:
        """The values that say something, flat."""
        return self.values[~self.values.isnan()]

    def disagreement(self, mask: Mask) -> float:
        """Share of the cells well inside or wholly outside of `mask` that took the other side; 1 without any."""
        decided = (mask.inner | mask.black) & self.differs
        wrong = (self.sampled != mask.white)[decided]
        return float(wrong.double().mean()) if wrong.numel() else 1.0
