"""`grade.py doctor`: tries every wall at every tier on this machine, and says what holds."""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from assay.command.findings import write_findings
from assay.command.progress import show_kit_progress
from assay.command.run import require_writable, start_warm
from assay.course import course_root
from assay.doctor import TOKEN, Note, Wall, dependencies, examine
from assay.kit import Kit, ensure_kit, verify_kit
from assay.sandbox.probe import missing, strongest
from assay.sandbox.tiers import FOR_OTHERS, TIERS, holds


def doctor(options: argparse.Namespace) -> int:
    """Exit code 1 when a wall does not hold that its tier promises, or something that assay needs is not right."""
    require_writable(options.json)
    console = Console(stderr=options.json == "-", highlight=False, soft_wrap=True)
    needs = dependencies()
    _show_notes(console, "What assay needs", needs)
    if not all(note.ok for note in needs):
        console.print("The walls were not tried: they need these libraries.", style="bold")
        write_findings(
            {"ok": False, "dependencies": [asdict(note) for note in needs], "kit": [], "tiers": {}}, options.json
        )
        return 1
    kit = ensure_kit(options.kit, show_kit_progress())
    findings = [Note(f.ok, f.what, f.measured, f.wanted) for f in verify_kit(kit)]
    _show_notes(console, f"The kit {kit.name}", findings)
    tiers = _examine_all(kit, console)
    ok = all(note.ok for note in findings) and all(_is_sound(tier) for tier in tiers.values())
    _say_verdict(console)
    notes = {"dependencies": [asdict(note) for note in needs], "kit": [asdict(note) for note in findings]}
    write_findings({"ok": ok} | notes | {"strongest": strongest(), "tiers": tiers}, options.json)
    return 0 if ok else 1


def _examine_all(kit: Kit, console: Console) -> dict[str, dict[str, Any]]:
    rubric = next((course_root() / "rubric").glob("*.yaml"))
    tiers: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        (Path(name) / "runs").mkdir()
        os.environ[TOKEN] = "a notebook that finds this has seen the caller's variables"
        with start_warm(kit, [], Path(name), "cpu") as warm:
            for tier in TIERS:
                why = missing(tier)
                walls = [] if why is not None else examine(tier, warm, kit, rubric)
                tiers[tier] = {"offered": why is None, "missing": why, "walls": [asdict(wall) for wall in walls]}
                _show_walls(console, tier, why, walls)
    return tiers


def _is_sound(tier: dict[str, Any]) -> bool:
    return all(wall["holds"] for wall in tier["walls"] if wall["promised"])


def _show_walls(console: Console, tier: str, why: str | None, walls: list[Wall]) -> None:
    if why is not None:
        console.print(f"\n[bold]{tier}[/]: not run, because this machine does not offer it: ", end="")
        console.print(why, markup=False)
        return
    table = Table("", "tried to", "what came of it", title=f"Walls at {tier}", title_justify="left")
    for wall in walls:
        mark = "[green]holds[/]" if wall.holds else "[red]BROKEN[/]" if wall.promised else "open, not promised"
        table.add_row(mark, wall.tries, wall.seen)
    console.print(table)


def _show_notes(console: Console, title: str, notes: list[Note]) -> None:
    table = Table("", "what", "found", "wanted", title=title, title_justify="left")
    for note in notes:
        table.add_row("[green]ok[/]" if note.ok else "[red]wrong[/]", note.what, note.found, note.wanted)
    console.print(table)


def _say_verdict(console: Console) -> None:
    best = strongest()
    who = "other people's notebooks" if holds(best, FOR_OTHERS) else "your own notebooks only"
    console.print(f"The strongest tier here is {best}: this machine may grade {who}.", style="bold")
