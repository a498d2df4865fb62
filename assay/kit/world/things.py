"""The world's shapes, vehicles, buildings and other things, as strokes; `body` is the colour that a caption names."""

from __future__ import annotations

import math

from assay.kit.world.strokes import Stroke, box, ellipse, line, polygon


def _star() -> tuple[float, ...]:
    turns = [(math.pi * (k / 5 - 0.5), 1.0 if k % 2 == 0 else 0.42) for k in range(10)]
    return tuple(value for turn, r in turns for value in (r * math.cos(turn), r * math.sin(turn)))


def _wheels(radius: float, foot: float, *places: float) -> tuple[Stroke, ...]:
    return tuple(
        ellipse(name, x, foot - radius, share * radius, share * radius)
        for x in places
        for name, share in (("ink", 1.0), ("steel", 0.5))
    )


def _petals() -> tuple[Stroke, ...]:
    turns = [2 * math.pi * k / 6 for k in range(6)]
    return tuple(ellipse("body", 0.36 * math.cos(t), -0.36 + 0.36 * math.sin(t), 0.25, 0.25) for t in turns)


THINGS: dict[str, tuple[Stroke, ...]] = {
    "circle": (ellipse("body", 0.0, 0.0, 0.86, 0.86),),
    "square": (box("body", -0.78, -0.78, 0.78, 0.78),),
    "triangle": (polygon("body", 0.0, -0.88, 0.96, 0.78, -0.96, 0.78),),
    "star": (polygon("body", *_star()),),
    "car": (
        polygon("dark", -0.56, -0.02, -0.34, -0.44, 0.30, -0.44, 0.60, -0.02),
        polygon("glass", -0.44, -0.04, -0.28, -0.34, -0.04, -0.34, -0.04, -0.04),
        polygon("glass", 0.04, -0.04, 0.04, -0.34, 0.26, -0.34, 0.46, -0.04),
        polygon("body", -0.98, 0.06, -0.88, -0.04, 0.72, -0.06, 0.98, 0.10, 0.98, 0.40, -0.98, 0.40),
        ellipse("gold", 0.90, 0.14, 0.08, 0.08), box("light", -0.98, 0.16, 0.80, 0.20),
        *_wheels(0.24, 0.62, -0.56, 0.58),
    ),
    "truck": (
        box("body", -0.98, -0.66, 0.34, 0.40), box("light", -0.90, -0.58, 0.26, -0.46),
        polygon("dark", 0.40, -0.30, 0.72, -0.30, 0.96, 0.04, 0.96, 0.40, 0.40, 0.40),
        polygon("glass", 0.50, -0.20, 0.68, -0.20, 0.84, 0.04, 0.50, 0.04), ellipse("gold", 0.92, 0.22, 0.06, 0.07),
        *_wheels(0.22, 0.62, -0.66, -0.18, 0.66),
    ),
    "airplane": (
        polygon("dark", 0.06, -0.06, -0.36, -0.66, -0.14, -0.66, 0.36, -0.06),
        polygon("body", 0.58, -0.10, 0.98, -0.10, 1.0, -0.62, 0.84, -0.62),
        ellipse("body", 0.0, 0.04, 0.98, 0.22), ellipse("glass", -0.76, -0.02, 0.12, 0.08),
        *(ellipse("ink", x, 0.0, 0.05, 0.05) for x in (-0.44, -0.26, -0.08, 0.10, 0.28, 0.46)),
        polygon("dark", 0.10, 0.10, 0.40, 0.10, -0.06, 0.76, -0.32, 0.76),
    ),
    "ship": (
        box("wood", -0.04, -0.98, 0.04, -0.40), polygon("gold", 0.04, -0.98, 0.36, -0.86, 0.04, -0.74),
        box("snow", -0.50, -0.18, 0.54, 0.16), box("snow", -0.28, -0.44, 0.34, -0.18),
        *(ellipse("ink", x, -0.02, 0.06, 0.06) for x in (-0.34, -0.10, 0.14, 0.38)),
        box("brick", 0.40, -0.56, 0.58, -0.18),
        polygon("body", -0.98, 0.14, 0.98, 0.14, 0.72, 0.70, -0.66, 0.70), box("light", -0.92, 0.22, 0.92, 0.30),
    ),
    "house": (
        box("brick", 0.34, -0.84, 0.54, -0.34), box("body", -0.74, -0.14, 0.74, 0.92),
        polygon("dark", -0.96, -0.10, 0.0, -0.90, 0.96, -0.10), box("wood", -0.16, 0.36, 0.18, 0.92),
        box("gold", -0.58, 0.10, -0.28, 0.42), box("gold", 0.32, 0.10, 0.62, 0.42),
        ellipse("gold", 0.10, 0.66, 0.04, 0.04),
    ),
    "lighthouse": (
        polygon("snow", -0.26, -0.52, 0.26, -0.52, 0.42, 0.98, -0.42, 0.98),
        polygon("body", -0.28, -0.30, 0.28, -0.30, 0.32, 0.02, -0.32, 0.02),
        polygon("body", -0.35, 0.34, 0.35, 0.34, 0.39, 0.68, -0.39, 0.68),
        box("ink", -0.34, -0.58, 0.34, -0.50), box("gold", -0.20, -0.80, 0.20, -0.58),
        polygon("body", -0.28, -0.78, 0.0, -1.0, 0.28, -0.78), box("wood", -0.10, 0.76, 0.10, 0.98),
    ),
    "bowl of noodles": (
        line("wood", 0.06, 0.10, -0.20, 0.78, -0.94), line("wood", 0.06, 0.24, -0.16, 0.94, -0.84),
        ellipse("noodle", 0.0, -0.04, 0.84, 0.28), ellipse("snow", -0.34, -0.10, 0.22, 0.15),
        ellipse("amber", -0.34, -0.10, 0.11, 0.08), ellipse("leaf", 0.36, -0.12, 0.14, 0.08),
        line("amber", 0.04, -0.10, -0.22, 0.04, -0.12, 0.20, -0.22),
        line("amber", 0.04, 0.10, 0.04, 0.26, 0.12, 0.44, 0.04),
        polygon("body", -0.92, 0.04, 0.92, 0.04, 0.78, 0.46, 0.46, 0.76, -0.46, 0.76, -0.78, 0.46),
        box("light", -0.92, 0.04, 0.92, 0.14), box("dark", -0.34, 0.74, 0.34, 0.86),
    ),
    "flower": (
        line("leaf", 0.10, 0.0, -0.10, 0.02, 0.98), ellipse("leaf", -0.24, 0.56, 0.24, 0.10),
        ellipse("leaf", 0.26, 0.70, 0.24, 0.10), *_petals(), ellipse("gold", 0.0, -0.36, 0.20, 0.20),
    ),
    # Never part of the training: the concept that a learned token is to name.
    "snowman": (
        ellipse("snow", 0.0, 0.54, 0.46, 0.44), ellipse("snow", 0.0, -0.08, 0.34, 0.32),
        ellipse("snow", 0.0, -0.52, 0.25, 0.24),
        box("ink", -0.30, -0.76, 0.30, -0.70), box("ink", -0.18, -1.0, 0.18, -0.72),
        line("brick", 0.12, -0.26, -0.32, 0.26, -0.32), polygon("amber", 0.0, -0.54, 0.34, -0.48, 0.0, -0.46),
        ellipse("ink", -0.09, -0.60, 0.04, 0.04), ellipse("ink", 0.09, -0.60, 0.04, 0.04),
        line("wood", 0.06, -0.30, -0.10, -0.78, -0.34), line("wood", 0.06, 0.30, -0.10, 0.78, -0.34),
        *(ellipse("ink", 0.0, y, 0.05, 0.05) for y in (-0.12, 0.06, 0.46, 0.64)),
    ),
}  # fmt: skip
