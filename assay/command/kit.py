"""`grade.py kit`: builds, verifies or shows the stand-in models and data."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assay.command.progress import show_kit_progress
from assay.failure import Misuse
from assay.kit import Finding, Kit, ensure_kit, show_kit, train_kit, verify_kit


def kit(options: argparse.Namespace) -> int:
    """Exit code 1 when `verify` found something wrong."""
    if options.train is not None:
        if options.what != "build":
            raise Misuse(f"--train belongs to `kit build`, not to `kit {options.what}`.")
        train_kit(options.train, show_kit_progress())
        print("The learned kit's weights are trained and packed; `kit verify --kit learned --figures` measures them.")
        return 0
    found = ensure_kit(options.kit, show_kit_progress())
    if options.what == "verify":
        return _verify(found, options.figures)
    if options.what == "show":
        print(show_kit(found, options.out))
        return 0
    print(f"{found.name} {found.digest[:12]} in {found.folder}")
    return 0


def _verify(found: Kit, figures: bool) -> int:
    with Console(stderr=True).status("Measuring") as waiting:
        findings = verify_kit(
            found, figures, lambda one: waiting.update(f"Measuring; so far: {escape(one.what)}, {escape(one.measured)}")
        )
    table = Table("", "what", "measured", "wanted", title=f"{found.name} in {found.folder}")
    for finding in findings:
        table.add_row(_mark(finding), *map(escape, (finding.what, finding.measured, finding.wanted)))
    Console().print(table)
    return 0 if all(finding.ok for finding in findings) else 1


def _mark(finding: Finding) -> str:
    return "[green]ok[/]" if finding.ok else "[red]wrong[/]"
