"""Decides which notebook a kernel runs: a kernel is told cells one by one, and neither headings nor a file's name.

Asked in this order: the file that `%check --notebook` names; Colab's own page; the file that Jupyter or VS Code says it
has opened; the only notebook in the working folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay.failure import Misuse, Rejected
from assay.intake import Notebook, cell_digest, read_bytes, read_notebook

ASKING_S = 5  # Colab's page answers within a tenth of a second, unless its tab is asleep


@dataclass(frozen=True)
class Sheet:
    """A notebook as it stands now: `ids` gives a cell's number for its name, `exercises` each code cell's exercise."""

    notebook: Notebook
    ids: Mapping[str, int]
    exercises: Mapping[int, int]

    def cells_like(self, source: str) -> list[int]:
        """Numbers of the code cells that have this text."""
        wanted = cell_digest(source)
        return [
            c.index for c in self.notebook.cells if c.index in self.exercises and cell_digest(c.source) == wanted
        ]  # fmt: skip


def find_sheet(named: str | None, shell: Any, ask: bool) -> Sheet | None:
    """The notebook; `ask` says whether its page in the browser may be asked.

    Raises:
        Misuse: the file that was named is no notebook.
    """
    if named is not None:
        try:
            return _read(read_bytes(Path(named).expanduser()), named)
        except Rejected as refusal:
            raise Misuse(f"--notebook {named}: {refusal}") from None
    asked = _from_colab() if ask else None
    if asked is not None:
        return asked
    for path in _opened(shell.user_ns):
        try:
            return _read_file(path, path.stat().st_mtime_ns)
        except (Rejected, OSError):
            continue
    return None


@lru_cache(maxsize=2)  # it is asked for at every cell, and a notebook full of pictures takes a third of a second
def _read_file(path: Path, changed: int) -> Sheet:
    return _read(read_bytes(path), str(path))


def _read(data: bytes, name: str) -> Sheet:
    notebook = read_notebook(data, name)
    sections = [(0, notebook.setup), *((exercise.number, exercise.cells) for exercise in notebook.exercises)]
    exercises = {cell.index: number for number, cells in sections for cell in cells if cell.kind == "code"}
    return Sheet(notebook, _ids(data), exercises)


def _ids(data: bytes) -> dict[str, int]:
    """Names of the cells: nbformat's own, or Colab's."""
    cells = json.loads(data.decode("utf-8-sig")).get("cells", [])
    names = [cell.get("id") or cell.get("metadata", {}).get("id") for cell in cells]
    return {name: number for number, name in enumerate(names) if isinstance(name, str)}


def _opened(namespace: Mapping[str, Any]) -> list[Path]:
    """Files that may be the notebook: what VS Code and Jupyter's server say, else the only one in this folder."""
    told = [namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")]
    here = list(Path.cwd().glob("*.ipynb"))
    paths = [Path(name) for name in told if isinstance(name, str) and name.endswith(".ipynb")]
    beside = [Path.cwd() / path.name for path in paths]  # told as the server knows it, whose folder may be another
    return [path for path in [*paths, *beside, *(here if len(here) == 1 else [])] if path.is_file()]


def _from_colab() -> Sheet | None:
    """The notebook as its page in the browser shows it now; None anywhere but in Colab."""
    try:
        from google.colab import _message  # type: ignore[import-not-found,import-untyped,unused-ignore]

        answer = _message.blocking_request("get_ipynb", timeout_sec=ASKING_S)
        return _read(json.dumps(answer["ipynb"]).encode(), "this notebook")
    except Exception:  # not Colab, an asleep tab, another version's answer: there are other ways to know
        return None
