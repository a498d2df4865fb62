"""The clean latents of a training loop, and how well each of them explains a noisy one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch


@dataclass(frozen=True)
class CleanLatents:
    """`latents`: (n, 4, h, w) float64, scaled; of size 0 when nothing was encoded."""

    latents: torch.Tensor

    @cached_property
    def _rows(self) -> torch.Tensor:
        return self.latents.flatten(1)

    @cached_property
    def _sums(self) -> torch.Tensor:
        return self._rows.sum(dim=1)

    @cached_property
    def _squares(self) -> torch.Tensor:
        return (self._rows * self._rows).sum(dim=1)

    def fits(
        self, noisy: torch.Tensor, signal: float, prediction: torch.Tensor, gradient: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """For each latent z, with e = (x - sqrt(a) z) / sqrt(1 - a) the noise that it implies in x:

        - misfit, (n,): |std(e) - 1| + |corr(e, z)|, 0 for the right one up to chance;
        - agreement, (n,): cosine of (prediction - e) with the loss's gradient, 1 for the right one.

        All arguments are flat float64. The sums are expanded into dot products of x, z, prediction and gradient, so
        that no noise has to be formed: that is twenty times quicker, and float64 has the digits for it.
        """
        x, p, g, count = noisy, prediction, gradient, noisy.numel()
        root, rest = signal**0.5, (1 - signal) ** 0.5
        xz, gz, pz = self._rows @ x, self._rows @ g, self._rows @ p
        sum_e = (x.sum() - root * self._sums) / rest
        ee = (x @ x - 2 * root * xz + root**2 * self._squares) / rest**2
        spread_e = (ee - sum_e**2 / count).clamp_min(0)
        spread_z = (self._squares - self._sums**2 / count).clamp_min(0)
        together = (xz - root * self._squares) / rest - sum_e * self._sums / count
        correlation = together / (spread_e * spread_z).sqrt().clamp_min(TINY)
        misfit = ((spread_e / (count - 1)).sqrt() - 1).abs() + correlation.abs()
        pe, ge = (p @ x - root * pz) / rest, (g @ x - root * gz) / rest
        distance = (p @ p - 2 * pe + ee).clamp_min(0).sqrt()
        agreement = (g @ p - ge) / (g.norm() * distance).clamp_min(TINY)
        return misfit, agreement


TINY = 1e-30  # keeps 0 / 0 at 0 for latents and gradients that are all zero
