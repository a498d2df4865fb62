"""Decides how two submissions that resemble each other are laid side by side, so that a person can judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.intake import Cell
from assay.report.files import write_text
from assay.report.markup import Markup, document, tag
from assay.report.words import counted, short_files
from assay.similarity.pairs import Pair, Side

SHOWN = 100  # pairs; more would be a cohort that worked together, and no reading matter
LINES = 400  # of one cell; a person's are far shorter
LINE_CHARACTERS = 400
COLOURS = 4  # in turn, so that neighbouring runs can be told apart; their numbers say which belong together

EXPLAINED = (
    "Compared is what the authors wrote themselves: cells as they were handed out are left out, and so is what more "
    "than half of a lesson's submissions have in common. Names, numbers, texts, comments and order make no difference. "
    "Lines with the same number and colour say the same on both sides."
)
NO_VERDICT = (
    "This is no score and proves nothing: short tasks have few good solutions, and people who learn together write "
    "alike. Read both sides, and ask."
)


def write_similarity_page(pairs: Sequence[Pair], out: Path) -> Path:
    """Write the pairs, the closest first, as a single self-contained HTML file, and return it."""
    files = [side.file for pair in pairs for side in (pair.left, pair.right)]
    names = dict(zip(files, short_files([{"file": file} for file in files]), strict=True))
    shown = [_pair(place, pair, names) for place, pair in enumerate(pairs[:SHOWN], 1)]
    rest = tag("p", f"{len(pairs) - SHOWN:,} more pairs are less close and not shown.") if len(pairs) > SHOWN else None
    title = f"{counted(len(pairs), 'pair')} of similar submissions"
    head = tag("header", tag("div", tag("p", "For a person to judge", class_="eyebrow"), tag("h1", title)),
               class_="headline")  # fmt: skip
    intro = [tag("p", words, class_="quiet") for words in (EXPLAINED, NO_VERDICT)]
    write_text(out, document(title, tag("main", head, intro, _contents(pairs[:SHOWN], names), shown, rest,
                                        class_="cohort similar")))  # fmt: skip
    return out


def _contents(pairs: Sequence[Pair], names: dict[str, str]) -> Markup | None:
    rows = [
        tag(
            "tr",
            tag("th", tag("a", _both(pair, names), href=f"#pair-{place}"), scope="row"),
            tag("td", _common(pair), class_="quiet"),
        )
        for place, pair in enumerate(pairs, 1)
    ]
    return tag("section", tag("table", tag("tbody", rows)), class_="card") if rows else None


def _both(pair: Pair, names: dict[str, str]) -> str:
    return f"{names[pair.left.file]} and {names[pair.right.file]}"


def _common(pair: Pair) -> str:
    where = counted(len(pair.matches), "place")
    return f"{100 * pair.share:.0f} % in common: {pair.common:,} of {pair.fewer:,} fingerprints, in {where}"


def _pair(place: int, pair: Pair, names: dict[str, str]) -> Markup:
    left = _side(pair.left, names[pair.left.file], [match.left for match in pair.matches])
    right = _side(pair.right, names[pair.right.file], [match.right for match in pair.matches])
    return tag(
        "section", tag("h2", _both(pair, names)), tag("p", _common(pair), class_="quiet"),
        tag("div", left, right, class_="sides"), class_="card", id=f"pair-{place}",
    )  # fmt: skip


def _side(side: Side, name: str, matches: Sequence[Sequence[tuple[int, int, int]]]) -> Markup:
    """A submission's own cells; of lines in several runs, the longest run gives the number."""
    numbers: dict[tuple[int, int], int] = {}
    for number, regions in enumerate(matches, 1):
        for cell, first, last in regions:
            for line in range(first, last + 1):
                numbers.setdefault((cell, line), number)
    alike = [cell for cell in side.cells if any(index == cell.index for index, _ in numbers)]
    others = [_cell(cell, numbers) for cell in side.cells if cell not in alike]
    rest = tag("details", tag("summary", f"{counted(len(others), 'cell')} with nothing in common"), others)
    return tag(
        "div", tag("h3", name), [_cell(cell, numbers) for cell in alike], rest if others else None, class_="side"
    )


def _cell(cell: Cell, numbers: dict[tuple[int, int], int]) -> Markup:
    lines = cell.source.splitlines()
    shown = [_line(line, numbers.get((cell.index, place))) for place, line in enumerate(lines[:LINES])]
    if len(lines) > LINES:
        shown.append(_line(f"… {len(lines) - LINES:,} lines left out …", None))
    name = tag("p", f"Cell {cell.index}, {counted(len(lines), 'line')}", class_="cell-name")
    return tag("div", name, tag("pre", shown), class_="own")


def _line(text: str, number: int | None) -> Markup:
    cut = text if len(text) <= LINE_CHARACTERS else f"{text[:LINE_CHARACTERS]}…"
    if number is None:
        return tag("span", f"{cut}\n", class_="line")
    return tag("span", tag("span", f"{number}", class_="run"), f"{cut}\n", class_=f"line same-{number % COLOURS}")
