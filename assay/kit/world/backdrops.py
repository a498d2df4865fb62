"""What lies behind a subject and the landscapes that are subjects themselves: a sky, a ground, hills, water, clouds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from assay.kit.world.palette import Colour, mix

Random = np.random.Generator
Draw = ImageDraw.ImageDraw

# The top of the sky, its foot, and how much of that light falls on the ground.
LIGHTS: dict[str, tuple[Colour, Colour, float]] = {
    "day": ((122, 190, 236), (214, 236, 246), 0.0),
    "sunset": ((120, 70, 140), (252, 160, 84), 0.35),
    "night": ((16, 20, 56), (52, 64, 118), 0.6),
    "storm": ((50, 56, 72), (120, 128, 142), 0.45),
}
GROUNDS: dict[str, Colour] = {
    "meadow": (166, 208, 118), "road": (160, 160, 166), "sea": (70, 142, 190), "cliff": (126, 112, 100),
    "table": (206, 170, 128), "floor": (222, 206, 184), "pond": (132, 186, 196), "paper": (238, 236, 230),
    "dust": (214, 190, 150),
}  # fmt: skip


def sky(side: int, light: str) -> Image.Image:
    """A canvas filled with the sky's gradient."""
    top, foot, _ = LIGHTS[light]
    share = np.linspace(0, 1, side)[:, None, None]
    column: NDArray[np.float64] = np.asarray(top) * (1 - share) + np.asarray(foot) * share
    return Image.fromarray(column.astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)


def lit(colour: Colour, light: str) -> Colour:
    """A ground colour as it looks in that light."""
    _, foot, share = LIGHTS[light]
    return mix(colour, mix(foot, (20, 16, 40), 0.4), share)


def sun(draw: Draw, rng: Random, side: int, light: str, y: float) -> None:
    """The sun at sunset, the moon and stars at night; nothing by day."""
    x = rng.uniform(0.66, 0.74) * side
    if light == "sunset":
        _disc(draw, x, y * side, 0.11 * side, (255, 226, 130))
    elif light == "night":
        _disc(draw, x, 0.18 * side, 0.07 * side, (244, 240, 214))
        for star in np.random.default_rng(5).uniform(0.03, 0.97, (14, 2)):  # the same stars every night
            _disc(draw, star[0] * side, star[1] * 0.5 * side, 0.006 * side, (240, 240, 250))


def backdrop(kind: str, light: str, side: int, rng: Random) -> Image.Image:
    """The ground of a kind under a sky, for a subject to stand on: RGB, side x side."""
    if kind == "paper":
        return Image.new("RGB", (side, side), lit(mix(GROUNDS[kind], (210, 226, 244), rng.uniform(0, 1)), light))
    picture = sky(side, light)
    draw = ImageDraw.Draw(picture)
    if kind == "air":
        clouds(draw, rng, side, light, 3)
        return picture
    horizon = rng.uniform(0.62, 0.64)
    if kind in ("floor", "table") and light == "day":
        draw.rectangle((0, 0, side, side), fill=mix((236, 226, 206), (206, 222, 230), rng.uniform(0, 1)))
    sun(draw, rng, side, light, horizon - 0.1)
    draw.rectangle((0, horizon * side, side, side), fill=lit(GROUNDS[kind], light))
    _details(draw, kind, light, side, horizon)
    return picture


def _details(draw: Draw, kind: str, light: str, side: int, horizon: float) -> None:
    if kind == "road":
        for k in range(4):
            left, top = (0.06 + 0.26 * k) * side, 0.9 * side
            draw.rectangle((left, top, left + 0.12 * side, top + 0.02 * side), fill=(246, 240, 210))
    elif kind in ("sea", "pond"):
        _waves(draw, side, horizon, light)
    elif kind == "cliff":
        draw.rectangle((0, horizon * side, side, side), fill=lit(GROUNDS["sea"], light))
        _waves(draw, side, horizon, light)
        rock = [(0.16, 1.0), (0.24, 0.78), (0.78, 0.76), (0.88, 1.0)]
        draw.polygon([(x * side, y * side) for x, y in rock], fill=lit(GROUNDS["cliff"], light))


