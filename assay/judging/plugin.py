"""A pytest plugin: hands each check the work of each exercise that the rubric names, and keeps one outcome for each."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, NoReturn, cast

import pytest

from assay.failure import Failure
from assay.judging.observations import Work

Outcome = dict[str, Any]


class Court:
    """`wanted` are (exercise number, check name without `check_`); outcomes are kept under the same pairs."""

    def __init__(self, works: dict[int, Work], wanted: Iterable[tuple[int, str]]) -> None:
        self._works = works
        self._wanted = list(wanted)
        self.outcomes: dict[tuple[int, str], Outcome] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One call of a check for each exercise that wants it."""
        name = metafunc.function.__name__.removeprefix("check_")
        numbers = [number for number, check in self._wanted if check == name]
        metafunc.fixturenames.append("work")
        metafunc.parametrize("work", [self._works[n] for n in numbers], ids=[str(n) for n in numbers])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """`Failure` is failed, any other exception is unchecked, none is passed."""
        report = yield
        error = call.excinfo.value if call.excinfo else None
        if isinstance(item, pytest.Function) and (call.when == "call" or error is not None):
            work = cast(Work, item.callspec.params["work"])
            key = work.number, item.function.__name__.removeprefix("check_")
            self.outcomes[key] = _outcome(item.function.__doc__ or "", error)
        return report

    @pytest.fixture
    def table(self, work: Work) -> Any:
        """The embedding table, or a failure when no text encoder was used."""
        return work.table or _nothing("no text encoder was loaded")

    @pytest.fixture
    def training(self, work: Work) -> Any:
        """The training loop."""
        return work.training

    @pytest.fixture
    def adapter(self, work: Work) -> Any:
        """The LoRA adapter, or a failure when no optimizer was given one."""
        return work.adapter or _nothing("no LoRA parameter of a U-Net was trained")

    @pytest.fixture
    def pictures(self, work: Work) -> Any:
        """The pictures generated so far."""
        return work.pictures


def _nothing(seen: str) -> NoReturn:
    raise Failure(f"{seen} in this exercise")


def _outcome(claim: str, error: BaseException | None) -> Outcome:
    outcome: Outcome = {"state": "passed", "claim": claim.strip().split("\n")[0]}
    if isinstance(error, Failure):
        told = {"seen": error.seen, "help": error.help, "misconception": error.misconception}
        return outcome | {"state": "failed"} | told
    if error is not None:
        return outcome | {"state": "unchecked", "seen": f"this could not be checked ({type(error).__name__}: {error})"}
    return outcome
