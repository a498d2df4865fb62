"""Which walls this machine offers: the one place that every attack's run takes them from."""

from __future__ import annotations

from assay.sandbox.probe import missing
from assay.sandbox.tiers import TIERS, holds


def offered() -> tuple[str, ...]:
    """The tiers that can be had here, weakest first, as it turns out by trying."""
    return tuple(tier for tier in TIERS if missing(tier) is None)


def promises(tier: str, held_by: str) -> bool:
    """Whether `tier` promises to stop what `held_by` is the lowest tier to stop."""
    return holds(tier, held_by)
