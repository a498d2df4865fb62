"""Decides what the command line means, and how the program ends: 0 done, 1 wrong, 2 misuse, 3 fault, 4 tampering."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from assay.command.author_usage import add_authors_commands
from assay.command.cohort_usage import add_cohort, add_export, add_mark
from assay.command.course_usage import add_course
from assay.command.subcommand import add_command, add_grading_options, add_release_option
from assay.command.version import CHECKOUT, version
from assay.failure import Fault, Misuse, Rejected

MISUSE, FAULT = 2, 3
SWITCH_S = 0.001  # while pages are drawn, whoever follows a notebook waits so long for each step; Python's own is 5 ms
atexit.register(gc.freeze)  # Python's last look for garbage takes 0.1 s once the drawing library is there

DESCRIPTION = """\
Grades machine-learning notebooks by what the libraries really did: which weights changed, what had a gradient, what
the loss compared. Nothing has to be installed in the notebook, and no student's code runs where grades are decided."""

EXAMPLES = """\
examples:
  grade.py run submissions/*.ipynb --out results    grade a folder; open results/report.html afterwards
  grade.py check mine.ipynb                         your own, before you hand it in
  grade.py run mine.ipynb --json -                  the result as JSON on standard output
  grade.py cohort submissions --out spring          the same for hundreds; goes on where it was stopped
  grade.py regrade results                          judge stored runs again after changing a rubric or a check
  grade.py kit build                                prepare the stand-in models now instead of at the first run
  grade.py lint                                     whether the files of every lesson fit each other

exit codes: 0 every file has a result, whatever the marks; 1 what check, course, lint, doctor or kit verify looked at
is not right; 2 wrong usage or rubric; 3 a fault of this machine; 4 tampering was flagged."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Never shows a traceback for what a person can mend."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    sys.setswitchinterval(SWITCH_S)
    try:
        return int(options.act(options))
    except (Misuse, Rejected) as error:
        print(f"grade.py: {error}", file=sys.stderr)
        return MISUSE
    except Fault as error:
        print(f"grade.py: {error}", file=sys.stderr)
        return FAULT
    except KeyboardInterrupt:
        print("grade.py: stopped; what is graded is kept, and `cohort` goes on from there.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def make_parser() -> argparse.ArgumentParser:
    """The parser of every subcommand; each stores the function that carries it out as `act`."""
    parser = argparse.ArgumentParser(
        prog="grade.py", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=_shown_version())
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_check(commands)
    add_cohort(commands)
    add_course(commands)
    _add_regrade(commands)
    add_export(commands)
    add_mark(commands)
    _add_kit(commands)
    add_authors_commands(commands)
    _add_package(commands)
    _add_doctor(commands)
    return parser


def _shown_version() -> str:
    found = version()
    return f"assay, {found}" if found == CHECKOUT else f"assay {found}"


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(
        commands, "run", "grade notebooks",
        "Grade notebooks. Each one runs in processes of its own; a crash or a hang costs only the exercise that it "
        "happens in.",
        "grade.py run submissions/*.ipynb --out results    reports, gradebook.csv and results.json",
        "grade.py run mine.ipynb --json -                  one JSON list on standard output, nothing else",
        "grade.py run renamed.ipynb --lesson textual-inversion",
    )  # fmt: skip
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="an .ipynb file, completed or not")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write reports, gradebook and results.json there")
    add_grading_options(parser)
    parser.add_argument(
        "--runner", choices=("fork", "nbclient"), default="fork",
        help="fork: children of a warm process (default); nbclient: a fresh Jupyter kernel each, slow, for comparison",
    )  # fmt: skip
    add_release_option(parser)
    parser.set_defaults(act=_run)


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(
        commands, "check", "check your own notebook before you hand it in",
        "Run a notebook and tell, exercise by exercise, which public criteria hold, what was seen where one does not, "
        "and what to try. It is judged as the course judges it; nothing is kept and nothing is sent anywhere. Exit "
        "code 1 when a public criterion fails.",
        "grade.py check mine.ipynb",
        "grade.py check mine.ipynb --watch     again whenever you save it, from the first changed cell on",
        "grade.py check mine.ipynb --json -    the same as one JSON list on standard output",
        "%load_ext assay, then %check          inside a notebook: what its kernel has done, nothing is run again",
    )  # fmt: skip
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="an .ipynb file, completed or not")
    parser.add_argument(
        "--watch", action="store_true",
        help="one notebook of your own: check it again on every save, and run nothing that stands before the change",
    )  # fmt: skip
    add_grading_options(parser, own=True)
    parser.set_defaults(act=_check)


def _add_regrade(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(
        commands, "regrade", "judge stored runs again, without executing anything",
        "Judge the runs in OUT again with today's rubric and checks. No notebook is executed, and marks that people "
        "entered stay.",
        "grade.py regrade results                  after changing points, hints or a check",
        "grade.py regrade results --release due    after the due date: students' pages tell what waited for it",
    )  # fmt: skip
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder that `run --out` or `cohort` wrote")
    parser.add_argument("--kit", type=Path, metavar="DIR", help="the kit that the runs were made with")
    add_release_option(parser)
    parser.set_defaults(act=_regrade)


def _add_kit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(
        commands, "kit", "the stand-in models, data sets and pictures",
        "The kit is what a notebook finds when it asks for Stable Diffusion: small models of the real classes, with "
        "CLIP's real vocabulary, in the Hugging Face cache layout.",
        "grade.py kit build                  make it now; otherwise the first run does",
        "grade.py kit verify --figures       check every digest, load everything, measure the calibration",
        "grade.py kit show --kit learned     pictures of what is in it and what it draws: kit.png",
        "grade.py kit build --train WORK     train the learned kit's weights from nothing, in WORK (hours)",
    )  # fmt: skip
    parser.add_argument(
        "what", choices=("build", "verify", "show"),
        help="build: make it now; verify: check digests and load everything; show: draw a contact sheet",
    )  # fmt: skip
    parser.add_argument("--kit", type=Path, metavar="KIT", help="calibrated (the default), learned, or another folder")
    parser.add_argument("--train", type=Path, metavar="WORK", help="build: train the learned kit's weights anew")
    parser.add_argument("--figures", action="store_true", help="verify: measure what it can do (learned: 20 minutes)")
    parser.add_argument("--out", type=Path, default=Path("kit.png"), help="show: the picture to write (kit.png)")
    parser.set_defaults(act=_kit)


def _add_package(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(
        commands, "package", "build what students install to check themselves",
        "Build a wheel of the engine with one lesson's public criteria, for `check` and `%check` on students' own "
        "machines. Hidden criteria, their checks, hints and replays, the reference notebook, and the mistakes and "
        "variants stay at home.",
        "grade.py package textual-inversion --public --out dist",
    )  # fmt: skip
    parser.add_argument("lesson", metavar="LESSON", help="the lesson's slug, such as textual-inversion")
    parser.add_argument("--public", action="store_true", help="only what students may see; there is no other kind")
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path("dist"), help="where to write it (dist)")
    parser.set_defaults(act=_package)


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(
        commands, "doctor", "try every wall around notebooks on this machine, and look at what assay needs",
        "Attempts what a notebook must not do (read and write outside, connect, signal, trace, fork, fill the disk, "
        "leave a process behind) at every tier, in processes that are thrown away, and says which walls hold. Exit "
        "code 1 when one does not hold that its tier promises.",
        "grade.py doctor             in words, about a minute",
        "grade.py doctor --json -    the same as one JSON document on standard output",
        "grade.py doctor --claims    which criteria rest on what a notebook's own process said, and what they weigh",
    )  # fmt: skip
    parser.add_argument("--json", metavar="FILE|-", help="write the findings as JSON; - is standard output")
    parser.add_argument("--claims", action="store_true", help="list the criteria that nothing recomputes, try nothing")
    parser.add_argument("--kit", type=Path, metavar="KIT", help="calibrated (the default), learned, or another folder")
    parser.set_defaults(act=_doctor)


def _run(options: argparse.Namespace) -> int:
    from assay.command.run import run

    return run(options)


def _check(options: argparse.Namespace) -> int:
    if options.watch:
        from assay.command.watch import watch

        return watch(options)
    from assay.command.check import check

    return check(options)


def _regrade(options: argparse.Namespace) -> int:
    from assay.command.regrade import regrade

    return regrade(options)


def _kit(options: argparse.Namespace) -> int:
    from assay.command.kit import kit

    return kit(options)


def _package(options: argparse.Namespace) -> int:
    from assay.command.package import package

    return package(options)


def _doctor(options: argparse.Namespace) -> int:
    if options.claims:
        from assay.command.claims import show_claims

        return show_claims(options.json)
    from assay.command.doctor import doctor

    return doctor(options)
