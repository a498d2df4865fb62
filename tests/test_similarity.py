"""Similar submissions: disguised copies are found, honest solutions are not, and a page shows both sides."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import similar_solutions as solutions
from report_reader import read, words
from report_samples import HOSTILE

from assay.failure import Rejected
from assay.intake import Notebook, read_notebook
from assay.similarity import Pair, similar_pairs, write_similarity_page
from assay.similarity.fingerprints import WINDOW, K, fingerprints
from assay.similarity.tokens import tokens_of

ROOT = Path(__file__).parent.parent
DISGUISES = {
    "names": solutions.renamed,
    "comments": solutions.recommented,
    "order": solutions.reordered,
    "all of it": lambda source: solutions.renamed(solutions.recommented(solutions.reordered(source))),
}


def notebook(file: str, *sources: str) -> Notebook:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    return read_notebook(
        json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}).encode(), file
    )


def of_folder(name: str) -> list[Notebook]:
    found = []
    for path in sorted((ROOT / name).glob("*.ipynb")):
        try:
            found.append(read_notebook(path.read_bytes(), path.name))
        except Rejected:
            continue
    return found


def names(pairs: list[Pair]) -> set[frozenset[str]]:
    return {frozenset((pair.left.file, pair.right.file)) for pair in pairs}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
@pytest.mark.parametrize("original", solutions.HONEST)
def test_a_disguised_copy_is_found_and_no_honest_solution_is(disguise, original):
    honest = [notebook(file, source) for file, source in solutions.HONEST.items()]
    copy = notebook("zed.ipynb", disguise(solutions.HONEST[original]))
    assert copy.cells[0].source != solutions.HONEST[original] or disguise is solutions.reordered
    assert names(similar_pairs([*honest, copy])) == {frozenset((original, "zed.ipynb"))}


@pytest.mark.parametrize("path", sorted((ROOT / "reference").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_renamed_copy_of_a_whole_notebook_is_found(path):
    original = read_notebook(path.read_bytes(), path.name)
    copy = solutions.changed(original, "copy.ipynb", lambda source: solutions.renamed(solutions.recommented(source)))
    (pair,) = similar_pairs([original, copy])
    assert pair.share > 0.6


def test_splitting_cells_hides_nothing():
    halves = solutions.WITH_FUNCTIONS.split("\n\n\n")
    pair = similar_pairs([notebook("a.ipynb", solutions.WITH_FUNCTIONS), notebook("b.ipynb", *halves)])
    assert len(pair) == 1 and pair[0].share == 1.0


def test_reference_notebooks_of_all_lessons_are_no_copies_of_each_other():
    """One author, one library, related tasks; compared as if all were one lesson's."""
    assert similar_pairs(of_folder("reference"), known={}) == []


def test_another_solution_among_the_samples_is_no_copy():
    """`bo` masks the gradient where others put rows back, `kim` works in one cell; the rest differ by a mistake."""
    found = names(similar_pairs(of_folder("submissions")))
    assert not any(file.startswith(("bo_", "kim_", "gus_", "nia_")) for pair in found for file in pair)
    assert frozenset(("ada_excellent.ipynb", "eli_crash_in_exercise_2.ipynb")) in found


def test_what_was_handed_out_is_not_compared():
    skeleton = next(n for n in of_folder("submissions") if n.file.startswith("gus_"))
    assert similar_pairs([skeleton, solutions.changed(skeleton, "b.ipynb", str)]) == []


def test_what_most_of_a_cohort_shares_is_not_held_against_two_of_them():
    shared = [notebook(f"{n}.ipynb", solutions.STEP_BY_STEP) for n in range(8)]
    assert similar_pairs(shared) == []
    assert len(similar_pairs(shared[:3])) == 3  # of few, most may have copied
    odd = [notebook(f"o{n}.ipynb", solutions.STEP_BY_STEP, solutions.WITH_FUNCTIONS) for n in range(2)]
    assert names(similar_pairs([*shared, *odd])) == {frozenset(("o0.ipynb", "o1.ipynb"))}


def test_lessons_are_not_compared_with_each_other():
    text = solutions.AS_A_CLASS
    first, second = (notebook(f"{lesson}.ipynb", text) for lesson in ("6-5-3-textual-inversion", "x-lora-finetuning-x"))
    from assay.similarity.handed_out import course, lesson_among

    lessons = course()
    assert {lesson_among(first, lessons), lesson_among(second, lessons)} == {"textual-inversion", "lora-finetuning"}
    assert similar_pairs([first, second]) == []


