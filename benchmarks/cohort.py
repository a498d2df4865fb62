"""Which notebooks are measured: completed ones in four styles, and small ones without training, all distinct."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from assay.command.lessons import Lesson, lesson_of
from assay.command.session import _order as order_of  # the command's own way, so that the very same cells are run
from assay.course import lesson_files
from assay.execution.engine import Order, make_plan
from assay.intake import read_bytes, read_notebook
from assay.kit import Kit

ROOT = Path(__file__).resolve().parent.parent
LESSON = "textual-inversion"
STYLES = ("ada_excellent", "bo_masked_gradient", "kim_one_cell", "cam_forgot_to_restore")
SMALL_EXERCISES = 2
SECRET = b"the same for every measurement"

# A torchvision built for another torch cannot be imported without this; every peer's kernel runs it first.
PRELUDE = "from assay.kit.torchvision_operators import define_missing_operators as _d; _d(); del _d"


def make_full(folder: Path, n: int) -> list[Path]:
    """`n` whole notebooks: all four exercises, with training and pictures, in four styles by turns."""
    return [_write(_read(ROOT / "submissions" / f"{style}.ipynb"), folder, style, i) for i, style in _turns(n)]


def make_samples(folder: Path, n: int) -> list[Path]:
    """Every sample submission of the lesson in which no exercise ends early, once, whatever `n` is: mostly whole ones,
    an untouched skeleton, one exercise alone."""
    return [_write(_read(path), folder, path.stem, i) for i, path in enumerate(samples())]


def samples() -> list[Path]:
    """The lesson's sample submissions in which no exercise ends early."""
    declared = yaml.safe_load((ROOT / "submissions" / "expected.yaml").read_text(encoding="utf-8"))
    return [ROOT / "submissions" / name for name, expected in declared.items() if _is_sample(expected)]


def _is_sample(expected: dict[str, Any]) -> bool:
    states = {exercise["state"] for exercise in expected.get("exercises", {}).values()}
    return expected.get("lesson", LESSON) == LESSON and bool(states) and states <= {"completed", "not_attempted"}


def make_small(folder: Path, n: int) -> list[Path]:
    """`n` small notebooks: the set-up and the first two exercises of the reference, one training step in all."""
    whole = _read(lesson_files(LESSON).reference)
    headings = [i for i, cell in enumerate(whole["cells"]) if "".join(cell["source"]).startswith("## Exercise ")]
    whole["cells"] = whole["cells"][: headings[SMALL_EXERCISES]]
    return [_write(whole, folder, "small", i) for i in range(1, n + 1)]


def order_for(file: Path, folder: Path, lessons: dict[str, Lesson], kit: Kit) -> Order:
    """What the command would execute for `file`, in `folder`."""
    notebook = read_notebook(read_bytes(file), str(file))
    return order_of(notebook, lesson_of(notebook, lessons, None).rubric, folder, kit, SECRET)


def write_for_peers(orders: dict[str, Order], folder: Path) -> None:
    """The same cells, constants shortened as the command does, as notebooks that need nothing of ours but `PRELUDE`."""
    folder.mkdir()
    for name, order in orders.items():
        sources = [source for section in make_plan(order)[0].sections for _, source in section.cells]
        cells = [_code(number, source) for number, source in enumerate([PRELUDE, *sources])]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def _turns(n: int) -> list[tuple[int, str]]:
    return [(i + 1, STYLES[i % len(STYLES)]) for i in range(n)]


def _read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def _write(notebook: dict[str, Any], folder: Path, name: str, number: int) -> Path:
    """Every code cell ends with a comment of its own, so that no two submissions share a cell."""
    made = copy.deepcopy(notebook)
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = "".join(cell["source"]) + f"\n# submission {number}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{number:03}.ipynb"
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


def _code(number: int, source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": f"cell{number}", "metadata": {}, "source": source, "outputs": [],
            "execution_count": None}  # fmt: skip
