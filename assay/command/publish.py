"""Decides what a command leaves of its results: a table, results.json, the gradebook and the page of all."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from assay.failure import Fault, Misuse

Result = dict[str, Any]


class Written(Protocol):
    """The pages that results lead to."""

    def links(self) -> list[str | None]:
        """Each page's address below the folder of results, once all are written."""
        ...


def publish(
    results: list[Result], pages: Written, out: Path | None, json_to: str | None, ids: list[str] | None = None
) -> None:
    """Print the results, and write results.json, the page of all and the gradebook where that was asked for; `ids` name
    a cohort's submissions."""
    from rich.console import Console

    from assay.report import print_results

    text = _as_json(results)
    console = Console(stderr=json_to == "-")
    print_results(results, console)
    if out is not None:
        named = results if ids is None else [result | {"id": name} for result, name in zip(results, ids, strict=True)]
        page = _write_files(text, named, pages, out)
        console.print(f"Reports: {page}", markup=False, highlight=False, soft_wrap=True)
    _hand_out(text, json_to)


def show(results: list[Result], json_to: str | None) -> None:
    """Print each result in full, and write all as JSON where that was asked for; nothing else is kept."""
    from rich.console import Console

    from assay.report import print_results

    console = Console(stderr=json_to == "-")
    for number, result in enumerate(results):
        if number:
            console.print()
        print_results([result], console)
    _hand_out(_as_json(results), json_to)


def _as_json(results: list[Result]) -> str:
    """A file's name or a student's token may hold half a surrogate pair, which no encoding can write."""
    return json.dumps(results, indent=1, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _hand_out(text: str, json_to: str | None) -> None:
    if json_to == "-":
        sys.stdout.write(text)
    elif json_to:
        try:
            Path(json_to).write_text(text, encoding="utf-8")
        except OSError as error:
            raise Misuse(f"cannot write {json_to} ({error.strerror}): name another file with --json") from None


def _write_files(text: str, results: list[Result], pages: Written, out: Path) -> Path:
    from assay.report import write_summary
    from assay.report.files import write_text

    with writing_into(out):
        write_text(out / "results.json", text)
        return write_summary(results, pages.links(), out)


def write_gradebook(out: Path, text: str) -> None:
    """Write the gradebook of a cohort, which knows more than that of single files."""
    from assay.report.files import write_text

    with writing_into(out):
        write_text(out / "gradebook.csv", text)


@contextmanager
def writing_into(out: Path) -> Iterator[None]:
    """Turns a failure to write below `out` into one sentence."""
    try:
        yield
    except OSError as error:
        raise Fault(
            f"the results cannot be written into {out} ({error.strerror}): make room or give the right to write there, "
            "and run the same command again"
        ) from None
