"""Decides how a subcommand explains itself, and what all that grade notebooks can be told."""

from __future__ import annotations

import argparse
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: Commands, name: str, short: str, text: str, *examples: str) -> argparse.ArgumentParser:
    """A subcommand whose help ends with examples."""
    return commands.add_parser(
        name, help=short, description=textwrap.fill(text, 100),
        epilog="\n".join(["examples:", *(f"  {example}" for example in examples)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip


def add_grading_options(parser: argparse.ArgumentParser, own: bool = False) -> None:
    """The options of a command that runs notebooks; those that are the caller's `own` are trusted."""
    parser.add_argument("--lesson", metavar="SLUG", help="the lesson, when title and headings do not tell it")
    parser.add_argument("--json", metavar="FILE|-", help="write the results as one JSON list; - is standard output")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where notebooks compute (default: auto)"
    )
    parser.add_argument(
        "--gpu-memory", type=_bytes, metavar="SIZE",
        help="what a notebook may use of its GPU, such as 15GB, as if it were a smaller one (default: all of it)",
    )  # fmt: skip
    parser.add_argument(
        "--kit",
        type=Path,
        metavar="KIT",
        help="calibrated (the default), learned, or a folder in the Hugging Face cache layout",
    )
    parser.add_argument(
        "--tier", choices=("auto", "limits", "lockdown", "namespaces"), default="auto",
        help="the walls around a notebook (default: auto, the strongest that this machine offers)",
    )  # fmt: skip
    parser.set_defaults(trust_these_notebooks=own)
    if not own:
        parser.add_argument(
            "--trust-these-notebooks", action="store_true",
            help="run them even if this machine offers only limits, which stop accidents and not malice",
        )  # fmt: skip
    parser.add_argument(
        "--jobs", type=_positive, metavar="N", help="notebooks at once, if memory allows (default: one per core)"
    )


def add_release_option(parser: argparse.ArgumentParser) -> None:
    """The option of a command that writes students' pages."""
    parser.add_argument(
        "--release", choices=("due", "all"),
        help="let students' pages tell criteria that are not public too: due, those with `visibility: after_due_date`; "
        "all, hidden ones as well (default: neither, or what was released in this cohort before)",
    )  # fmt: skip


def _bytes(text: str) -> int:
    from assay.rubric.units import byte_count

    if not re.fullmatch(r"\d+(\.\d+)? ?([kMG]B|[KMG]iB)", text) or not byte_count(text):
        raise argparse.ArgumentTypeError(f"{text!r} should be an amount of memory, such as 15GB")
    return byte_count(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number of at least 1")
    return int(text)