def test_matches_name_the_same_lines_on_both_sides():
    body = solutions.STEP_BY_STEP
    left, right = notebook("a.ipynb", body), notebook("b.ipynb", "import os", "\n\n" + solutions.renamed(body))
    (pair,) = similar_pairs([left, right])
    longest = pair.matches[0]
    (own,), (other,) = longest.left, longest.right
    a, b = body.splitlines(), right.cells[1].source.splitlines()
    assert own[0] == 0 and other[0] == 1 and other[2] - other[1] == own[2] - own[1] > 15
    for one, two in zip(a[own[1] : own[2] + 1], b[other[1] : other[2] + 1], strict=True):
        assert [t.text for t in tokens_of(one.strip())] == [t.text for t in tokens_of(two.strip())]


@pytest.mark.parametrize("seed", range(20))
def test_every_run_of_k_plus_window_tokens_leaves_a_common_fingerprint(seed):
    """The guarantee of winnowing, on random texts with one common run of the shortest guaranteed length."""
    draw = random.Random(seed)
    run = [draw.choice("abcdefgh") for _ in range(K + WINDOW - 1)]
    texts = [[draw.choice("ijklmnop") for _ in range(draw.randint(0, 60))] + run +
             [draw.choice("qrstuvwx") for _ in range(draw.randint(0, 60))] for _ in range(2)]  # fmt: skip
    assert set(fingerprints(texts[0])) & set(fingerprints(texts[1]))


@pytest.mark.parametrize("length", [0, 1, K - 1, K, K + 1])
def test_short_texts_have_few_fingerprints(length):
    assert sum(map(len, fingerprints(["a"] * length).values())) == max(0, length - K + 1) // 2 + (length == K)


@pytest.mark.parametrize(
    "source", ["", "x = (", '"""open', "  x\n y", "%%bash\nls", "a?\nb = 1", "\x00", "é = 'ü'", "0b2", "x = 1\n\ty"]
)
def test_any_text_has_tokens(source):
    assert all(0 <= token.line < max(1, len(source.splitlines())) for token in tokens_of(source))


def test_a_flood_of_repetitions_stops_nobody():
    flood = [notebook(f"{n}.ipynb", "x = f(x)\n" * 60_000, f"{'y = [1, 2]; ' * 20_000}") for n in range(3)]
    honest = [notebook(file, source) for file, source in solutions.HONEST.items()]
    assert all(pair.left.file in "0.ipynb1.ipynb2.ipynb" for pair in similar_pairs([*flood, *honest]))


def test_broken_lines_cost_only_themselves():
    assert [token.text for token in tokens_of("x = 'open\ny = f(2)\n!pip install x\nz.shape")][-8:] == [
        *("N", "=", "N", "(", "1", ")"), "N", ".", "shape",
    ][1:]  # fmt: skip


def test_the_page_shows_both_sides_and_is_no_verdict(tmp_path):
    pairs = similar_pairs([notebook("x/a.ipynb", solutions.STEP_BY_STEP),
                           notebook("y/a.ipynb", "z = 1", solutions.renamed(solutions.STEP_BY_STEP))])  # fmt: skip
    page = write_similarity_page(pairs, tmp_path / "similar.html").read_text("utf-8")
    shown = words(page)
    assert "x/a.ipynb and y/a.ipynb" in shown and "% in common" in shown and "This is no score" in shown
    assert page.count('class="line same-1"') > 30 and "1 cell with nothing in common" in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_no_string_of_a_submission_becomes_markup(text, tmp_path):
    legible = text.encode("utf-8", "replace").decode()
    source = f"{solutions.STEP_BY_STEP}\n# {legible}\n"
    pairs = similar_pairs([notebook(f"{n}{text}", source) for n in "ab"])
    page = write_similarity_page(pairs, tmp_path / "similar.html").read_text("utf-8")
    assert len(pairs) == 1 and read(page).tags.count("main") == 1 and "<script" not in page.lower()


def test_no_pairs_are_a_page_too(tmp_path):
    assert "0 pairs" in words(write_similarity_page([], tmp_path / "similar.html").read_text("utf-8"))
