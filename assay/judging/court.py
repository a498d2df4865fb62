"""Decides every automatic criterion of one Run: collects the lesson's checks with pytest and asks each its question."""

from __future__ import annotations

import contextlib
import io
import os
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from assay.judging import originals
from assay.judging.contradictions import answers, contradictions, opened
from assay.judging.exhibits import exhibits
from assay.judging.observations import Work
from assay.judging.plugin import Court

# plugins of pytest that a judge has no use for; each costs some milliseconds a submission
_UNUSED = (
    "xdist", "hypothesispytest", "logging", "unraisableexception", "threadexception", "doctest", "junitxml",
    "faulthandler", "stepwise", "pastebin", "nose", "setuponly", "setupplan", "legacypath",
)  # fmt: skip


def judge(
    evidence: str, checks: str, wanted: list[list[Any]], exercises: list[int], replays: Iterable[dict[str, Any]] = (),
    known: list[Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Outcomes and exhibits of one Run; meant for a fresh process in which no student's code ever ran.

    Args:
        evidence: the folder with facts.jsonl and the safetensors.
        checks: the lesson's checks file.
        wanted: [exercise number, check name] pairs of the rubric.
        exercises: numbers of all exercises, for the exhibits.
        replays: how each replay ended: {"name", "exercise", "state", "reason"}.
        known: the "answers" of an earlier judgement of this Run, so that they need not be computed again.

    Returns:
        {"outcomes": [[exercise, check, outcome], ...], "exhibits": [...], "contradictions": [sentence, ...],
        "answers": [digest, sentences], "seconds": float}

    Raises:
        RuntimeError: pytest did not come to an end of its own; the message holds what it printed.
    """
    heard: list[dict[str, Any]] = []
    court = Court(_pairs(wanted), lambda court: heard.append(_hear(court, evidence, exercises, replays, known)))
    _convene(Path(checks), court)
    return heard[0]


def stand_by(
    serve: Callable[[Callable[..., dict[str, Any]]], None], checks: str, edition: str, wanted: list[list[Any]],
    exercises: list[int], sources: list[str],
) -> None:  # fmt: skip
    """Collect a lesson's checks and read the originals once, then `serve` judging: its children find both ready.

    Args:
        serve: is given what answers for one Run, in a child: `judge` for its folder of evidence and its replays.
        checks, wanted, exercises: as for `judge`.
        edition: digest of the checks, so that changed ones stand by anew.
        sources: repositories of the kit that this lesson's notebooks load.
    """
    for source in sources:
        originals.read_ahead(source)
    court = Court(
        _pairs(wanted),
        lambda court: serve(lambda evidence, replays, known=None: _hear(court, evidence, exercises, replays, known)),
    )
    _convene(Path(checks), court)


def _hear(
    court: Court, evidence: str, exercises: list[int], replays: Iterable[dict[str, Any]], known: list[Any] | None
) -> dict[str, Any]:
    began = time.perf_counter()
    bench, kept = opened(Path(evidence))
    works = {number: Work(bench, number, replays) for number in exercises}
    outcomes = [[number, name, outcome] for (number, name), outcome in court.ask(works).items()]
    again = [str(ending["name"]) for ending in replays]
    asked = answers(bench, kept, known)
    return {
        "outcomes": outcomes, "exhibits": exhibits(works), "answers": asked,
        "contradictions": [*contradictions(bench, kept, again), *asked[1]],
        "seconds": time.perf_counter() - began,
    }  # fmt: skip


def _pairs(wanted: Sequence[Sequence[Any]]) -> list[tuple[int, str]]:
    return [(int(number), str(name)) for number, name in wanted]


def _convene(checks: Path, court: Court) -> None:
    import pytest

    if not court.wanted:  # pytest calls it an error when there is nothing to ask
        court.sit()
        return
    status, printed = _run_pytest(checks, court)
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest ended with {status!r}: {printed[-2000:]}")


def _run_pytest(checks: Path, court: Court) -> tuple[int, str]:
    """pytest's exit status and what it printed."""
    import pytest

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            os.environ.pop(name, None)
        status = pytest.main(_options(checks), plugins=[court])
    return int(status), printed.getvalue()


def _options(checks: Path) -> list[str]:
    """Under pytest settings of our own: the developers' must not decide a student's grade."""
    nothing = Path(os.devnull)
    return [
        str(checks), "-c", str(nothing), "--rootdir", str(nothing.parent), "--noconftest", "-p", "no:cacheprovider",
        *(part for name in _UNUSED for part in ("-p", f"no:{name}")),
        "-o", "python_functions=check_*", "-o", "python_files=*.py",
        # checks raise Failure and never assert: rewriting asserts would compile every module anew in every judge
        "--assert=plain", "-q", "--tb=no", "--no-header", "--import-mode=importlib", "--disable-warnings", "-s",
    ]  # fmt: skip
