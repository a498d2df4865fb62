"""The procedural world: the same scene and seed give the same picture, and captions say what is drawn."""

import numpy as np
import pytest
from PIL import Image

from assay.kit.cifar import CLASSES, tiny_picture
from assay.kit.world import Scene, caption, draw_scene, random_scene, style_set, unstyled
from assay.kit.world.palette import COLOURS
from assay.kit.world.scene import LIGHT_WORDS, NAMES, SCENERY, STYLES, UNSEEN


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, float)


@pytest.mark.parametrize("subject", [*NAMES, UNSEEN])
def test_a_subject_is_drawn_in_its_colour_and_alike_each_time(subject: str) -> None:
    red, blue = (Scene(subject, colour, "flat", "day") for colour in ("red", "blue"))
    once, again = (draw_scene(red, np.random.default_rng(3), 96) for _ in range(2))
    other = draw_scene(blue, np.random.default_rng(3), 96)
    assert once.tobytes() == again.tobytes()
    if subject != UNSEEN:  # a snowman is white
        change = (pixels(other) - pixels(once)).sum((0, 1))
        assert change[2] > 0 > change[0]  # less red, more blue


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("scene", [Scene("cat", "green", "", "day"), Scene("mountains", None, "", "sunset")])
def test_styles_look_different_and_are_named(style: str, scene: Scene) -> None:
    made = Scene(scene.subject, scene.colour, style, scene.light)
    picture, photo = (
        draw_scene(s, np.random.default_rng(1), 96)
        for s in (made, Scene(scene.subject, scene.colour, "photo", scene.light))
    )
    assert picture.size == (96, 96)
    assert style == "photo" or np.abs(pixels(picture) - pixels(photo)).mean() > 1  # grey level
    words = caption(made, np.random.default_rng(1))
    said = {"photo": "", "flat": "", "oil": "painting", "watercolor": "watercolor"}.get(style, style)
    assert said in words


@pytest.mark.parametrize("light", LIGHT_WORDS)
@pytest.mark.parametrize("subject", SCENERY)
def test_a_landscape_changes_with_the_light(subject: str, light: str) -> None:
    made = draw_scene(Scene(subject, None, "photo", light), np.random.default_rng(2), 64)
    by_day = draw_scene(Scene(subject, None, "photo", "day"), np.random.default_rng(2), 64)
    assert (made.tobytes() == by_day.tobytes()) == (light == "day")


def test_captions_name_subject_and_colour() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        scene = random_scene(rng)
        words = caption(scene, rng)
        assert " a orange" not in f" {words}"
        if scene.named and scene.colour:
            assert scene.colour in words
        assert scene.subject != UNSEEN


def test_all_colours_are_far_apart() -> None:
    values = np.array(list(COLOURS.values()), float)
    apart = np.linalg.norm(values[:, None] - values[None], axis=-1) + 1e9 * np.eye(len(values))
    assert apart.min() > 70


def test_the_style_set_is_one_style_and_does_not_say_so() -> None:
    rows = list(style_set(6))
    assert all("anime" not in text and picture.size == (256, 256) for picture, text in rows)
    assert len({text for _, text in rows}) == 6


def test_tiny_pictures_are_of_cifar_s_size() -> None:
    made = [tiny_picture(label, np.random.default_rng(label)) for label in range(len(CLASSES))]
    assert {p.size for p in made} == {(32, 32)}
    assert len({p.tobytes() for p in made}) == len(CLASSES)


def test_a_caption_can_leave_its_style_unsaid() -> None:
    rng = np.random.default_rng(6)
    said = {"anime", "style", "pixel", "ink", "oil", "watercolor", "drawing", "photo"}
    for _ in range(300):
        scene = random_scene(rng, plain=0.2)
        plain = unstyled(caption(scene, rng), scene.style)
        assert not set(plain.replace(",", "").split()) & said, plain
        assert scene.colour is None or plain.split()[0] in ("a", "an")
    assert unstyled("a painting of a red cat in anime style", "anime") == "a red cat"
