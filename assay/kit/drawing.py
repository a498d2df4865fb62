"""The style set's pictures: flat drawn figures with outlines, each described by the caption that belongs to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

SIDE = 256
# Drawn twice as large and reduced: PIL's own edges are jagged.
_SCALE = 2
INK: Colour = (34, 28, 36)

HAIR: dict[str, Colour] = {
    "yellow": (250, 208, 60), "black": (46, 44, 58), "red": (206, 62, 48), "pink": (244, 150, 184),
    "white": (232, 234, 240), "brown": (126, 78, 46), "blue": (64, 96, 186), "purple": (126, 78, 170),
}  # fmt: skip
CLOTHES: dict[str, Colour] = {
    "orange": (240, 128, 40), "green": (84, 138, 76), "blue": (58, 100, 176), "black": (56, 54, 66),
    "red": (188, 50, 54), "purple": (116, 84, 160), "white": (226, 224, 216),
}  # fmt: skip
SKIN: tuple[Colour, ...] = ((252, 220, 188), (240, 196, 156), (196, 142, 104), (148, 100, 70))
PLACES: dict[str, tuple[Colour, Colour]] = {
    "in front of a sunset": (
        (250, 176, 108), (238, 104, 78)), "under a blue sky": ((152, 208, 240), (104, 172, 104)),
    "in a forest": ((142, 190, 128), (62, 110, 72)), "in the snow": ((214, 228, 240), (246, 248, 252)),
    "at night": ((44, 48, 96), (28, 30, 62)), "in front of a red wall": ((190, 84, 72), (142, 58, 54)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """Everything that a caption says about a drawn figure, and the skin's tone."""

    person: str
    hair: str
    cut: str
    clothes: str
    thing: str
    place: str
    skin: int

    @property
    def caption(self) -> str:
        """One sentence as an automatic captioner writes it."""
        article = "an" if self.clothes[0] in "aeiou" else "a"
        wears = f"{self.cut} {self.hair} hair and {article} {self.clothes} jacket"
        return f"a {self.person} with {wears} {self.thing} {self.place}"


