"""Decides how what was proved of the checks, and what they would miss, is shown: as tables in Markdown."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from assay.course import course_root, lessons
from assay.failure import Misuse
from assay.kept import Kept, KeptProof, read

ABOUT = """# What the checks were tried on

Every lesson's checks were run for real on wrong solutions that they must catch, on unusual correct ones that they must
let pass, and on generated mutants of the reference. A mistake counts as caught when every criterion that names it
fails and every other one of the exercise still passes. A mutant counts when it changed anything that is observed and is
no correct solution by a written rule; it is noticed when a criterion fails or the exercise ends in an error.

    python -m assay.proving --all --write docs    # mistakes and variants
    python -m assay.mutating --all --write docs   # mutants; takes hours
    python -m assay.tables docs                   # prints these pages, runs nothing
"""
KINDS = ("caught", "stopped", "survived", "legal", "refused", "unnoticeable")


def overview(found: Iterable[Kept]) -> str:
    """The page with one line for each lesson."""
    rows = [
        [f"[{kept.title}](proofs/{kept.lesson}.md)", f"{len(kept.proofs)} of {kept.declared}",
         *_proved(kept, "mistake"), *_proved(kept, "variant"), _unchecked(kept), *_mutated(kept)]
        for kept in found
    ]  # fmt: skip
    head = ["lesson", "declared ones that ran", "mistakes", "caught", "variants", "accepted", "unchecked verdicts",
            "mutants that count", "caught", "stopped", "survived", "noticed", "refused"]  # fmt: skip
    return f"{ABOUT}\n{_table(head, rows)}"


def page(kept: Kept) -> str:
    """The page of one lesson: by criterion, by mistake, by variant, and what became of the mutants."""
    parts = [
        f"# {kept.title}: what its checks were tried on",
        "## By criterion\n\n`kept` says how often the criterion passed where it must pass: on the mistakes that others "
        f"name, and on the variants.\n\n{_by_criterion(kept)}",
        f"## Mistakes\n\n{_mistakes(kept)}",
        f"## Variants\n\n{_variants(kept)}",
        f"## Mutants\n\n{_mutants(kept)}",
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def write_pages(folder: Path) -> None:
    """Write `folder`/proofs.md and a page for each lesson from what is kept in `folder`/proofs."""
    found = all_kept(folder)
    (folder / "proofs.md").write_text(overview(found), encoding="utf-8")
    for kept in found:
        (folder / "proofs" / f"{kept.lesson}.md").write_text(page(kept), encoding="utf-8")


def all_kept(folder: Path) -> list[Kept]:
    """What is kept of each lesson in `folder`/proofs, by slug."""
    return [kept for slug in lessons() if (kept := read(folder / "proofs", slug)) is not None]


def _proved(kept: Kept, kind: str) -> list[str]:
    own = [proof for proof in kept.proofs if proof.kind == kind]
    return [str(len(own)), str(sum(proof.holds for proof in own))]


def _unchecked(kept: Kept) -> str:
    unchecked = sum(len(proof.unchecked) for proof in kept.proofs)
    verdicts = sum(sum(1 for number, _ in kept.criteria if number == proof.exercise) for proof in kept.proofs)
    return f"{unchecked} of {verdicts}"


def _mutated(kept: Kept) -> list[str]:
    counts = Counter(mutant.kind for mutant in kept.mutants)
    noticed = counts["caught"] + counts["stopped"]
    counted = noticed + counts["survived"]
    share = f"{noticed / counted:.1%}" if counted else "none ran"
    return [
        str(n) for n in (counted, counts["caught"], counts["stopped"], counts["survived"], share, counts["refused"])
    ]


def _by_criterion(kept: Kept) -> str:
    rows = []
    for exercise, name in kept.criteria:
        own = [proof for proof in kept.proofs if proof.exercise == exercise]
        tripped = [p for p in own if name in p.caught or name in p.missed]
        bound = [p for p in own if p not in tripped and name not in p.open]
        rows.append([
            str(exercise), name, f"{sum(name in p.caught for p in tripped)} of {len(tripped)}",
            f"{sum(name in p.kept for p in bound)} of {len(bound)}", str(sum(name in p.wronged for p in own)),
            str(sum(name in p.unchecked for p in own)),
            str(sum(m.exercise == exercise and name in m.caught_by for m in kept.mutants if m.kind == "caught")),
        ])  # fmt: skip
    head = ["exercise", "criterion", "caught", "kept", "wrongly failed", "unchecked", "mutants caught"]
    return _table(head, rows)


def _mistakes(kept: Kept) -> str:
    rows = [
        [str(p.exercise), p.name, ", ".join(p.caught), str(len(p.kept)), _verdict(p)]
        for p in kept.proofs
        if p.kind == "mistake"
    ]
    return _table(["exercise", "mistake", "caught by", "kept", "verdict"], rows)


def _variants(kept: Kept) -> str:
    rows = [[str(p.exercise), p.name, str(len(p.kept)), _verdict(p)] for p in kept.proofs if p.kind == "variant"]
    return _table(["exercise", "variant", "kept", "verdict"], rows)


def _verdict(proof: KeptProof) -> str:
    wrong = {"missed": proof.missed, "wrongly failed": proof.wronged, "unchecked": proof.unchecked}
    return "; ".join(f"{word}: {', '.join(ids)}" for word, ids in wrong.items() if ids) or "as declared"


def _mutants(kept: Kept) -> str:
    if not kept.mutants:
        return "None ran."
    counts = Counter(mutant.kind for mutant in kept.mutants)
    text = (
        f"{len(kept.mutants)} of {kept.possible} mutants ran (seed {kept.seed}): "
        + ", ".join(f"{counts[kind]} {kind}" for kind in KINDS)
        + ". *Stopped* ones ended their exercise in an error, which the result shows, whatever criteria that cost; "
        "*caught* ones ran to the end and lost a criterion; *unnoticeable* ones changed nothing that is observed."
    )
    for kind, title in (("survived", "Survivors"), ("refused", "Refused although correct")):
        rows = [
            [
                f"exercise {m.exercise}, cell {m.cell}, line {m.line}",
                f"`{m.change}`",
                ", ".join(m.caught_by) or m.reason,
            ]
            for m in kept.mutants
            if m.kind == kind
        ]
        if rows:
            text += f"\n\n### {title}\n\n" + _table(["where", "change", "why" if kind == "survived" else "by"], rows)
    reasons = Counter(mutant.reason for mutant in kept.mutants if mutant.kind == "legal")
    if reasons:
        rows = [[reason, str(count)] for reason, count in sorted(reasons.items())]
        text += "\n\n### Correct by a written rule, and passed\n\n" + _table(["rule", "mutants"], rows)
    return text


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """`python -m assay.tables [FOLDER]`: prints all tables of what FOLDER/proofs holds (docs of the checkout)."""
    parser = argparse.ArgumentParser(prog="python -m assay.tables", description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where proofs.md and proofs/ lie")
    folder = parser.parse_args(arguments).folder or course_root() / "docs"
    found = all_kept(folder)
    print("\n".join([overview(found), *map(page, found)]), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Misuse as error:
        sys.exit(f"assay.tables: {error}")
