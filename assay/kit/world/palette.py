"""The world's colours: what a colour word means, and the tones that a drawing derives from it."""

from __future__ import annotations

Colour = tuple[int, int, int]

# Far enough apart that pixel statistics tell them from each other after a blurred reconstruction.
COLOURS: dict[str, Colour] = {
    "red": (206, 40, 44), "orange": (242, 136, 28), "yellow": (248, 216, 48), "green": (44, 148, 68),
    "blue": (44, 92, 204), "purple": (132, 62, 172), "brown": (124, 76, 42), "black": (44, 42, 50),
    "white": (242, 242, 240),
}  # fmt: skip

# Tones that do not depend on the colour that a caption names.
FIXED: dict[str, Colour] = {
    "ink": (30, 28, 34), "snow": (250, 250, 250), "grey": (150, 154, 162), "skin": (240, 196, 156),
    "wood": (132, 88, 52), "gold": (252, 214, 92), "leaf": (74, 140, 66), "glass": (190, 224, 240),
    "rose": (238, 150, 160), "steel": (196, 204, 214), "amber": (244, 170, 60), "noodle": (250, 226, 150),
    "lime": (150, 200, 90), "brick": (176, 72, 56),
}  # fmt: skip


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a`, moved towards `b` by a share in [0, 1]."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def tone(name: str, body: Colour) -> Colour:
    """The colour of a stroke: `body`, its `dark` and `light` neighbours, or a fixed tone."""
    derived = {"body": body, "dark": mix(body, (20, 16, 30), 0.35), "light": mix(body, (255, 255, 255), 0.4)}
    return derived.get(name) or FIXED[name]
