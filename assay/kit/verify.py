"""Whether a kit is what its manifest says and has the properties that checks rely on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from assay.kit.child import run_module
from assay.kit.layout import Kit, file_digests, read_manifest


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it holds, what it is, what was measured, and what is wanted."""

    ok: bool
    what: str
    measured: str
    wanted: str


def verify_kit(
    kit: Kit, figures: bool = False, tell: Callable[[Finding], None] = lambda finding: None
) -> list[Finding]:
    """Digests, and every component and the data set loaded as a notebook loads them; a few seconds.

    Args:
        figures: measure the calibration too (some ten seconds): every property that a check's tolerance rests on; of
            the learned kit also what its model card says, a quarter of an hour.
        tell: called with each finding as soon as it is measured.

    Raises:
        Fault: the measuring process died.
    """
    found = [_digests(kit)]
    tell(found[0])

    def take(line: str) -> None:
        if line.startswith("["):  # libraries print lines of their own
            found.append(Finding(*json.loads(line)))
            tell(found[-1])

    with TemporaryDirectory() as writable:
        which = "figures" if figures else "loads"
        run_module("assay.kit.measure", [which], kit.environment(Path(writable)), take)
    return found


def show_kit(kit: Kit, out: Path) -> Path:
    """Write a contact sheet (PNG) of the data set, reconstructions and generated pictures; returns `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as writable:
        run_module("assay.kit.sheet", [str(out.absolute())], kit.environment(Path(writable)), lambda line: None)
    return out


def _digests(kit: Kit) -> Finding:
    manifest = read_manifest(kit.folder)
    if manifest is None:
        return Finding(True, "digests", "a folder without kit.json: nothing to compare", "every file as it was built")
    wanted, found = manifest["files"], file_digests(kit.folder)
    # Files that came later (somebody's own models) are no damage.
    wrong = sorted(name for name in wanted if found.get(name) != wanted[name])
    measured = (
        f"{len(wrong)} of {len(wanted)} files differ, the first is {wrong[0]}" if wrong else f"{len(wanted)} files"
    )
    return Finding(not wrong, "digests", measured, "every file as it was built")
