"""Decides behind which walls notebooks are run: what was asked for, or the strongest that this machine offers."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from assay.course import course_root
from assay.failure import Fault
from assay.kit import Kit
from assay.kit.layout import OFFERS
from assay.sandbox.probe import missing, strongest
from assay.sandbox.tiers import AUTO, FOR_OTHERS, LIMITS, holds

TRUST = "--trust-these-notebooks"


def choose_tier(asked: str, runner: str, trusted: bool) -> str:
    """The tier to run at.

    Args:
        asked: a tier, or "auto".
        runner: "nbclient" starts a kernel that talks over sockets, so it has *limits* only.
        trusted: whether the caller answers for the notebooks himself.

    Raises:
        Fault: the tier asked for cannot be had, or only *limits* can and nobody answers for the notebooks.
    """
    if runner == "nbclient":
        reason = "a kernel needs sockets, which --runner nbclient cannot do without: use the other runner"
        return _with_limits_only(asked, trusted, reason)
    if asked != AUTO:
        if (why := missing(asked)) is not None:
            raise Fault(f"--tier {asked} cannot be had on this machine: {why}.")
        return _require_trust(asked, trusted, f"--tier {asked} was asked for: use --tier auto")
    tier = strongest()
    return _require_trust(tier, trusted, missing(FOR_OTHERS) or "")


def _with_limits_only(asked: str, trusted: bool, reason: str) -> str:
    if asked not in (AUTO, LIMITS):
        raise Fault(f"--tier {asked} cannot be had: {reason}.")
    return _require_trust(LIMITS, trusted, reason)


def _require_trust(tier: str, trusted: bool, reason: str) -> str:
    if not trusted and not holds(tier, FOR_OTHERS):
        raise Fault(
            f"other people's notebooks are run behind the walls of {FOR_OTHERS} at least, and here are only {LIMITS}, "
            f"which keep nobody out ({reason}); if you trust these notebooks as you trust yourself, say {TRUST}."
        )
    return tier


def require_readable(kit: Kit, tier: str) -> None:
    """Make sure that whom notebooks run as can read the kit; where root grades, that is nobody in particular.

    Raises:
        Fault: some file is for its owner alone.
    """
    if os.getuid() != 0 or tier == LIMITS:
        return
    for name in OFFERS:
        for path in (kit.folder / name).rglob("*"):
            if path.exists() and not path.stat().st_mode & stat.S_IROTH:
                raise Fault(
                    f"{path} is for its owner alone, and where root grades, notebooks run as another user: "
                    f"`chmod -R a+rX {kit.folder}` lets everybody read the kit."
                )


def hidden_places(out: Path) -> tuple[Path, ...]:
    """What no notebook may see, wherever it lies: the course with its checks and references, and others' runs."""
    return course_root(), out.resolve()
