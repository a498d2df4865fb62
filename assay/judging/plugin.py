"""A pytest plugin: hands each check the work of each exercise that the rubric names, and keeps one outcome for each."""

from __future__ import annotations

import inspect
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
        work = item.callspec.params["work"] if isinstance(item, pytest.Function) else None
        # a check that no exercise wants is skipped by pytest and comes here without work
        if isinstance(work, Work) and (call.when == "call" or error is not None):
            item = cast(pytest.Function, item)
            key = work.number, item.function.__name__.removeprefix("check_")
            stumbled = [str(fact.get("what")) for fact in work.facts("stumble")]
            self.outcomes[key] = _outcome(inspect.cleandoc(item.function.__doc__ or ""), error, stumbled)
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
    def replays(self, work: Work) -> Any:
        """The replays of the exercise, by name."""
        return work.replays

    @pytest.fixture
    def pictures(self, work: Work) -> Any:
        """The pictures generated so far."""
        return work.pictures


def _nothing(seen: str) -> NoReturn:
    raise Failure(f"{seen} in this exercise")


def _outcome(docstring: str, error: BaseException | None, stumbled: list[str]) -> Outcome:
    """`stumbled` names what the witness could not look at in this exercise: a failure may be our own blindness then."""
    outcome: Outcome = {"state": "passed", "claim": " ".join(docstring.split("\n\n")[0].split())}
    if isinstance(error, Failure) and stumbled:
        seen = f"{error.seen}; but this could not be looked at well enough ({stumbled[0]}), so a person must decide"
        return outcome | {"state": "unchecked", "seen": seen}
    if isinstance(error, Failure):
        told = {"seen": error.seen, "help": error.help, "misconception": error.misconception}
        return outcome | {"state": "failed"} | told
    if error is not None:
        return outcome | {"state": "unchecked", "seen": f"this could not be checked ({type(error).__name__}: {error})"}
    return outcome
