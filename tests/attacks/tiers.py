"""Which walls this machine offers: the one place that every attack's run takes them from."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

ORDER = ("limits", "lockdown", "namespaces", "container")  # each promises what the one before it does, and more


def offered() -> tuple[str, ...]:
    """The tiers that can be had here, weakest first."""
    found: Callable[[], tuple[str, ...]] | None = getattr(import_module("assay.sandbox"), "offered_tiers", None)
    return tuple(found()) if found is not None else ("limits",)


def promises(tier: str, held_by: str) -> bool:
    """Whether `tier` promises to stop what `held_by` is the lowest tier to stop."""
    return ORDER.index(tier) >= ORDER.index(held_by)
