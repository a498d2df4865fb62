"""Which pictures a page draws from the judge's data: of a training, and of the denoising loops that ran."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from assay.report.charts import bar, curve
from assay.report.escape import one_line
from assay.report.flow import gradient_flow
from assay.report.loops import Start, alpha_bar_curve, mask_over_picture
from assay.report.markup import Markup, join, tag
from assay.report.words import counted

ROWS = 40  # moved rows listed one by one; a broken restore moves the whole table
LOSSES = 200_000  # longer than any training the limits allow


def draw_exhibit(exhibit: Mapping[str, Any]) -> Markup | None:
    """One picture of an exercise as a figure; None for a kind that this page does not know or that holds nothing."""
    drawers = {
        "loss_curve": _loss_curve, "moved_rows": _moved_rows, "gradient_flow": _gradient_flow,
        "loop_starts": _loop_starts, "effective_masks": _effective_masks,
    }  # fmt: skip
    drawer = drawers.get(str(exhibit.get("kind")))
    return drawer(exhibit) if drawer else None


def _figure(title: str, caption: str, content: Markup | None = None, numbers: Markup | None = None) -> Markup:
    shown = tag("div", content, class_="scroll", tabindex=0) if content else None
    return tag("figure", tag("h3", title), shown, tag("figcaption", caption, numbers), class_="exhibit")


def _loss_curve(exhibit: Mapping[str, Any]) -> Markup | None:
    values = _numbers(exhibit.get("losses"))
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    lost = len(values) - len(finite)
    caption = f"The loss at each of {counted(len(finite), 'training step')}, from {finite[0]:.4g} to {finite[-1]:.4g}."
    if len(finite) > 1:
        caption += " Each step draws another timestep and other noise, so it is expected to jump."
    return _figure(
        "Training loss", caption + (f" {lost:,} were not finite." if lost else ""), curve(finite, "Training loss")
    )


def _moved_rows(exhibit: Mapping[str, Any]) -> Markup | None:
    rows = [row for row in _items(exhibit.get("rows")) if isinstance(row.get("id"), int)][:ROWS]
    total, table_rows = _whole(exhibit.get("total"), len(rows)), _whole(exhibit.get("table_rows"), 0)
    among = f" of {table_rows:,}" if table_rows else ""
    caption = f"{counted(total, 'row')}{among} changed between the start and the end of the training."
    if total > len(rows):
        caption += f" The {len(rows):,} that moved farthest are shown."
    if not rows:
        return _figure("Rows of the embedding table that moved", caption)
    farthest = max([_real(row.get("distance")) for row in rows] + [1e-12])
    words = ("Token", None), ("Row", "number"), ("Distance", "number"), ("", None), ("", None)
    heads = [tag("th", word, scope="col", class_=style) for word, style in words]
    body = tag("tbody", [_moved_row(row, farthest) for row in rows])
    table = tag("table", tag("thead", tag("tr", heads)), body, class_="moved")
    return _figure("Rows of the embedding table that moved", caption, table)


def _moved_row(row: Mapping[str, Any], farthest: float) -> Markup:
    allowed, distance = bool(row.get("allowed")), _real(row.get("distance"))
    verdict = tag("span", "✓ meant to move" if allowed else "✗ meant to stay", class_="pass" if allowed else "fail")
    return tag(
        "tr",
        tag("th", tag("code", one_line(str(row.get("token", "")), 60)), scope="row"),
        tag("td", f"{row['id']:,}", class_="number"),
        tag("td", f"{distance:.3g}", class_="number"),
        tag("td", bar(distance / farthest, "pass" if allowed else "fail"), class_="wide"),
        tag("td", verdict),
    )


def _gradient_flow(exhibit: Mapping[str, Any]) -> Markup | None:
    parts = _items(exhibit.get("parts"))[:20]
    if not parts:
        return None
    drawing, numbers = gradient_flow(parts)
    caption = "Which parts the training could change, where the loss's gradient arrived, and what really moved."
    return _figure("Gradient flow", caption, drawing, numbers)


def _loop_starts(exhibit: Mapping[str, Any]) -> Markup | None:
    curve_points = [value for value in _numbers(exhibit.get("curve"))[:200] if math.isfinite(value)]
    whole = _whole(exhibit.get("timesteps"), 0)
    starts = [
        Start(_whole(item.get("timestep"), 0), _real(item.get("signal")), _whole(item.get("steps"), 0))
        for item in _items(exhibit.get("starts"))[:12]
    ]
    if len(curve_points) < 2 or not whole or not starts:
        return None
    caption = (
        "How much of the picture's signal is left at each timestep, and where each loop began: from there it walks to "
        "the left. The farther to the right it began, the less of the picture it knew."
    )
    return _figure("Starts on the alpha-bar curve", caption, alpha_bar_curve(curve_points, whole, starts))


def _effective_masks(exhibit: Mapping[str, Any]) -> Markup | None:
    side = _whole(exhibit.get("side"), 0)
    drawn = [
        mask_over_picture(side, *(_numbers(item.get(name)) for name in ("grey", "edited", "asked")))
        for item in _items(exhibit.get("masks"))[:3]
    ]
    shown = [picture for picture in drawn if picture is not None]
    if not shown:
        return None
    caption = (
        "The picture's latents in grey, and over them what the mask did: tinted cells were made new. Crossed cells "
        "took the other side than the mask says; in dotted ones old and new were the same."
    )
    return _figure("The mask's effect", caption, join(*shown))


def _items(value: Any) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _numbers(value: Any) -> list[float]:
    items = value[:LOSSES] if isinstance(value, list) else []
    return [_real(item, math.nan) for item in items]


def _real(value: Any, otherwise: float = 0.0) -> float:
    """The value as a number that can be drawn: beyond 1e300 an axis could not be computed."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    return float(value) if usable else otherwise


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else otherwise
