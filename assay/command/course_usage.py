"""Decides how `grade.py course` is asked, and explains itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.command.subcommand import add_command, add_grading_options


def add_course(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The subcommand that looks at published notebooks."""
    parser = add_command(
        commands, "course", "test published course notebooks themselves",
        "Execute a published notebook as students get it, with its solutions in their places, and as on a machine "
        "with a GPU; grade the solutions by the lesson's rubric; hold what the text says against what was seen. Exit "
        "code 1 when an error is found.",
        "grade.py course notebooks/6-5-*.ipynb                     what is wrong, in words",
        "grade.py course notebooks/*.ipynb --json -                the same as one JSON list on standard output",
        "grade.py course notebooks/*.ipynb --github                annotations for a GitHub workflow",
        "grade.py course notebooks/*.ipynb --base origin/main      what a change means for students, too",
    )  # fmt: skip
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="a published .ipynb file, with its solutions")
    add_grading_options(parser, own=True)
    parser.add_argument("--rules", type=Path, metavar="YAML", help="what the course has agreed on")
    parser.add_argument("--accepted", type=Path, metavar="YAML", help="findings that were accepted")
    parser.add_argument("--base", metavar="REF", help="tell what changed since that commit of the git checkout")
    parser.add_argument("--junit", metavar="FILE|-", help="write the findings as JUnit XML; - is standard output")
    parser.add_argument("--github", action="store_true", help="print annotations as GitHub's workflows read them")
    parser.set_defaults(act=_course)


def _course(options: argparse.Namespace) -> int:
    from assay.command.course import course

    return course(options)
