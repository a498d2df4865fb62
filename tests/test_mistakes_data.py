"""Every declared mistake and variant of a lesson fits its reference notebook, and names criteria that exist."""

import ast
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.proof import Edit, EditError, Mistake, Variant, apply, exercise_of_each_cell, source_of

ROOT = Path(__file__).parent.parent
STEM = "textual_inversion"
DATA = runpy.run_path(str(ROOT / "checks" / STEM / "mistakes.py"))
MISTAKES: tuple[Mistake, ...] = DATA["MISTAKES"]
VARIANTS: tuple[Variant, ...] = DATA["VARIANTS"]
CHANGES: tuple[Mistake | Variant, ...] = (*MISTAKES, *VARIANTS)


def _label(change: Mistake | Variant) -> str:
    return f"{change.exercise} {change.name}"


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The lesson's reference notebook as an nbformat dict."""
    notebook: dict[str, Any] = json.loads((ROOT / "reference" / f"{STEM}.ipynb").read_text(encoding="utf-8"))
    return notebook


@pytest.fixture(scope="module")
def criteria() -> dict[int, set[str]]:
    """Ids of the automatic criteria of each exercise, from the rubric."""
    path = ROOT / "rubric" / f"{STEM}.yaml"
    if not path.exists():
        pytest.skip("the rubric is not there yet")
    rubric = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        exercise["number"]: {c["check"].replace("_", "-") for c in exercise["criteria"] if "check" in c}
        for exercise in rubric["exercises"]
    }


@pytest.mark.parametrize("change", CHANGES, ids=_label)
def test_every_edit_fits_once_and_leaves_python(change: Mistake | Variant, reference: dict[str, Any]) -> None:
    changed = apply(reference, change)
    assert changed != apply(reference, Variant("nothing", change.exercise, (), change.needs))
    for cell in changed["cells"]:
        if cell["cell_type"] == "code":
            ast.parse("\n".join(line for line in source_of(cell).splitlines() if not line.startswith("!")))


def test_names_are_unique() -> None:
    names = [(change.exercise, change.name) for change in CHANGES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("mistake", MISTAKES, ids=_label)
def test_a_mistake_names_what_catches_it(mistake: Mistake) -> None:
    assert mistake.caught_by
    assert not mistake.caught_by & mistake.undetermined


@pytest.mark.parametrize("mistake", MISTAKES, ids=_label)
def test_a_mistake_names_criteria_of_the_rubric(mistake: Mistake, criteria: dict[int, set[str]]) -> None:
    assert mistake.caught_by | mistake.undetermined <= criteria[mistake.exercise]


def test_every_criterion_has_a_mistake(criteria: dict[int, set[str]]) -> None:
    caught = {(mistake.exercise, criterion) for mistake in MISTAKES for criterion in mistake.caught_by}
    assert {(number, criterion) for number, ids in criteria.items() for criterion in ids} == caught


def test_only_the_exercise_and_what_it_needs_is_left(reference: dict[str, Any]) -> None:
    changed = apply(reference, next(variant for variant in VARIANTS if variant.exercise == 4))
    code = [
        (cell, number)
        for cell, number in zip(changed["cells"], exercise_of_each_cell(changed["cells"]), strict=True)
        if cell["cell_type"] == "code"
    ]
    assert {number for _, number in code} == {None, 3, 4}
    assert not any("plt.plot" in source_of(cell) for cell, _ in code)


def test_the_whole_notebook_can_be_kept(reference: dict[str, Any]) -> None:
    assert len(apply(reference, VARIANTS[0], only_exercise=False)["cells"]) == len(reference["cells"])


@pytest.mark.parametrize("find", ["no such text", "table"])
def test_an_edit_that_does_not_fit_is_refused(find: str, reference: dict[str, Any]) -> None:
    with pytest.raises(EditError, match="not once"):
        apply(reference, Variant("misfit", 1, (Edit(find, ""),)))


def test_a_needed_cell_that_is_missing_is_refused(reference: dict[str, Any]) -> None:
    with pytest.raises(EditError, match="not one"):
        apply(reference, Variant("misfit", 4, (), ("no such text",)))


def test_the_reference_is_never_changed(reference: dict[str, Any]) -> None:
    before = json.dumps(reference)
    apply(reference, MISTAKES[0])
    assert json.dumps(reference) == before
