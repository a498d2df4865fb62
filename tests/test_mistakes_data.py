"""Every declared mistake and variant of a lesson fits its reference notebook, and names criteria that exist."""

import ast
import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.proof import Edit, EditError, Mistake, Variant, apply, exercise_of_each_cell, source_of

ROOT = Path(__file__).parent.parent
STEMS = sorted(path.stem for path in (ROOT / "rubric").glob("*.yaml"))
DATA = {stem: runpy.run_path(str(ROOT / "checks" / stem / "mistakes.py")) for stem in STEMS}
MISTAKES = [(stem, mistake) for stem in STEMS for mistake in DATA[stem]["MISTAKES"]]
VARIANTS = [(stem, variant) for stem in STEMS for variant in DATA[stem]["VARIANTS"]]
CHANGES: list[tuple[str, Mistake | Variant]] = [*MISTAKES, *VARIANTS]


def _labels(changes: list[tuple[str, Any]]) -> list[str]:
    return [f"{stem} {change.exercise} {change.name}" for stem, change in changes]


@cache
def notebook_of(stem: str) -> dict[str, Any]:
    """The lesson's reference notebook as an nbformat dict."""
    notebook: dict[str, Any] = json.loads((ROOT / "reference" / f"{stem}.ipynb").read_text(encoding="utf-8"))
    return notebook


@cache
def criteria_of(stem: str) -> dict[int, set[str]]:
    """Ids of the automatic criteria of each exercise, from the rubric."""
    rubric = yaml.safe_load((ROOT / "rubric" / f"{stem}.yaml").read_text(encoding="utf-8"))
    return {
        exercise["number"]: {c["check"].replace("_", "-") for c in exercise["criteria"] if "check" in c}
        for exercise in rubric["exercises"]
    }


@pytest.fixture
def reference() -> dict[str, Any]:
    """One lesson's reference notebook, for what is true of any."""
    return notebook_of("textual_inversion")


@pytest.mark.parametrize(("stem", "change"), CHANGES, ids=_labels(CHANGES))
def test_every_edit_fits_once_and_leaves_python(stem: str, change: Mistake | Variant) -> None:
    reference = notebook_of(stem)
    changed = apply(reference, change)
    assert changed != apply(reference, Variant("nothing", change.exercise, (), change.needs))
    for cell in changed["cells"]:
        if cell["cell_type"] == "code":
            ast.parse("\n".join(line for line in source_of(cell).splitlines() if not line.startswith("!")))


@pytest.mark.parametrize("stem", STEMS)
def test_names_are_unique(stem: str) -> None:
    names = [(change.exercise, change.name) for place, change in CHANGES if place == stem]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("stem", "mistake"), MISTAKES, ids=_labels(MISTAKES))
def test_a_mistake_names_criteria_of_the_rubric_that_catch_it(stem: str, mistake: Mistake) -> None:
    assert mistake.caught_by
    assert not mistake.caught_by & mistake.undetermined
    assert mistake.caught_by | mistake.undetermined <= criteria_of(stem)[mistake.exercise]


@pytest.mark.parametrize("stem", STEMS)
def test_every_criterion_has_a_mistake(stem: str) -> None:
    caught = {(m.exercise, criterion) for place, m in MISTAKES if place == stem for criterion in m.caught_by}
    assert {(number, criterion) for number, ids in criteria_of(stem).items() for criterion in ids} == caught


def test_only_the_exercise_and_what_it_needs_is_left(reference: dict[str, Any]) -> None:
    variants = DATA["textual_inversion"]["VARIANTS"]
    changed = apply(reference, next(variant for variant in variants if variant.exercise == 4))
    code = [
        (cell, number)
        for cell, number in zip(changed["cells"], exercise_of_each_cell(changed["cells"]), strict=True)
        if cell["cell_type"] == "code"
    ]
    assert {number for _, number in code} == {None, 3, 4}
    assert not any("plt.plot" in source_of(cell) for cell, _ in code)


def test_the_whole_notebook_can_be_kept(reference: dict[str, Any]) -> None:
    variant = DATA["textual_inversion"]["VARIANTS"][0]
    assert len(apply(reference, variant, only_exercise=False)["cells"]) == len(reference["cells"])


@pytest.mark.parametrize("find", ["no such text", "table"])
def test_an_edit_that_does_not_fit_is_refused(find: str, reference: dict[str, Any]) -> None:
    with pytest.raises(EditError, match="not once"):
        apply(reference, Variant("misfit", 1, (Edit(find, ""),)))


def test_a_needed_cell_that_is_missing_is_refused(reference: dict[str, Any]) -> None:
    with pytest.raises(EditError, match="not one"):
        apply(reference, Variant("misfit", 4, (), ("no such text",)))


def test_the_reference_is_never_changed(reference: dict[str, Any]) -> None:
    before = json.dumps(reference)
    apply(reference, DATA["textual_inversion"]["MISTAKES"][0])
    assert json.dumps(reference) == before
