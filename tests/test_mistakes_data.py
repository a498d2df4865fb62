"""How an edit is written into a reference notebook; whether a lesson's edits fit its own, `lint` says."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from assay.proof import Edit, EditError, Variant, apply, exercise_of_each_cell, source_of

ROOT = Path(__file__).parent.parent
DATA = runpy.run_path(str(ROOT / "checks" / "textual_inversion" / "mistakes.py"))


@pytest.fixture
def reference() -> dict[str, Any]:
    """One lesson's reference notebook, for what is true of any."""
    found: dict[str, Any] = json.loads((ROOT / "reference" / "textual_inversion.ipynb").read_text(encoding="utf-8"))
    return found


def test_only_the_exercise_and_what_it_needs_is_left(reference: dict[str, Any]) -> None:
    variants = DATA["VARIANTS"]
    changed = apply(reference, next(variant for variant in variants if variant.exercise == 4))
    code = [
        (cell, number)
        for cell, number in zip(changed["cells"], exercise_of_each_cell(changed["cells"]), strict=True)
        if cell["cell_type"] == "code"
    ]
    assert {number for _, number in code} == {None, 3, 4}
    assert not any("plt.plot" in source_of(cell) for cell, _ in code)


def test_the_whole_notebook_can_be_kept(reference: dict[str, Any]) -> None:
    variant = DATA["VARIANTS"][0]
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
    apply(reference, DATA["MISTAKES"][0])
    assert json.dumps(reference) == before
