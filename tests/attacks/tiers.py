"""Which walls this machine offers: the one place that every attack's run takes them from."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

ORDER = ("limits", "lockdown", "namespaces", "container")  # each promises what the one before it does, and more


def offered() -> tuple[str, ...]:
    """The tiers that can be had here, weakest first, as `assay.sandbox.probe` finds out by trying."""
    if find_spec("assay.sandbox.probe") is None:
        return ("limits",)
    missing = import_module("assay.sandbox.probe").missing
    return tuple(tier for tier in import_module("assay.sandbox.tiers").TIERS if missing(tier) is None)


def promises(tier: str, held_by: str) -> bool:
    """Whether `tier` promises to stop what `held_by` is the lowest tier to stop."""
    return ORDER.index(tier) >= ORDER.index(held_by)
