"""Decides what the tiers of walls are called, and what each is made of."""

from __future__ import annotations

LIMITS, LOCKDOWN, NAMESPACES = "limits", "lockdown", "namespaces"
TIERS = (LIMITS, LOCKDOWN, NAMESPACES)  # each holds what the one before it holds
AUTO = "auto"
# Notebooks of people who are not the one that runs the command need at least this.
FOR_OTHERS = LOCKDOWN


def holds(tier: str, least: str) -> bool:
    """Whether `tier` is at least as strong as `least`."""
    return TIERS.index(tier) >= TIERS.index(least)
