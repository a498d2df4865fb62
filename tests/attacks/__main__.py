"""`python -m tests.attacks`: plays every attack at every tier that this machine offers, and prints the table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

from assay.command.lessons import load_lessons, warm_imports
from assay.command.run import start_warm
from assay.command.session import Session
from assay.kit import ensure_kit
from assay.sandbox.tiers import TIERS
from tests.attacks.attack import Attack, catalogue
from tests.attacks.outcome import complaints
from tests.attacks.stage import Stage
from tests.attacks.tiers import offered, promises

HEAD = """\
# Attacks, and what becomes of them

Made by `python -m tests.attacks --write docs/attacks.md`; the attacks are data in `tests/attacks/catalogue`. Each was
graded in one cohort with an honest submission. *Held* means: it earned nothing that it should not, its exercise ended
in the declared state, nothing outside its folder was changed, no process, port or file was left, and the honest
submission's result was its usual one. *Not promised* means that this tier does not claim to stop it, so it was not
played there. *Not run* says why. Numbers from 101 to 199 are second forms; from 201 on they are aimed at what this
grader has and others have not.
"""


def main(arguments: list[str] | None = None) -> int:
    """1 when an attack came to more than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, help="only these attacks")
    parser.add_argument("--tier", choices=TIERS, help="only this tier")
    parser.add_argument("--shared", action="store_true", help="set-ups that an attack leaves alone run once for all")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table there")
    options = parser.parse_args(arguments)
    wanted = [attack for attack in catalogue() if not options.numbers or attack.number in options.numbers]
    tiers = [tier for tier in offered() if options.tier in (None, tier)]
    found = {tier: _play_all(tier, wanted, options.shared) for tier in tiers}
    if options.write:
        options.write.write_text(_table(wanted, found), encoding="utf-8")
    broken = [f"{tier}: {number}" for tier, told in found.items() for number, said in told.items() if _is_bad(said)]
    print(f"{len(wanted)} attacks at {len(tiers)} tiers; {len(broken)} came to more than they may", *broken, sep="\n  ")
    return 1 if broken else 0


def _play_all(tier: str, attacks: list[Attack], shared: bool) -> dict[int, str]:
    lessons, kit = load_lessons(), ensure_kit()
    told: dict[int, str] = {}
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as scratch:
        (Path(scratch) / "runs").mkdir()
        with start_warm(kit, warm_imports(lessons), Path(scratch), "cpu") as warm:
            session = Session(lessons, None, kit, warm, "fork", tier, b"a secret for attacks only", shared=shared)
            with Stage(session, tier, Path(scratch)).open() as stage:
                for attack in attacks:
                    told[attack.number] = _played(attack, tier, stage)
                    print(f"{tier}  {attack.number:03}  {attack.name}: {told[attack.number]}", flush=True)
    return told


def _played(attack: Attack, tier: str, stage: Stage) -> str:
    if attack.skip is not None:
        return f"not run: {attack.skip}"
    if not promises(tier, attack.held_by):
        return "not promised"
    try:
        wrong = list(complaints(attack, stage.play(attack), stage))
    except Exception as error:  # the next attacks are played all the same
        traceback.print_exc()
        wrong = [f"{type(error).__name__}: {error}"]
    return "BROKEN: " + "; ".join(wrong) if wrong else "held"


def _is_bad(said: str) -> bool:
    return said.startswith("BROKEN")


def _table(attacks: list[Attack], found: dict[str, dict[int, str]]) -> str:
    tiers = list(found)
    lines = [HEAD, f"| | attack | {' | '.join(tiers)} |", f"|---|---|{'---|' * len(tiers)}"]
    for attack in attacks:
        said = " | ".join(found[tier][attack.number].replace("|", "/") for tier in tiers)
        lines.append(f"| {attack.number} | {attack.name} | {said} |")
    for tier in tiers:
        counts = [
            sum(said.startswith(word) for said in found[tier].values()) for word in ("held", "not promised", "not run")
        ]
        lines += ["", f"At *{tier}*: {counts[0]} held, {counts[1]} not promised, {counts[2]} not run."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
