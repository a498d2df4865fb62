"""Decides what `cohort` and the commands on its folder can be told."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from assay.command.subcommand import add_command, add_grading_options, add_release_option

if TYPE_CHECKING:
    from assay.command.subcommand import Commands


def add_cohort(commands: Commands) -> None:
    """`grade.py cohort DIR`."""
    parser = add_command(
        commands, "cohort", "grade a folder of submissions; goes on where it was stopped",
        "Grade every .ipynb below DIR; an id is the path below it, and lessons may be mixed. Each result is kept as "
        "soon as there is one: the same command again runs only what is new, has changed, or met a machine's fault.",
        "grade.py cohort submissions --out spring    spring/report.html, gradebook.csv, results.json, store.sqlite",
        "grade.py cohort submissions --jobs 4        four at once, into submissions-graded beside the folder",
        "grade.py cohort submissions --engine dask:tcp://head:8786      on the workers of a cluster",
    )  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of submissions, in any folders below it")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the folder for results (default: DIR-graded)")
    parser.add_argument(
        "--engine", type=_engine, default=("local", ""), metavar="local|dask[:ADDRESS]",
        help="where notebooks run: in this program's own processes (default), or in workers of the Dask scheduler at "
        "ADDRESS, such as dask:tcp://head:8786; without ADDRESS, in Dask workers on this machine",
    )  # fmt: skip
    add_grading_options(parser)
    add_release_option(parser)
    parser.set_defaults(act=_cohort)


def add_export(commands: Commands) -> None:
    """`grade.py export OUT`."""
    parser = add_command(
        commands, "export", "write the marks in the format of another product",
        "Write the marks of OUT to standard output, sorted by submission and lesson, without times and paths: equal "
        "results give equal bytes. Formulas in cells are neutralised. Ids and names come from the roster that "
        "cohort.yaml names; docs/instructors/cohorts.md tells what each product does with the file.",
        "grade.py export spring --format canvas --output canvas.csv",
        "grade.py export spring --format gradescope --submission ada/lora.ipynb > results.json",
    )  # fmt: skip
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder that `cohort` or `run --out` wrote")
    parser.add_argument("--format", choices=("csv", "canvas", "moodle", "gradescope", "junit"), required=True)
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there, and not to standard output")
    parser.add_argument("--submission", metavar="ID", help="this one only; an id is the path below the cohort's folder")
    parser.set_defaults(act=_export)


def add_mark(commands: Commands) -> None:
    """`grade.py mark OUT`."""
    parser = add_command(
        commands, "mark", "enter the points that a person gives",
        "Serve a page on this machine that shows, one by one, the answers and pictures that wait for a person, with a "
        "key for each mark; or, with --set, enter one. Marks stay through later runs and regrades while the notebook "
        "stays as it is, and each change is in the audit of OUT/store.sqlite.",
        "grade.py mark spring                                            the page; Ctrl-C ends it",
        "grade.py mark spring --set ada/lora.ipynb 3 written-observations 1.5",
        "grade.py mark spring --set bo.ipynb 4 CRITERION 0 --comment 'Compares nothing yet.'",
    )  # fmt: skip
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder that `cohort` wrote")
    parser.add_argument(
        "--set", nargs=4, metavar=("ID", "EXERCISE", "CRITERION", "POINTS"),
        help="enter one: the submission's id, the exercise's number, the criterion's id and its points",
    )  # fmt: skip
    parser.add_argument("--comment", metavar="TEXT", help="what the student reads beside the points")
    parser.set_defaults(act=_mark)


def _engine(text: str) -> tuple[str, str]:
    name, colon, address = text.partition(":")
    if name not in ("local", "dask") or (colon and (name == "local" or not address)):
        raise argparse.ArgumentTypeError(f"{text!r} should be local, dask, or dask:ADDRESS, as in dask:tcp://head:8786")
    return name, address


def _mark(options: argparse.Namespace) -> int:
    from assay.command.mark import mark

    return mark(options)


def _export(options: argparse.Namespace) -> int:
    from assay.command.export import export

    return export(options)


def _cohort(options: argparse.Namespace) -> int:
    from assay.command.cohort import cohort

    return cohort(options)