def figure(number: int) -> Figure:
    """The style set's figure of that number; neighbours differ in every part."""
    rng = np.random.default_rng([7, number])
    return Figure(
        person=("man", "woman", "boy", "girl")[number % 4],
        hair=list(HAIR)[(number * 3 + number // 8) % len(HAIR)],
        cut=("spiky", "long", "short")[number % 3],
        clothes=list(CLOTHES)[(number * 2 + 1) % len(CLOTHES)],
        thing=("wearing a headband", "holding a sword", "with a red scarf")[number // 2 % 3],
        place=list(PLACES)[(number * 5 + number // 6) % len(PLACES)],
        skin=int(rng.integers(len(SKIN))),
    )


def draw_figure(shown: Figure) -> Image.Image:
    """The figure's head and shoulders before its place, 256x256 RGB."""
    picture = Image.new("RGB", (SIDE * _SCALE, SIDE * _SCALE))
    pen = _Pen(ImageDraw.Draw(picture))
    _background(pen, shown)
    if "sword" in shown.thing:
        pen.line([(196, 20), (168, 236)], (206, 212, 222), 9)
        pen.line([(160, 168), (196, 174)], (120, 84, 44), 8)
    if shown.cut == "long":
        pen.polygon([(74, 96), (68, 214), (188, 214), (182, 96)], HAIR[shown.hair])
    _body(pen, shown)
    _face(pen, shown)
    _hair(pen, shown)
    if "headband" in shown.thing:
        pen.polygon([(79, 88), (177, 88), (176, 105), (80, 105)], (44, 62, 118))
        pen.polygon([(106, 86), (150, 86), (150, 107), (106, 107)], (184, 190, 198))
        pen.ellipse((121, 90, 135, 103), (184, 190, 198))
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


class _Pen:
    """Draws filled, outlined shapes in the final picture's coordinates."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def polygon(self, points: list[tuple[float, float]], fill: Colour, outline: Colour = INK) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.polygon(scaled, fill=fill)
        self._draw.line([*scaled, scaled[0]], fill=outline, width=2 * _SCALE, joint="curve")

    def ellipse(self, box: tuple[float, float, float, float], fill: Colour, outline: Colour | None = INK) -> None:
        scaled = (box[0] * _SCALE, box[1] * _SCALE, box[2] * _SCALE, box[3] * _SCALE)
        self._draw.ellipse(scaled, fill=fill, outline=outline, width=2 * _SCALE)

    def line(self, points: list[tuple[float, float]], fill: Colour, width: float = 2) -> None:
        self._draw.line([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill, width=round(width * _SCALE))


def _background(pen: _Pen, shown: Figure) -> None:
    far, near = PLACES[shown.place]
    pen.polygon([(-4, -4), (260, -4), (260, 260), (-4, 260)], far, far)
    light: Colour = (min(far[0] + 34, 255), min(far[1] + 34, 255), min(far[2] + 30, 255))
    pen.ellipse((24, 10, 120, 106), light, None)
    if shown.place == "in a forest":
        for x in (-10, 40, 180, 226):
            pen.polygon([(x, 170), (x + 26, 20), (x + 52, 170)], near, near)
    pen.polygon([(-4, 260), (-4, 176), (70, 150), (150, 170), (260, 140), (260, 260)], near, near)


def _body(pen: _Pen, shown: Figure) -> None:
    cloth = CLOTHES[shown.clothes]
    pen.polygon([(110, 160), (146, 160), (146, 204), (110, 204)], SKIN[shown.skin])
    pen.polygon([(106, 188), (52, 206), (30, 262), (226, 262), (204, 206), (150, 188), (128, 212)], cloth)
    pen.line([(128, 212), (128, 260)], INK, 2)
    if "scarf" in shown.thing:
        pen.polygon([(98, 180), (158, 180), (168, 204), (128, 216), (88, 204)], (208, 44, 50))
        pen.polygon([(148, 204), (172, 204), (180, 250), (156, 250)], (208, 44, 50))


def _face(pen: _Pen, shown: Figure) -> None:
    skin = SKIN[shown.skin]
    for x in (74, 168):
        pen.ellipse((x, 112, x + 14, 138), skin)
    chin = 182 if shown.person in ("man", "woman") else 174
    pen.polygon([(80, 84), (176, 84), (176, 132), (158, 164), (128, chin), (98, 164), (80, 132)], skin)
    eye = HAIR["blue"] if shown.hair in ("yellow", "pink") else (70, 52, 40)
    for x in (106, 150):
        pen.ellipse((x - 11, 116, x + 11, 138), (252, 252, 252))
        pen.ellipse((x - 6, 118, x + 6, 137), eye, None)
        pen.ellipse((x - 1, 120, x + 4, 126), (255, 255, 255), None)
        pen.line([(x - 12, 111), (x + 11, 109 if x < 128 else 111)], INK, 3)
    pen.line([(128, 138), (125, 148), (130, 149)], INK, 1.5)
    pen.line([(116, 160), (128, 164), (141, 159)], INK, 2)


def _hair(pen: _Pen, shown: Figure) -> None:
    colour = HAIR[shown.hair]
    if shown.cut == "spiky":
        pen.polygon(_spikes(), colour)
    elif shown.cut == "long":
        pen.polygon(
            [
                (76, 150),
                (66, 92),
                (90, 46),
                (128, 34),
                (166, 46),
                (190, 92),
                (180, 150),
                (172, 104),
                (128, 88),
                (84, 104),
            ],
            colour,
        )
    else:
        pen.polygon(
            [
                (76, 112),
                (74, 76),
                (96, 48),
                (134, 42),
                (168, 54),
                (182, 84),
                (180, 112),
                (170, 90),
                (140, 96),
                (118, 84),
                (90, 96),
            ],
            colour,
        )


def _spikes() -> list[tuple[float, float]]:
    """A crown of eleven points around the top of the head, closed along the forehead."""
    points: list[tuple[float, float]] = []
    for place in range(23):
        angle = math.pi * (1.06 - place / 22 * 1.12)
        reach = 92 if place % 2 else 58
        points.append((128 + reach * math.cos(angle) * 0.86, 104 - reach * math.sin(angle) * 0.9))
    return [*points, (168, 92), (150, 104), (138, 88), (122, 106), (108, 90), (90, 102)]
