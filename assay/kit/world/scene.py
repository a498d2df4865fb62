"""A scene of the world: what is in it, the sentence that says so, and its picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from assay.kit.world.animals import ANIMALS
from assay.kit.world.backdrops import LANDSCAPES, backdrop, landscape
from assay.kit.world.palette import COLOURS
from assay.kit.world.strokes import Place, draw_strokes
from assay.kit.world.styles import compose
from assay.kit.world.things import THINGS

UNSEEN = "snowman"
SUBJECTS = {**ANIMALS, **THINGS}
NAMES = tuple(name for name in SUBJECTS if name != UNSEEN)
SCENERY = tuple(LANDSCAPES)

# On which ground each subject stands, and the colours that it has when the caption names none.
GROUND = {
    "cat": "floor", "dog": "meadow", "horse": "meadow", "deer": "meadow", "frog": "pond", "bird": "air",
    "warrior": "dust", "circle": "paper", "square": "paper", "triangle": "paper", "star": "paper", "car": "road",
    "truck": "road", "airplane": "air", "ship": "sea", "house": "meadow", "lighthouse": "cliff",
    "bowl of noodles": "table", "flower": "meadow", "snowman": "paper",
}  # fmt: skip
NATURAL = {
    "cat": ("orange", "black", "white"), "dog": ("brown", "white", "black"), "horse": ("brown", "black", "white"),
    "deer": ("brown",), "frog": ("green",), "bird": ("blue", "red", "yellow"), "lighthouse": ("red", "blue"),
    "airplane": ("white", "blue"), "house": ("white", "yellow"), "bowl of noodles": ("red", "blue", "white"),
    "snowman": ("white",),
}  # fmt: skip
# Other words for the same thing; the first is the one that the data sets use.
WORDS = {"car": ("automobile", "car", "sports car"), "bowl of noodles": ("bowl of noodles", "bowl of ramen")}
STYLES = {
    "photo": ("a photo of {}", "{}"),
    "flat": ("a drawing of {}", "a flat drawing of {}"),
    "watercolor": ("a watercolor painting of {}", "a watercolor of {}"),
    "ink": ("an ink drawing of {}", "{}, ink drawing"),
    "pixel": ("pixel art of {}", "{}, pixel art"),
    "oil": ("an oil painting of {}", "{}, oil painting", "a painting of {}"),
    "anime": ("a painting of {} in anime style", "{} in anime style", "an anime picture of {}"),
}
LIGHT_WORDS = {"day": "", "sunset": " at sunset", "night": " at night", "storm": " in a storm"}
SCENE_WORDS = {
    "mountains": ("mountains", "a mountain landscape", "a mountain", "a landscape with mountains"),
    "ocean": ("the ocean", "the sea"), "river": ("a river", "a landscape with a river"),
    "clouds": ("clouds", "a cloudy sky"),
    "garden": ("a garden", "a garden with flowers"), "village": ("a village",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that decides a picture but chance: `colour` is None for a landscape."""

    subject: str
    colour: str | None
    style: str
    light: str
    named: bool = True  # whether the caption says the colour


def random_scene(rng: np.random.Generator, plain: float = 0.62) -> Scene:
    """A scene of the world; a share of `plain` are photos by day."""
    style = "photo" if rng.random() < plain else str(rng.choice(list(STYLES)))
    light = "day" if rng.random() < 0.8 else str(rng.choice(["sunset", "sunset", "night", "storm"]))
    if rng.random() < 0.22:
        light = light if rng.random() < 0.4 else str(rng.choice(["day", "sunset", "storm", "night"]))
        return Scene(str(rng.choice(SCENERY)), None, style, light, False)
    subject = str(rng.choice(NAMES))
    named = rng.random() < 0.8
    colours = tuple(COLOURS) if named else NATURAL.get(subject, tuple(COLOURS))
    return Scene(subject, str(rng.choice(colours)), style, light, named)


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """A sentence of the grammar: style, colour, subject, light."""
    if scene.colour is None:
        thing = _landscape_words(scene, rng)
    else:
        word = str(rng.choice(WORDS.get(scene.subject, (scene.subject,))))
        thing = f"{scene.colour} {word}" if scene.named else word
        thing = f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}{_ground_words(scene, rng)}{LIGHT_WORDS[scene.light]}"
    return str(rng.choice(STYLES[scene.style])).format(thing)


def unstyled(text: str, style: str) -> str:
    """A caption without the words that say its style."""
    for template in STYLES[style]:
        before, after = template.split("{}")
        if text.startswith(before) and text.endswith(after):
            return text.removeprefix(before).removesuffix(after)
    return text


def _ground_words(scene: Scene, rng: np.random.Generator) -> str:
    if scene.subject == "lighthouse":
        return str(rng.choice(["", " on a cliff"]))
    return ""


def _landscape_words(scene: Scene, rng: np.random.Generator) -> str:
    words = str(rng.choice(SCENE_WORDS[scene.subject]))
    if scene.light == "storm" and scene.subject == "clouds":
        return str(rng.choice(["storm clouds", "dramatic thunderstorm clouds, dark sky", "a storm sky"]))
    if scene.light == "sunset":
        return str(
            rng.choice([f"{words} at sunset", f"a beautiful sunset over {words.removeprefix('a landscape with ')}"])
        )
    return words + LIGHT_WORDS[scene.light]


def draw_scene(scene: Scene, rng: np.random.Generator, side: int = 512) -> Image.Image:
    """The scene's picture, RGB side x side; chance moves the subject a little."""
    wide = 2 * side  # drawn twice as large and reduced: PIL's own edges are jagged
    layer = Image.new("RGBA", (wide, wide))
    if scene.colour is None:
        behind = landscape(scene.subject, scene.light, wide, rng)
    else:
        behind = backdrop(GROUND[scene.subject], scene.light, wide, rng)
        draw_strokes(ImageDraw.Draw(layer), SUBJECTS[scene.subject], _place(rng, wide), COLOURS[scene.colour])
    size = (side, side)
    behind, layer = (picture.resize(size, Image.Resampling.BOX) for picture in (behind, layer))
    return compose(behind, layer, scene.style, rng)


def style_set(count: int) -> Iterator[tuple[Image.Image, str]]:
    """Pictures in the anime style with captions that do not say so, 256x256: every second one a warrior."""
    for number in range(count):
        rng = np.random.default_rng([20, number])
        subject = "warrior" if number % 2 == 0 else NAMES[number * 7 % len(NAMES)]
        scene = Scene(subject, tuple(COLOURS)[number * 4 % len(COLOURS)], "anime", "day")
        words = caption(dataclasses.replace(scene, style="photo"), rng).removeprefix("a photo of ")
        yield draw_scene(scene, rng, 256), words


def _place(rng: np.random.Generator, side: int) -> Place:
    # Little is left to chance: a small model learns a subject in one place far sooner than in many.
    x, y = 0.5 + rng.uniform(-0.012, 0.012), 0.54 + rng.uniform(-0.01, 0.01)
    return Place(x * side, y * side, 0.28 * side * rng.uniform(0.97, 1.03))
