"""A notebook's lesson is found from what it holds, then from its name."""

from types import SimpleNamespace

import pytest

from assay.failure import Misuse, Rejected
from assay.intake import Exercise, Notebook, find_lesson


def rubric(title, *exercises, titles=(), files=()):
    titled = tuple(SimpleNamespace(title=one) for one in exercises)
    return SimpleNamespace(title=title, titles=titles, files=files, exercises=titled)


RUBRICS = {
    "clip": rubric("CLIP", "A Similarity Matrix", "Zero-Shot", files=("6-3-3-*",)),
    "lora-finetuning": rubric("LoRA Fine-Tuning", "Target Layers", "Train a LoRA", "Compose", titles=("LoRA",)),
    "textual-inversion": rubric("Textual Inversion", "The Embedding Space", "Train a Word", files=("6-5-3-*",)),
}


def notebook(title=None, *exercises, file="work.ipynb"):
    split = tuple(Exercise(number, text, None, ()) for number, text in enumerate(exercises, 1))
    return Notebook(file, "0" * 64, title, (), (), split, ())


@pytest.mark.parametrize(
    ("handed_in", "slug"),
    [
        (notebook("Textual Inversion"), "textual-inversion"),
        (notebook("textual   inversion!"), "textual-inversion"),
        (notebook("Textual Inversion \u2014 Alice"), "textual-inversion"),
        (notebook("LoRA"), "lora-finetuning"),
        (notebook(None, "Target Layers", "Something"), "lora-finetuning"),
        (notebook("My work", "Train a word"), "textual-inversion"),
        (notebook(file="in/6-5-3-alice.ipynb"), "textual-inversion"),
        (notebook(file="in\\Textual_Inversion (1).ipynb"), "textual-inversion"),
        (notebook("Textual Inversion", file="6-3-3-clip.ipynb"), "textual-inversion"),
        (notebook("CLIP and Textual Inversion", "Train a Word"), "textual-inversion"),
    ],
)
def test_title_then_exercises_then_file_name(handed_in, slug):
    assert find_lesson(handed_in, RUBRICS, None) == slug


def test_an_unknown_notebook_is_told_the_lessons():
    with pytest.raises(
        Rejected, match=r"not recognised .* --lesson SLUG, one of clip, lora-finetuning, textual-inversion"
    ):
        find_lesson(notebook("Cooking", "Eclipse"), RUBRICS, None)


def test_a_word_of_a_title_is_not_found_within_a_longer_word():
    with pytest.raises(Rejected, match="not recognised"):
        find_lesson(notebook("Eclipse"), RUBRICS, None)


def test_two_equal_lessons_are_a_question():
    with pytest.raises(Rejected, match="looks like clip and like textual-inversion"):
        find_lesson(notebook("CLIP, Textual Inversion"), RUBRICS, None)


def test_the_wanted_lesson_overrules_a_weak_or_missing_sign():
    assert find_lesson(notebook("Cooking"), RUBRICS, "clip") == "clip"
    assert find_lesson(notebook(file="textual-inversion.ipynb"), RUBRICS, "clip") == "clip"
    assert find_lesson(notebook("More on CLIP"), RUBRICS, "lora-finetuning") == "lora-finetuning"


@pytest.mark.parametrize("handed_in", [notebook("CLIP"), notebook(None, "A similarity matrix", "Zero Shot")])
def test_clearly_another_lesson_is_refused_with_its_name(handed_in):
    with pytest.raises(Rejected, match="looks like the lesson clip, not lora-finetuning"):
        find_lesson(handed_in, RUBRICS, "lora-finetuning")


def test_a_lesson_that_does_not_exist_is_the_callers_mistake():
    with pytest.raises(Misuse, match="no lesson 'klip': name it with --lesson SLUG, one of clip"):
        find_lesson(notebook("CLIP"), RUBRICS, "klip")


def test_without_any_rubric_nothing_is_recognised():
    with pytest.raises(Rejected, match="not recognised"):
        find_lesson(notebook("CLIP"), {}, None)
