"""Runs cells in a real Jupyter kernel that watches itself, for the tests of `%check`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from assay.command.lessons import Lesson
from assay.execution.overrides import shorten
from assay.execution.parent import clean_environment
from assay.kit import Kit

# The kit's models stand in for downloaded ones; where there is no network and no GPU, so does all the rest.
ENTER = """
import torch
torch.set_num_threads(1)
from pathlib import Path as _Path
from assay.execution.runner import enter_folder as _enter
from assay.execution.surroundings.libraries import prepare_process as _prepare
from assay.kit.torchvision_operators import define_missing_operators as _define
_define(); _prepare(); _enter(_Path({folder!r}))
del _Path, _enter, _prepare, _define
"""


@dataclass(frozen=True)
class Ran:
    """What each cell printed, and the data of what it displayed."""

    printed: list[str]
    displayed: list[list[dict[str, str]]]


def run_cells(kit: Kit, folder: Path, cells: list[str], prepared: bool = True) -> Ran:
    """Run cells in a fresh kernel, whatever they raise; `prepared` says whether it has imported the libraries first."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [ENTER.format(folder=str(folder)), *cells] if prepared else cells
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    client = NotebookClient(
        notebook, kernel_name="python3", allow_errors=True, timeout=600, startup_timeout=120,
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    client.execute(env=clean_environment(kit.environment()) | {"HOME": str(folder)})
    outputs = [cell.outputs for cell in notebook.cells[len(sources) - len(cells) :]]
    return Ran([_text(one) for one in outputs], [[o["data"] for o in one if "data" in o] for one in outputs])


def _text(outputs: list[Any]) -> str:
    return "".join(o["text"] if o["output_type"] == "stream" else f"{o.get('ename', '')}\n" for o in outputs)


def shortened(path: Path, lesson: Lesson, to: Path) -> list[str]:
    """The code cells of the notebook at `path` with the lesson's lengths shortened, and the notebook they are of."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    shorter = tuple((o.name, o.to, o.reason) for o in lesson.rubric.shorten)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(code):
        cell["source"] = shorten("".join(cell["source"]), number, shorter)[0]
    to.write_text(json.dumps(notebook), encoding="utf-8")
    return [cell["source"] for cell in code if cell["source"].strip()]
