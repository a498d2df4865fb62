"""The picture behind each URL of a notebook, always the same one: what its words name, else a drawn landscape."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE = 512

Colour = tuple[int, int, int]
# Each sky: what a caption calls it, the colours at the top and at the horizon, the sun's, the far and the near hills'.
SKIES: dict[str, tuple[Colour, Colour, Colour, Colour, Colour]] = {
    "at sunset": ((58, 42, 98), (248, 148, 92), (255, 224, 150), (122, 74, 112), (44, 30, 54)),
    "on a clear day": ((70, 140, 214), (206, 232, 246), (255, 250, 224), (122, 156, 176), (52, 108, 62)),
    "in the morning mist": ((150, 170, 190), (246, 226, 206), (255, 244, 220), (150, 166, 176), (76, 98, 96)),
    "under a storm sky": ((44, 52, 66), (142, 152, 160), (212, 214, 210), (82, 92, 102), (36, 54, 48)),
    "at night": ((10, 14, 40), (52, 66, 116), (240, 240, 228), (32, 42, 82), (10, 16, 32)),
    "in autumn": ((120, 166, 206), (250, 230, 196), (255, 240, 190), (170, 118, 84), (150, 74, 34)),
}
FOREGROUNDS = ("a lake", "a meadow", "a river")


def picture_for(url: str) -> bytes:
    """A 512x512 PNG (RGB) drawn from the URL's digest: equal for equal URLs, different for different ones."""
    from assay.kit.world import draw_scene
    from assay.kit.world.addresses import scene_of

    named, file = scene_of(url), io.BytesIO()
    drawn = draw_scene(named, np.random.default_rng(_seed(url)), SIDE) if named else landscape(_seed(url))
    # Level 1: a third of the time of the usual level, for a file that nobody keeps.
    drawn.save(file, "PNG", compress_level=1)
    return file.getvalue()


def caption_for(seed: int) -> str:
    """What `landscape(seed)` shows, in words."""
    rng = np.random.default_rng(seed)
    sky, foreground = rng.choice(list(SKIES)), rng.choice(FOREGROUNDS)
    return f"a photo of mountains behind {foreground} {sky}"


def landscape(seed: int) -> Image.Image:
    """Sky, sun, three ranges of hills and a foreground, 512x512 RGB."""
    rng = np.random.default_rng(seed)
    sky, foreground = rng.choice(list(SKIES)), rng.choice(FOREGROUNDS)
    top, horizon_colour, sun, far, near = SKIES[str(sky)]
    picture = _gradient(top, horizon_colour)
    draw = ImageDraw.Draw(picture)
    horizon = int(rng.integers(270, 360))
    _sun(draw, rng, horizon, sun)
    for layer in range(3):
        share = layer / 2
        _hills(draw, rng, horizon - 90 + 60 * layer, 110 - 35 * layer, _mix(far, near, share))
    if foreground != "a meadow":
        _water(draw, rng, horizon + 60, _mix(top, horizon_colour, 0.5), sun, narrow=foreground == "a river")
    # Beside a lake trees stand on the far shore, else anywhere in the foreground.
    _trees(draw, rng, near, *((horizon + 40, horizon + 64) if foreground == "a lake" else (430, SIDE)))
    return picture


def _seed(url: str) -> int:
    return int.from_bytes(hashlib.sha256(url.encode()).digest()[:8], "big")


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _gradient(top: Colour, bottom: Colour) -> Image.Image:
    share = np.linspace(0, 1, SIDE)[:, None, None] ** 0.8
    rows = np.asarray(top) * (1 - share) + np.asarray(bottom) * share
    pixels: NDArray[np.uint8] = np.broadcast_to(rows, (SIDE, SIDE, 3)).astype(np.uint8)
    return Image.fromarray(pixels)


def _sun(draw: ImageDraw.ImageDraw, rng: np.random.Generator, horizon: int, colour: Colour) -> None:
    x, y, radius = int(rng.integers(80, 432)), int(rng.integers(60, horizon - 120)), int(rng.integers(22, 44))
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _hills(draw: ImageDraw.ImageDraw, rng: np.random.Generator, base: int, height: int, colour: Colour) -> None:
    x = np.arange(0, SIDE + 8, 8)
    ridge = sum(
        np.sin(x / SIDE * np.pi * 2 * waves + rng.uniform(0, 6.3)) * height / waves * 0.5 for waves in (1.3, 2.9, 6.1)
    )
    points = [(int(a), int(base - b)) for a, b in zip(x, np.asarray(ridge), strict=True)]
    draw.polygon([(0, SIDE), *points, (SIDE + 8, SIDE)], fill=colour)


def _water(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, shore: int, colour: Colour, glint: Colour, narrow: bool
) -> None:
    middle = int(rng.integers(160, 352))
    if narrow:
        draw.polygon(
            [(middle - 12, shore), (middle + 12, shore), (middle + 150, SIDE), (middle - 110, SIDE)], fill=colour
        )
    else:
        draw.rectangle((0, shore, SIDE, SIDE), fill=colour)
    for _ in range(14):
        y = int(rng.integers(shore + 8, SIDE))
        width = 10 + 80 * (y - shore) // (SIDE - shore) if narrow else 60  # a river is narrow at its far end
        x, length = middle + int(rng.integers(-width, width + 1)) // 2, int(rng.integers(width // 4, width // 2))
        draw.line((x - length, y, x + length, y), fill=_mix(colour, glint, 0.5), width=2)


def _trees(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colour: Colour, top_foot: int, low_foot: int) -> None:
    dark = _mix(colour, (0, 0, 0), 0.35)
    for _ in range(int(rng.integers(4, 10))):
        x, foot = int(rng.integers(0, SIDE)), int(rng.integers(top_foot, low_foot))
        height = int(rng.integers(50, 110)) * foot // SIDE  # nearer trees are taller
        for tier in range(3):
            top, half = foot - height + tier * height // 5, height // 7 * (tier + 1) // 2 + 6
            draw.polygon([(x, top), (x - half, top + height // 2), (x + half, top + height // 2)], fill=dark)
        draw.rectangle((x - 3, foot - height // 8, x + 3, foot + 4), fill=_mix(dark, (90, 60, 30), 0.5))
