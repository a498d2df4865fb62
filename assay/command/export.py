"""`grade.py export`: the marks of a folder of results in the format of another product."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cohort import Row, Settings, standing
from assay.command.regrade import read_results
from assay.command.settled import rows_of, say_who_is_left, settings_in
from assay.course import did_you_mean
from assay.export import export as exported
from assay.failure import Fault, Misuse
from assay.report.words import short_files
from assay.store import NAME, Store


def export(options: argparse.Namespace) -> int:
    """Write all submissions, or the one that was named."""
    rows, settings = _read(options.out)
    if options.submission is not None:
        names = {row.submission for row in rows}
        if options.submission not in names:
            meant = did_you_mean(options.submission, names)
            raise Misuse(f"{options.out} has no submission {options.submission!r}{meant}")
        rows = [row for row in rows if row.submission == options.submission]
    say_who_is_left(rows)
    text = exported(options.format, rows, settings)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        options.output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Fault(f"cannot write {options.output} ({error.strerror}): name another file with --output") from None
    return 0


def _read(out: Path) -> tuple[list[Row], Settings]:
    """The rows of a cohort's folder, or of one that `run --out` wrote, where a file's name is its id."""
    if (out / NAME).is_file():
        with Store(out, writing=False) as store:
            settings = settings_in(store)
            return rows_of(store, settings), settings
    results = read_results(out)
    return standing(dict(zip(short_files(results), results, strict=True)), {}, Settings()), Settings()
