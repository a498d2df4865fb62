"""A pytest plugin: hands each check the work of each exercise that the rubric names, and keeps one outcome for each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from typing import Any, NoReturn, cast

import pytest

from assay.failure import Failure
from assay.judging.observations import Work

Outcome = dict[str, Any]


class Court:
    """Collects the checks that `wanted` names, as pairs of exercise number and check name without `check_`.

    Once they are collected, `sitting` is called in place of pytest's own loop; it asks, here or in children of this
    process.
    """

    def __init__(self, wanted: Iterable[tuple[int, str]], sitting: Callable[[Court], None]) -> None:
        self.wanted = list(wanted)
        self._sitting = sitting
        self._items: list[pytest.Function] = []
        self._works: dict[int, Work] = {}

    def ask(self, works: dict[int, Work]) -> dict[tuple[int, str], Outcome]:
        """One outcome for each pair of `wanted`, from the work on each exercise."""
        self._works = works
        outcomes: dict[tuple[int, str], Outcome] = {}
        for item, following in zip_longest(self._items, self._items[1:]):
            number, error = _number(item), _error_of(item, following)
            stumbled = [str(fact.get("what")) for fact in works[number].facts("stumble")]
            key = number, item.function.__name__.removeprefix("check_")
            outcomes[key] = _outcome(inspect.cleandoc(item.function.__doc__ or ""), error, stumbled)
        return outcomes

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
        self._items = [item for item in items if isinstance(item, pytest.Function) and _is_wanted(item)]
        items[:] = self._items

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Sit; what could not be collected is left to pytest, which says so."""
        if session.testsfailed or not session.items:
            return None
        self.sit()
        return True

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
    def reversals(self, work: Work) -> Any:
        """The steps of the loops written by hand, or a failure when the U-Net was not asked."""
        return work.reversals or _nothing("the U-Net was not asked for the noise outside a pipeline")

    @pytest.fixture
    def latents(self, work: Work) -> Any:
        """The latents that went through the VAE."""
        return work.latents

    @pytest.fixture
    def contrast(self, work: Work) -> Any:
        """The work with a pair of encoders for pictures and texts."""
        return work.contrast

    @pytest.fixture
    def edits(self, work: Work) -> Any:
        """The inpaintings, or a failure when there was none."""
        return work.inpaintings or _nothing("no inpainting ran")


def _parameters(item: pytest.Function) -> Mapping[str, object]:
    called = getattr(item, "callspec", None)
    return called.params if called is not None else {}


def _is_wanted(item: pytest.Function) -> bool:
    return isinstance(_parameters(item).get("work"), int)  # pytest's own sign stands where there are no numbers


def _number(item: pytest.Function) -> int:
    """The exercise for which a check is asked."""
    return cast(int, _parameters(item)["work"])


def _error_of(item: pytest.Function, following: pytest.Function | None) -> BaseException | None:
    """What a check, or the making of what it looks at, raised. These hooks are all of pytest's own way to run an item
    but its reports, which nobody reads and which draw every traceback."""
    hook = item.config.hook
    try:
        hook.pytest_runtest_setup(item=item)
        hook.pytest_runtest_call(item=item)
    except (KeyboardInterrupt, pytest.exit.Exception):
        raise
    except BaseException as error:
        return error
    finally:
        hook.pytest_runtest_teardown(item=item, nextitem=following)
    return None


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
