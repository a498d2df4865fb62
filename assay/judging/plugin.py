"""A pytest plugin: hands each check the work of each exercise that the rubric names, and keeps one outcome for each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any, Literal, NoReturn, cast

import pytest

from assay.failure import Failure
from assay.judging.observations import Work

Outcome = dict[str, Any]


class Court:
    """Collects the checks that `wanted` names, as pairs of exercise number and check name without `check_`.

    Once they are collected, `sitting` is called in place of pytest's own loop; it may `ask` as often as it likes, also
    in children of this process.
    """

    def __init__(self, wanted: Iterable[tuple[int, str]], sitting: Callable[[Court], None]) -> None:
        self.wanted = list(wanted)
        self._sitting = sitting
        self._items: list[pytest.Item] = []
        self._works: dict[int, Work] = {}
        self._outcomes: dict[tuple[int, str], Outcome] = {}

    def ask(self, works: dict[int, Work]) -> dict[tuple[int, str], Outcome]:
        """One outcome for each pair of `wanted`, from the work on each exercise."""
        self._works, self._outcomes = works, {}
        for item, following in zip_longest(self._items, self._items[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return self._outcomes

    def sit(self) -> None:
        """Let the sitting ask."""
        self._sitting(self)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One call of a check for each exercise that wants it."""
        name = metafunc.function.__name__.removeprefix("check_")
        numbers = [number for number, check in self.wanted if check == name]
        metafunc.fixturenames.append("work")
        metafunc.parametrize("work", numbers, ids=[str(number) for number in numbers], indirect=True)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """A check that no exercise wants has no number; pytest would skip it."""
        items[:] = [item for item in items if _number(item) is not None]

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Sit; what could not be collected is left to pytest, which says so."""
        if session.testsfailed or not session.items:
            return None
        self._items = session.items
        self.sit()
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """`Failure` is failed, any other exception is unchecked, none is passed. pytest's own report would draw every
        traceback, which nobody reads."""
        error = call.excinfo.value if call.excinfo else None
        number = _number(item)
        if number is not None and (call.when == "call" or error is not None):
            item = cast(pytest.Function, item)
            stumbled = [str(fact.get("what")) for fact in self._works[number].facts("stumble")]
            key = number, item.function.__name__.removeprefix("check_")
            self._outcomes[key] = _outcome(inspect.cleandoc(item.function.__doc__ or ""), error, stumbled)
        outcome: Literal["passed", "failed"] = "passed" if error is None else "failed"
        phase = cast(Literal["setup", "call", "teardown"], call.when)
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, phase)

    @pytest.fixture
    def work(self, request: pytest.FixtureRequest) -> Work:
        """The work on the exercise."""
        return self._works[request.param]

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
    def blends(self, work: Work) -> Any:
        """What each picture was drawn with, once a LoRA adapter had been trained."""
        return work.blends

    @pytest.fixture
    def pictures(self, work: Work) -> Any:
        """The pictures generated so far."""
        return work.pictures

    @pytest.fixture
    def loops(self, work: Work) -> Any:
        """The denoising loops, or a failure when none ran."""
        return work.denoisings or _nothing("no denoising loop ran")

    @pytest.fixture
    def edits(self, work: Work) -> Any:
        """The inpaintings, or a failure when there was none."""
        return work.inpaintings or _nothing("no inpainting ran")


def _number(item: pytest.Item) -> int | None:
    """The exercise for which a check is asked."""
    called = getattr(item, "callspec", None)
    number = called.params.get("work") if called is not None else None
    return number if isinstance(number, int) else None


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
