"""How a denoising loop is drawn: its start on the alpha-bar curve, and the effect of its mask over the picture."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from assay.report.charts import level
from assay.report.markup import Markup, tag
from assay.report.words import counted

LEFT, TOP, WIDTH, HEIGHT = 64, 14, 610, 200
ENLARGED = 8  # pixels to a cell's side: 32 cells make a picture that fits beside another one
MOST_CELLS = 128  # of a side
TINT = (235, 140, 40)  # over grey it reads as orange, for every kind of colour vision lighter and warmer than the rest


@dataclass(frozen=True)
class Start:
    """Where a loop began: its first timestep, alpha-bar there, and how many steps it made."""

    timestep: int
    signal: float
    steps: int


def alpha_bar_curve(signals: Sequence[float], timesteps: int, starts: Sequence[Start]) -> Markup:
    """The share of signal over the timesteps, evenly spaced `signals` from 1 to 0, with a dot for each start."""

    def place(timestep: float, signal: float) -> tuple[float, float]:
        return LEFT + WIDTH * min(1.0, timestep / max(1, timesteps - 1)), TOP + HEIGHT * (
            1 - min(1.0, max(0.0, signal))
        )

    across = (timesteps - 1) / (len(signals) - 1)
    points = " ".join("{:.1f},{:.1f}".format(*place(n * across, s)) for n, s in enumerate(signals))
    grid = [level(LEFT, WIDTH, TOP + HEIGHT * (1 - s / 4), f"{s / 4:g}") for s in range(5)]
    ends = [tag("text", f"{t:,}", x=f"{place(t, 0)[0]:.1f}", y=TOP + HEIGHT + 20, text_anchor="middle")
            for t in (0, timesteps // 2, timesteps - 1)]  # fmt: skip
    name = tag("text", "timestep", x=LEFT + WIDTH / 2, y=TOP + HEIGHT + 38, text_anchor="middle", class_="axis")
    dots = [_dot(start, *place(start.timestep, start.signal)) for start in starts]
    words = "; ".join(f"timestep {s.timestep}, alpha-bar {s.signal:.3f}, {counted(s.steps, 'step')}" for s in starts)
    return tag(
        "svg", grid, ends, name, tag("polyline", points=points, class_="curve"), dots,
        class_="chart", viewBox="0 0 690 258", role="img", aria_label=f"Starts on the alpha-bar curve: {words}",
    )  # fmt: skip


def _dot(start: Start, x: float, y: float) -> Markup:
    words = f"t = {start.timestep}: {start.signal:.3f}, {counted(start.steps, 'step')}"
    circle = tag("circle", tag("title", words), class_="bar-pass", cx=f"{x:.1f}", cy=f"{y:.1f}", r=5)
    label = tag("text", f"{start.signal:.2f}", x=f"{x + 8:.1f}", y=f"{y - 6:.1f}", class_="count")
    return tag("g", circle, label)


def mask_over_picture(
    side: int, grey: Sequence[float], edited: Sequence[float], asked: Sequence[float]
) -> Markup | None:
    """A picture of side x side cells: shades from 0 to 255, tinted where `edited` is 1, crossed where `asked` says
    otherwise, dotted where it is NaN; None when the numbers are no such squares."""
    count = side * side
    if not 0 < side <= MOST_CELLS or not len(grey) == len(edited) == len(asked) == count:
        return None
    wrong = [n for n in range(count) if abs(edited[n] - asked[n]) > 0.5]  # NaN is above nothing
    new = sum(value > 0.5 for value in edited)
    words = f"{new} of {count} cells were made new; {len(wrong)} took the other side than the mask says"
    return tag("img", src=_drawn(side, grey, edited, set(wrong)), alt=words, width=256, height=256)


def _drawn(side: int, grey: Sequence[float], edited: Sequence[float], wrong: set[int]) -> str:
    from PIL import Image, ImageDraw

    cells = [_colour(shade, made_new) for shade, made_new in zip(grey, edited, strict=True)]
    picture = Image.new("RGB", (side, side))
    picture.putdata(cells)
    picture = picture.resize((side * ENLARGED, side * ENLARGED), Image.Resampling.NEAREST)
    pen, last = ImageDraw.Draw(picture), ENLARGED - 2
    for number, value in enumerate(edited):
        x, y = number % side * ENLARGED, number // side * ENLARGED
        if number in wrong:
            pen.line((x + 1, y + 1, x + last, y + last), fill=(200, 0, 60))
            pen.line((x + 1, y + last, x + last, y + 1), fill=(200, 0, 60))
        elif math.isnan(value):
            pen.point((x + ENLARGED // 2, y + ENLARGED // 2), fill=(255, 255, 255))
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _colour(shade: float, made_new: float) -> tuple[int, int, int]:
    value = 0.0 if math.isnan(shade) else min(255.0, max(0.0, shade))
    if made_new > 0.5:
        red, green, blue = (round((value + 2 * part) / 3) for part in TINT)
        return red, green, blue
    return round(value), round(value), round(value)
