"""How numbers of a result are drawn: rings, bars and curves as inline SVG that follows the page's colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

from assay.report.markup import Markup, tag
from assay.report.words import points

DRAWN_POINTS = 600  # about one per pixel of the drawing; more would only make the file large
SMOOTH_FROM = 40  # shorter curves are read point by point, longer ones by their moving mean


def ring(score: float | None, max_score: float | None) -> Markup:
    """The share of points as a ring with the numbers inside."""
    share = _share(score, max_score)
    arc = tag(
        "circle",
        class_="ring-value",
        cx=60, cy=60, r=52, pathLength=100, stroke_dasharray=f"{100 * share:.2f} 100", transform="rotate(-90 60 60)",
    ) if share > 0 else None  # fmt: skip
    return tag(
        "svg",
        tag("circle", class_="ring-ground", cx=60, cy=60, r=52),
        arc,
        tag("text", points(score), x=60, y=63, class_="ring-score", text_anchor="middle"),
        tag("text", f"of {points(max_score)}", x=60, y=84, class_="ring-max", text_anchor="middle"),
        class_="ring", viewBox="0 0 120 120", role="img", aria_label=f"{points(score)} of {points(max_score)} points",
    )  # fmt: skip


def bar(share: float, kind: str = "pass") -> Markup:
    """A thin bar filled by `share` (0 to 1) in the colour of `kind`; the number stands beside it, hence no label."""
    filled = max(0.0, min(1.0, share if math.isfinite(share) else 0.0))
    ground = tag("rect", class_="bar-ground", width=100, height=8)
    value = tag("rect", class_=f"bar-{kind}", width=f"{100 * filled:.1f}", height=8)
    return tag("svg", ground, value, class_="bar", viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true")


def score_bar(score: float | None, max_score: float | None) -> Markup:
    """`bar` for points."""
    return bar(_share(score, max_score))


def curve(values: Sequence[float], label: str) -> Markup:
    """Values over their position, with axes from round numbers; long series also get their moving mean."""
    left, top, width, height = 64, 14, 610, 200
    low, high, ticks = _ticks(min(values), max(values))
    across = width / max(1, len(values) - 1)

    def line(series: Sequence[float], kind: str) -> Markup:
        step = max(1, math.ceil(len(series) / DRAWN_POINTS))
        places = [
            (left + i * across, top + height * (high - series[i]) / (high - low)) for i in range(0, len(series), step)
        ]
        return tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places), class_=kind)

    grid = [level(left, width, top + height * (high - tick) / (high - low), f"{tick:g}") for tick in ticks]
    smooth = len(values) >= SMOOTH_FROM
    lines = [line(values, "curve-faint"), line(_moving_mean(values), "curve")] if smooth else [line(values, "curve")]
    steps = [tag("text", f"{i + 1:,}", x=f"{left + i * across:.1f}", y=top + height + 20, text_anchor="middle")
             for i in _positions(len(values))]  # fmt: skip
    name = tag("text", "step", x=left + width / 2, y=top + height + 38, text_anchor="middle", class_="axis")
    ends = f"{label}: {len(values):,} steps, first {values[0]:.4g}, last {values[-1]:.4g}"
    return tag("svg", grid, steps, name, lines, class_="chart", viewBox="0 0 690 258", role="img", aria_label=ends)


def level(left: float, width: float, y: float, words: str) -> Markup:
    """A line across a chart with its words to the left."""
    line = tag("line", x1=left, x2=left + width, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid")
    return tag("g", line, tag("text", words, x=left - 10, y=f"{y + 4:.1f}", text_anchor="end"))


def _share(score: float | None, max_score: float | None) -> float:
    return max(0.0, min(1.0, (score or 0.0) / max_score)) if max_score else 0.0


def _ticks(low: float, high: float) -> tuple[float, float, list[float]]:
    """A range of round numbers around the values, and its ticks (three to seven)."""
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= span / 4)
    first, last = math.floor(low / step), math.ceil(high / step)
    last += first == last
    return first * step, last * step, [round(step * i, 12) for i in range(first, last + 1)]


def _positions(count: int) -> list[int]:
    """Up to six positions along the axis, the first and the last among them."""
    parts = min(5, count - 1)
    return [0] if parts < 1 else sorted({round(i * (count - 1) / parts) for i in range(parts + 1)})


def _moving_mean(values: Sequence[float]) -> list[float]:
    """The mean over a twentieth of the series around each value."""
    reach = max(1, len(values) // 40)
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    windows = [(max(0, i - reach), min(len(values), i + reach + 1)) for i in range(len(values))]
    return [(sums[b] - sums[a]) / (b - a) for a, b in windows]
