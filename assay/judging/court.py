"""Decides every automatic criterion of one Run: collects the lesson's checks with pytest and asks each its question."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.judging.evidence import Evidence
from assay.judging.exhibits import exhibits
from assay.judging.observations import Work
from assay.judging.plugin import Court

# plugins of pytest that a judge has no use for; each costs some milliseconds a submission
_UNUSED = (
    "xdist", "hypothesispytest", "logging", "unraisableexception", "threadexception", "doctest", "junitxml",
    "faulthandler", "stepwise", "pastebin", "nose", "setuponly", "setupplan", "legacypath",
)  # fmt: skip


def judge(
    evidence: str, checks: str, wanted: list[list[Any]], exercises: list[int], replays: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Outcomes and exhibits of one Run; meant for a fresh process in which no student's code ever ran.

    Args:
        evidence: the folder with facts.jsonl and the safetensors.
        checks: the lesson's checks file.
        wanted: [exercise number, check name] pairs of the rubric.
        exercises: numbers of all exercises, for the exhibits.
        replays: how each replay ended: {"name", "exercise", "state", "reason"}.

    Returns:
        {"outcomes": [[exercise, check, outcome], ...], "exhibits": [...], "seconds": float}

    Raises:
        RuntimeError: pytest did not come to an end of its own; the message holds what it printed.
    """
    began = time.perf_counter()
    bench = Evidence(Path(evidence))
    works = {number: Work(bench, number, replays) for number in exercises}
    court = Court(works, [(int(number), str(name)) for number, name in wanted])
    if wanted:
        _ask(Path(checks), court)
    outcomes = [[number, name, outcome] for (number, name), outcome in court.outcomes.items()]
    return {"outcomes": outcomes, "exhibits": exhibits(works), "seconds": time.perf_counter() - began}


def rehearse() -> int:
    """Run pytest once over nothing, so that the children of this process find everything that it needs imported."""
    with tempfile.TemporaryDirectory() as empty:
        return _run_pytest(Path(empty), Court({}, []))[0]


def _ask(checks: Path, court: Court) -> None:
    import pytest

    status, printed = _run_pytest(checks, court)
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest ended with {status!r}: {printed[-2000:]}")


def _run_pytest(checks: Path, court: Court) -> tuple[int, str]:
    """pytest's exit status and what it printed; it runs in an empty folder."""
    import pytest

    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as root, contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            os.environ.pop(name, None)
        with contextlib.chdir(root):
            status = pytest.main(_options(checks, root), plugins=[court])
    return int(status), printed.getvalue()


def _options(checks: Path, root: str) -> list[str]:
    """Under pytest settings of our own: the developers' must not decide a student's grade."""
    return [
        str(checks), "-c", "/dev/null", "--rootdir", root, "--noconftest", "-p", "no:cacheprovider",
        *(part for name in _UNUSED for part in ("-p", f"no:{name}")),
        "-o", "python_functions=check_*", "-o", "python_files=*.py",
        # checks raise Failure and never assert: rewriting asserts would compile every module anew in every judge
        "--assert=plain", "-q", "--tb=no", "--no-header", "--import-mode=importlib", "--disable-warnings", "-s",
    ]  # fmt: skip
