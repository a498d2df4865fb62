"""Decides how the commands for people who write lessons are called."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from assay.command.subcommand import add_command

if TYPE_CHECKING:
    from assay.command.subcommand import Commands


def add_authors_commands(commands: Commands) -> None:
    """`lint` and `register`."""
    _add_lint(commands)
    _add_register(commands)


def _add_lint(commands: Commands) -> None:
    parser = add_command(
        commands, "lint", "for lesson authors: whether the files of lessons fit each other; runs nothing",
        "Read rubric, checks, reference notebook, mistakes, variants, rules and kept proofs of lessons, and tell in "
        "one sentence each what does not fit, with file and line, and what is left to do. No notebook and no model "
        "runs, so it takes seconds. Exit code 1 when there is an error; notes alone leave 0.",
        "grade.py lint                       every lesson",
        "grade.py lint textual-inversion     one of them",
        "grade.py lint --json -              the findings as one JSON list on standard output",
    )  # fmt: skip
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="a lesson's slug, or its stem (default: all)")
    parser.add_argument("--json", metavar="FILE|-", help="write the findings as JSON; - is standard output")
    parser.set_defaults(act=_lint)


def _add_register(commands: Commands) -> None:
    parser = add_command(
        commands, "register", "remember a published notebook's cells, by digest, in the lesson's rubric",
        "Write the digests of a published notebook's code cells into the lesson's rubric, so that an exercise left as "
        "handed out is known. The notebook's text is not kept.",
        "grade.py register textual-inversion notebooks/6-5-3-textual-inversion.ipynb",
    )  # fmt: skip
    parser.add_argument("lesson", metavar="LESSON", help="the lesson's slug, such as textual-inversion")
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="the notebook as students get it")
    parser.set_defaults(act=_register)


def _lint(options: argparse.Namespace) -> int:
    from assay.command.lint import lint_lessons

    return lint_lessons(options)


def _register(options: argparse.Namespace) -> int:
    from assay.command.register import register_notebook

    return register_notebook(options)
