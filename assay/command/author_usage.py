"""Decides how the commands for people who write lessons are called."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from assay.command.subcommand import add_command

if TYPE_CHECKING:
    from assay.command.subcommand import Commands


def add_authors_commands(commands: Commands) -> None:
    """`new`, `lint` and `register`."""
    _add_new(commands)
    _add_lint(commands)
    _add_register(commands)


def _add_new(commands: Commands) -> None:
    parser = add_command(
        commands, "new", "for lesson authors: draft a lesson from a published notebook",
        "Write the files of a new lesson: a reference notebook (code and headings of NOTEBOOK), a rubric, checks that "
        "assert what was seen when the notebook ran, and first mistakes that were run and caught. NOTEBOOK is best a "
        "solved one; of a skeleton the draft asserts as much as runs. It runs without walls: it is your own. What "
        "is left to do is printed, and `lint` tells it again. The draft grades at once.",
        "grade.py new samplers notebooks/6-4-2-samplers-solved.ipynb",
        "grade.py new samplers skeleton.ipynb --tries 0    in the time of one run",
    )  # fmt: skip
    parser.add_argument("lesson", metavar="LESSON", help="the lesson's slug: lower-case words joined by dashes")
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="a notebook with '## Exercise N: ...' headings")
    parser.add_argument(
        "--tries", type=int, default=8, metavar="N",
        help="small changes of each exercise that are run to find first mistakes (default: 8)",
    )  # fmt: skip
    parser.set_defaults(act=_new)


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


def _new(options: argparse.Namespace) -> int:
    from assay.command.new import new_lesson

    return new_lesson(options)


def _lint(options: argparse.Namespace) -> int:
    from assay.command.lint import lint_lessons

    return lint_lessons(options)


def _register(options: argparse.Namespace) -> int:
    from assay.command.register import register_notebook

    return register_notebook(options)
