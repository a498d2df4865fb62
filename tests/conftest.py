"""What several test files share, dear to make: one kit and one warm parent for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.command.lessons import load_lessons, warm_imports
from assay.command.run import start_warm
from assay.command.session import Session
from assay.execution.parent import WarmParent
from assay.kit import Kit, ensure_kit


@pytest.fixture(scope="session")
def kit() -> Kit:
    """The kit in `$ASSAY_KIT` or the user's cache; the first session on a machine builds it, in about a minute."""
    return ensure_kit(None)


@pytest.fixture(scope="session")
def warm(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmParent]:
    """A warm parent on the CPU that has imported what the reference notebooks import."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "runs").mkdir()
    with start_warm(kit, warm_imports(load_lessons()), folder, "cpu") as parent:
        yield parent


@pytest.fixture(autouse=True)
def _warm_parent_goes_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """A command that fails ends its warm parent for good, and here that is every test's: one must not fail them all."""
    yield
    if "warm" in request.fixturenames:
        request.getfixturevalue("warm")._closed = False


@pytest.fixture(scope="session")
def session(kit: Kit, warm: WarmParent) -> Session:
    """What `grade.py run` shares between notebooks."""
    return Session(load_lessons(), None, kit, warm, "fork", "limits", b"the tests' own secret")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--all` plays every attack instead of a sample."""
    parser.addoption("--all", action="store_true", help="play every attack of tests/attacks")
