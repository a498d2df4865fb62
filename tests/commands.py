"""Runs the command line in this process, and writes small notebooks of the lesson, for the tests of the commands."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assay import course
from assay.command import main
from assay.execution.parent import WarmParent
from assay.execution.prefixes import Prefixes

TITLE = "# Textual Inversion"


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ended:
    """Run `grade.py` with these arguments. Whatever happens, it must not show a traceback.

    The notebooks that tests run are our own, and a machine may offer only *limits*.
    """
    capsys.readouterr()
    trust = (
        ["--trust-these-notebooks"] if arguments[:1] in (("run",), ("cohort",)) and "--help" not in arguments else []
    )
    try:
        code = main([*(str(argument) for argument in arguments), *trust])
    except SystemExit as stop:  # argparse ends the program itself
        code = 0 if stop.code is None else int(stop.code)
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out
    return Ended(code, said.out, said.err)


def small_notebook(path: Path, *exercises: str, setup: str = "import torch", title: str = TITLE) -> Path:
    """A notebook with a code cell for the set-up and one for each exercise, numbered from 1."""
    cells = [("markdown", title), ("code", setup)]
    for number, source in enumerate(exercises, 1):
        cells += [("markdown", f"## Exercise {number}: Something [Guided]"), ("code", source)]
    written = [
        {"cell_type": kind, "metadata": {}, "source": source}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for kind, source in cells
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def own_course(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the course that a test may change; every command works on it from here on."""
    root = course.course_root()
    for part in ("checks", "rubric", "reference"):
        shutil.copytree(root / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(course, "course_root", lambda: folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that occurs in the file, the first time."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def forbid_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on only judges may be forked, be it from the warm parent or from cells that were shared."""
    order = WarmParent.order

    def only_calls(self: WarmParent, what: dict[str, Any]) -> Any:
        assert what["do"] == "call", "a notebook was executed"
        return order(self, what)

    def begin(*_: object) -> None:
        raise AssertionError("a notebook was executed")

    monkeypatch.setattr(WarmParent, "order", only_calls)
    monkeypatch.setattr(Prefixes, "begin", begin)
