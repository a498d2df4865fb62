"""Decides which of a cohort's numbers are drawn, and how: scores, criteria, seconds, memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from assay.report.markup import Markup
from assay.report.vector import ROLES, drawn
from assay.report.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 10
TELLING = 0.2  # below it an item is customarily called poor (Ebel and Frisbie, Essentials of Educational Measurement)
NUMBERED = 6  # of the hardest criteria
MARGINS = 0.52, 0.12, 0.46, 0.24  # inches on the left, on the right, below and above the axes
LABELLED_BARS = 40  # more numbers than that do not fit below the bars


@dataclass(frozen=True)
class Place:
    """Where a criterion stands: its number in the table, the share that passed, and how far it discriminates."""

    number: int
    passed: float
    discrimination: float


def score_figure(shares: Sequence[float], name: str) -> Markup:
    """How many submissions earned which tenth of their points; shares from 0 to 1."""
    counts = [0] * BINS
    for share in shares:
        counts[min(BINS - 1, max(0, int(share * BINS)))] += 1
    figure, axes = _axes(5.4, 3.0)
    bars = axes.bar([10 * i + 5 for i in range(BINS)], counts, width=9, color=ROLES["pass"], clip_on=False)
    axes.bar_label(bars, [str(count) if count else "" for count in counts], color=ROLES["ink"], fontsize=9, padding=2)
    middle = 100 * median(shares)
    axes.axvline(middle, color=ROLES["soft"], linestyle=(0, (4, 3)), linewidth=1, zorder=0, clip_on=False)
    side = "right" if middle > 50 else "left"
    axes.text(middle + (-1 if middle > 50 else 1), 1.04, f"median {middle:.0f} %", transform=axes.get_xaxis_transform(),
              ha=side, color=ROLES["soft"], fontsize=9)  # fmt: skip
    axes.set(xlim=(0, 100), ylim=(0, 1.15 * max(counts)), xticks=range(0, 101, 10), yticks=[])
    axes.set_xlabel("% of the points", color=ROLES["soft"], fontsize=9)
    listed = ", ".join(f"{n} from {10 * i} to {10 * i + 10} %" for i, n in enumerate(counts) if n)
    return drawn(figure, f"scores-{name}", f"Distribution of scores, median {middle:.0f} %: {listed}")


def item_figure(places: Sequence[Place], name: str) -> Markup:
    """Criteria by the share that passed (across) and by how far they tell strong from weak submissions (upwards)."""
    figure, axes = _axes(5.4, 3.0)
    lowest = min([0.0, *(place.discrimination for place in places)])
    highest = max([0.5, *(place.discrimination for place in places)])
    for height, dashes in ((0.0, (1, 0)), (TELLING, (4, 3))):
        axes.axhline(height, color=ROLES["line"], linestyle=(0, dashes), linewidth=1, clip_on=False)
    for place in places:
        role = "pass" if place.discrimination >= TELLING else "fail"
        across = 100 * place.passed
        axes.text(across, place.discrimination, _mark(place), color=ROLES[role], fontsize=9, ha="center",
                  va="center", clip_on=False)  # fmt: skip
    axes.set(xlim=(-2, 102), ylim=(lowest - 0.08, highest + 0.06), xticks=range(0, 101, 20))
    axes.set_xlabel("% passed", color=ROLES["soft"], fontsize=9)
    axes.set_ylabel("item-rest correlation", color=ROLES["soft"], fontsize=9)
    weak = sum(place.discrimination < TELLING for place in places)
    return drawn(figure, f"items-{name}", f"{counted(len(places), 'criterion')} by difficulty and discrimination; "
                 f"{weak} below {TELLING:g}")  # fmt: skip


def _mark(place: Place) -> str:
    """Numbers where somebody should look, dots elsewhere: thirty numbers would cover each other."""
    return str(place.number) if place.discrimination < TELLING or place.number <= NUMBERED else "•"


def time_figure(parts: Sequence[tuple[str, str, Sequence[float]]], numbers: Sequence[int], unit: str) -> Markup:
    """Stacked bars, one for each submission: `parts` are names, roles and values, `numbers` those of the tables."""
    figure, axes = _axes(10.4, 2.7)
    floor = [0.0] * len(numbers)
    places = range(len(numbers))
    for _, role, values in parts:
        axes.bar(places, values, 0.82, bottom=floor, color=ROLES[role], clip_on=False)
        floor = [below + value for below, value in zip(floor, values, strict=True)]
    every = 1 if len(numbers) <= LABELLED_BARS else 10
    shown = [place for place in places if place % every == 0]
    axes.set_xticks(shown, [str(numbers[place]) for place in shown])
    axes.set(xlim=(-0.6, max(len(numbers), 8) - 0.4), ylim=(0, 1.05 * max([*floor, 1e-9])))
    axes.grid(axis="y", color=ROLES["line"], linewidth=0.8)
    axes.set_ylabel(unit, color=ROLES["soft"], fontsize=9)
    axes.set_xlabel("submission, by its number in the table", color=ROLES["soft"], fontsize=9)
    words = ", ".join(name for name, _, _ in parts)
    return drawn(figure, f"bars-{unit}", f"{words} of {counted(len(numbers), 'submission')}, in {unit}")


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    """Bare axes of that many inches, in the page's roles."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    axes = figure.add_subplot()
    left, right, bottom, top = MARGINS  # a layout engine would measure every text, for a second a page
    figure.subplots_adjust(left / width, bottom / height, 1 - right / width, 1 - top / height)
    figure.patch.set_visible(False)
    axes.patch.set_visible(False)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(ROLES["line"])
    axes.tick_params(bottom=False, left=False, labelsize=9, labelcolor=ROLES["soft"])
    return figure, axes