def _waves(draw: Draw, side: int, horizon: float, light: str) -> None:
    pale = mix(lit(GROUNDS["sea"], light), (255, 255, 255), 0.35)
    for k in range(6):
        y, x = (horizon + 0.05 + 0.06 * k) * side, (0.08 + 0.37 * k % 0.8) * side
        draw.line((x, y, x + 0.16 * side, y), fill=pale, width=max(1, side // 90))


def clouds(draw: Draw, rng: Random, side: int, light: str, count: int) -> None:
    """Clouds of four discs each, in the upper two thirds."""
    white = lit((250, 250, 252), light)
    for k in range(count):
        x, y = (
            (k + rng.uniform(0.42, 0.58)) / count * side,
            ((0.14, 0.52, 0.30)[k % 3] + rng.uniform(-0.02, 0.02)) * side,
        )
        for dx, dy, r in ((-0.10, 0.02, 0.055), (-0.03, -0.02, 0.075), (0.05, -0.01, 0.065), (0.11, 0.02, 0.05)):
            _disc(draw, x + dx * side, y + dy * side, r * side, white)


def hills(draw: Draw, rng: Random, side: int, base: float, height: float, colour: Colour) -> None:
    """A soft ridge from edge to edge."""
    x = np.linspace(0, 1, 60)
    ridge = sum(np.sin(x * waves * 2 * np.pi + waves + rng.uniform(0, 0.6)) / waves for waves in (1.2, 2.7))
    points = [(a * side, (base - height * float(b)) * side) for a, b in zip(x, np.asarray(ridge), strict=True)]
    draw.polygon([(0, side), *points, (side, side)], fill=colour)


def _disc(draw: Draw, x: float, y: float, radius: float, colour: Colour) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _mountains(draw: Draw, rng: Random, side: int, light: str) -> None:
    for x, top, half, grey in ((0.24, 0.36, 0.34, 0.1), (0.78, 0.32, 0.36, 0.1), (0.52, 0.18, 0.40, 0.0)):
        x, top = x + rng.uniform(-0.015, 0.015), top + rng.uniform(-0.012, 0.012)
        rock = lit(mix((104, 112, 134), (180, 190, 204), 3 * grey), light)
        draw.polygon([(v * side, w * side) for v, w in ((x, top), (x - half, 0.76), (x + half, 0.76))], fill=rock)
        cap = [
            (x, top),
            (x - half / 3, top + 0.19),
            (x - half / 9, top + 0.14),
            (x + half / 9, top + 0.19),
            (x + half / 3, top + 0.19),
        ]
        draw.polygon([(v * side, w * side) for v, w in cap], fill=lit((248, 250, 252), light))
    hills(draw, rng, side, 0.74, 0.03, lit((92, 150, 88), light))


def _ocean(draw: Draw, rng: Random, side: int, light: str) -> None:
    draw.rectangle((0, 0.56 * side, side, side), fill=lit(GROUNDS["sea"], light))
    _waves(draw, side, 0.58, light)


def _river(draw: Draw, rng: Random, side: int, light: str) -> None:
    hills(draw, rng, side, 0.52, 0.05, lit((110, 168, 108), light))
    draw.rectangle((0, 0.56 * side, side, side), fill=lit((140, 194, 104), light))
    bends = [
        (0.48, 0.56),
        (0.52, 0.56),
        (0.60, 0.68),
        (0.52, 0.80),
        (0.84, 1.0),
        (0.30, 1.0),
        (0.36, 0.80),
        (0.50, 0.68),
    ]
    draw.polygon([(x * side, y * side) for x, y in bends], fill=lit((84, 158, 214), light))


def _clouds(draw: Draw, rng: Random, side: int, light: str) -> None:
    clouds(draw, rng, side, light, 4)
    if light == "storm":
        bolt = [(0.52, 0.34), (0.42, 0.60), (0.50, 0.60), (0.44, 0.84), (0.62, 0.54), (0.53, 0.54), (0.60, 0.34)]
        draw.polygon([(x * side, y * side) for x, y in bolt], fill=(255, 236, 130))


def _garden(draw: Draw, rng: Random, side: int, light: str) -> None:
    draw.rectangle((0, 0.42 * side, side, side), fill=lit((126, 190, 96), light))
    for k in range(5):
        _disc(draw, (0.1 + 0.2 * k) * side, 0.42 * side, 0.13 * side, lit((70, 140, 76), light))
    for k in range(12):
        x, y = (0.10 + 0.265 * k % 0.86) * side, (0.60 + 0.11 * (k % 4) + rng.uniform(-0.02, 0.02)) * side
        petal: Colour = ((230, 70, 90), (250, 220, 90), (250, 250, 250), (190, 110, 210))[k % 4]
        for dx, dy in ((-0.02, 0), (0.02, 0), (0, -0.02), (0, 0.02)):
            _disc(draw, x + dx * side, y + dy * side, 0.022 * side, lit(petal, light))


def _village(draw: Draw, rng: Random, side: int, light: str) -> None:
    hills(draw, rng, side, 0.56, 0.05, lit((150, 200, 112), light))
    for x, y, s in ((0.18, 0.60, 0.11), (0.50, 0.54, 0.12), (0.82, 0.62, 0.11), (0.34, 0.80, 0.13), (0.68, 0.82, 0.13)):
        wall, roof = lit((244, 232, 206), light), lit((190, 82, 60), light)
        draw.rectangle(((x - s) * side, (y - s * 0.6) * side, (x + s) * side, (y + s) * side), fill=wall)
        tip = [(x - s * 1.25, y - s * 0.6), (x, y - s * 1.6), (x + s * 1.25, y - s * 0.6)]
        draw.polygon([(v * side, w * side) for v, w in tip], fill=roof)
        draw.rectangle(
            ((x - s * 0.25) * side, (y + s * 0.2) * side, (x + s * 0.25) * side, (y + s) * side), fill=(130, 90, 60)
        )


LANDSCAPES: dict[str, Callable[[Draw, Random, int, str], None]] = {
    "mountains": _mountains, "ocean": _ocean, "river": _river, "clouds": _clouds, "garden": _garden,
    "village": _village,
}  # fmt: skip


def landscape(name: str, light: str, side: int, rng: Random) -> Image.Image:
    """One of LANDSCAPES in a light, side x side RGB."""
    picture = sky(side, light)
    draw = ImageDraw.Draw(picture)
    sun(draw, rng, side, light, 0.40)
    LANDSCAPES[name](draw, rng, side, light)
    return picture
