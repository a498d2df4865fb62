"""Pictures and words of the kit: drawn, captioned, and numbered as CLIP numbers them."""

import io

import numpy as np
import pytest
from PIL import Image

from assay.kit.drawing import SIDE, draw_figure, figure
from assay.kit.pictures import caption_for, landscape, picture_for
from assay.kit.vocabulary import ENTRIES, merges, vocabulary
from assay.kit.world.addresses import scene_of


def test_a_url_has_one_picture() -> None:
    assert picture_for("https://a.example/x.jpg") == picture_for("https://a.example/x.jpg")


def test_different_urls_have_different_pictures() -> None:
    pictures = {picture_for(f"https://a.example/{n}.jpg") for n in range(24)}
    assert len(pictures) == 24


def test_the_picture_is_a_png_of_512() -> None:
    with Image.open(io.BytesIO(picture_for(""))) as picture:
        assert (picture.format, picture.size, picture.mode) == ("PNG", (512, 512), "RGB")
        assert np.asarray(picture).std() > 10  # something is on it


@pytest.mark.parametrize("seed", range(4))
def test_a_landscape_has_a_caption(seed: int) -> None:
    assert landscape(seed).size == (512, 512)
    assert caption_for(seed).startswith("a photo of mountains behind ")


def test_figures_and_captions_are_all_different() -> None:
    drawn = {draw_figure(figure(n)).tobytes() for n in range(40)}
    captions = {figure(n).caption for n in range(40)}
    assert len(drawn) == len(captions) == 40


def test_a_caption_describes_the_figure() -> None:
    shown = figure(3)
    assert all(word in shown.caption for word in (shown.person, shown.hair, shown.cut, shown.thing, shown.place))
    assert "a orange" not in shown.caption
    assert draw_figure(shown).size == (SIDE, SIDE)


@pytest.mark.parametrize(
    ("entry", "number"),
    [
        ("!", 0),
        ("cat", 1481),
        ("cat</w>", 2368),
        ("anime</w>", 6469),
        ("anime", 23314),
        ("a</w>", 320),
        ("<|startoftext|>", 49406),
        ("<|endoftext|>", 49407),
    ],
)
def test_entries_have_clip_s_ids(entry: str, number: int) -> None:
    assert vocabulary()[entry] == number


def test_the_vocabulary_has_clip_s_size() -> None:
    assert len(vocabulary()) == ENTRIES == 49_408
    assert len(merges()) == ENTRIES - 514
    assert "kitten" not in vocabulary()


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("https://a.example/thumb/Cat03.jpg/1200px-Cat03.jpg", "cat"),
        ("https://a.example/1200px-Shoyu_ramen%2C_at_Kasukabe.jpg", "bowl of noodles"),
        ("https://a.example/2019_Ferrari_488.jpg", "car"),
        ("https://a.example/Everest_North_Face.jpg", "mountains"),
        ("https://cat.example/photo-1506905925346", None),
    ],
)
def test_an_address_names_its_subject(address: str, subject: str | None) -> None:
    named = scene_of(address)
    assert (named.subject if named else None) == subject
