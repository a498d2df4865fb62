"""`%load_ext assay` and `%check`: what they do in a kernel, and that no failure of ours is ever a student's."""

from __future__ import annotations

import argparse
import atexit
import json
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from assay.failure import Fault, Misuse, Rejected
from assay.live.dice import same_dice
from assay.live.judge import Judge
from assay.live.watching import Watching

_kernels: dict[int, Checker] = {}

LOADED = "assay is watching this kernel: %check tells how your exercises stand, %check 2 how exercise 2 does."
AGAIN = "assay is watching this kernel already."
HELP = """\
%check tells what of this lesson's public criteria holds in this very kernel. Nothing is run again.
  %check                     every exercise
  %check 2                   exercise 2
  %check --notebook FILE     your saved notebook, where it is not found by itself: headings say what an exercise is
  %check --lesson SLUG       the lesson, where nothing tells it
  %check --json FILE         write the result as JSON, too"""


class _Parser(argparse.ArgumentParser):
    """One that never ends the process."""

    def error(self, message: str) -> NoReturn:
        raise Misuse(f"{message}; %check --help says what can be asked")


class Checker:
    """`%check` of one kernel."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._watching = Watching(shell)
        self._judge = Judge(self._watching.folder)

    def begin(self) -> None:
        """Watch, and answer from now on."""
        self._watching.begin()
        self._shell.register_magic_function(self.check, "line", "check")

    def close(self) -> None:
        """Stop watching."""
        atexit.unregister(self.close)
        if not self._watching.is_ours:  # a forked worker of the student's ends, and nothing here belongs to it
            return
        self._judge.close()
        self._watching.close()
        self._shell.magics_manager.magics["line"].pop("check", None)

    def check(self, line: str) -> None:
        """Tell how the exercises of this notebook stand."""
        self._watching.is_checking = True
        try:
            with same_dice():
                self._check(line)
        except (Misuse, Rejected, Fault) as error:
            print(f"%check: {str(error).splitlines()[0]}")
        except KeyboardInterrupt:
            print("%check: stopped.")
        except Exception as error:  # ours, and nothing that a student could mend
            print(f"%check failed by a mistake of its own, and your work is untouched: {type(error).__name__}: {error}")
        finally:
            self._watching.is_checking = False

    def _check(self, line: str) -> None:
        from assay.live.checking import check
        from assay.report.live import as_html, as_text

        options = _parse(line)
        if options is None:
            print(HELP)
            return
        if self._watching.open is not None:  # `%check` at the end of a cell that does something
            self._watching.look()
        view = check(self._watching, self._judge, options.exercise, options.lesson, options.notebook)
        if options.json:
            Path(options.json).expanduser().write_text(json.dumps(view, indent=1), encoding="utf-8")
        exhibits = self._watching.folder / "exhibits.json"
        pictures = json.loads(exhibits.read_text(encoding="utf-8")) if exhibits.is_file() else []
        self._shell.display_pub.publish({"text/plain": as_text(view), "text/html": as_html(view, pictures)})


def _parse(line: str) -> argparse.Namespace | None:
    """What was asked for; None for help.

    Raises:
        Misuse: it cannot be understood.
    """
    parser = _Parser(prog="%check", add_help=False)
    parser.add_argument("exercise", nargs="?", type=int)
    for name in ("--lesson", "--notebook", "--json"):
        parser.add_argument(name)
    parser.add_argument("--help", "-h", action="store_true")
    try:
        options = parser.parse_args(shlex.split(line))
    except ValueError as error:  # a quotation mark that is alone
        raise Misuse(f"{error}; %check --help says what can be asked") from None
    return None if options.help else options


def load(shell: Any) -> None:
    """Begin to watch a kernel; a failure is told in one sentence and leaves the kernel as it was."""
    if id(shell) in _kernels:
        print(AGAIN)
        return
    checker: Checker | None = None
    try:
        with same_dice():
            checker = Checker(shell)
            checker.begin()
            atexit.register(checker.close)
        _kernels[id(shell)] = checker
        print(LOADED)
    except Exception as error:
        if checker is not None:
            with suppress(Exception):
                checker.close()
        sentence = str(error).splitlines()[0] if str(error) else ""
        print(f"assay cannot watch this kernel, which works on as before: {type(error).__name__}: {sentence}")


def unload(shell: Any) -> None:
    """Watch no more."""
    checker = _kernels.pop(id(shell), None)
    if checker is not None:
        with suppress(Exception):
            checker.close()
