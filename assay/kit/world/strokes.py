"""The three strokes of which subjects consist, in a square of their own from -1 to 1, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import ImageDraw

from assay.kit.world.palette import Colour, tone


@dataclass(frozen=True, slots=True)
class Stroke:
    """An ellipse (x, y, rx, ry), a polygon (x, y, x, y, ...) or a line of a width through points, in one tone."""

    kind: str
    tone: str
    points: tuple[float, ...]
    width: float = 0.0


def ellipse(tone_name: str, x: float, y: float, rx: float, ry: float) -> Stroke:
    """An ellipse around (x, y)."""
    return Stroke("ellipse", tone_name, (x, y, rx, ry))


def polygon(tone_name: str, *points: float) -> Stroke:
    """A filled polygon through x, y, x, y, ..."""
    return Stroke("polygon", tone_name, points)


def box(tone_name: str, left: float, top: float, right: float, bottom: float) -> Stroke:
    """A filled rectangle."""
    return polygon(tone_name, left, top, right, top, right, bottom, left, bottom)


def line(tone_name: str, width: float, *points: float) -> Stroke:
    """A line with round joints through x, y, x, y, ..."""
    return Stroke("line", tone_name, points, width)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subject's square lies on a canvas, in pixels: its centre and half its side."""

    x: float
    y: float
    half: float

    def pixels(self, points: tuple[float, ...]) -> list[tuple[float, float]]:
        """Points of the subject's square as pixels."""
        pairs = zip(points[::2], points[1::2], strict=True)
        return [(self.x + px * self.half, self.y + py * self.half) for px, py in pairs]


def draw_strokes(draw: ImageDraw.ImageDraw, strokes: tuple[Stroke, ...], place: Place, body: Colour) -> None:
    """Draw a subject in its colour."""
    for stroke in strokes:
        fill = tone(stroke.tone, body)
        if stroke.kind == "polygon":
            draw.polygon(place.pixels(stroke.points), fill=fill)
        elif stroke.kind == "line":
            draw.line(place.pixels(stroke.points), fill=fill, width=round(stroke.width * place.half), joint="curve")
        else:
            ((x, y),) = place.pixels(stroke.points[:2])
            rx, ry = (radius * place.half for radius in stroke.points[2:])
            draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=fill)
