"""The kit is built once, never half, and never over something else."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assay.failure import Fault, Misuse
from assay.kit import build_kit, ensure_kit
from assay.kit.cache import default_folder

Build = Callable[..., None]


def a_build(counter: list[str]) -> Build:
    """A build that takes a moment, counts itself, and writes the least that is a kit."""

    def run(module: str, arguments: list[str], environment: dict[str, str], on_line: Callable[[str], None]) -> None:
        counter.append(module)
        on_line("a library's own line\n")
        on_line(json.dumps(["Training", 0.5]) + "\n")
        time.sleep(0.05)
        (Path(arguments[1]) / "hub" / "models--a--b" / "snapshots" / str(len(counter))).mkdir(parents=True)

    return run


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    counter: list[str] = []
    monkeypatch.setattr("assay.kit.cache.run_module", a_build(counter))
    return counter


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ASSAY_KIT", str(tmp_path / "kits" / "mine"))
    return tmp_path / "kits" / "mine"


def test_the_first_use_builds_and_the_next_opens(builds: list[str], home: Path) -> None:
    seen: list[tuple[str, float]] = []
    assert ensure_kit(None, lambda what, share: seen.append((what, share))).folder == home
    ensure_kit(None)
    assert builds == ["assay.kit.build"]
    assert seen == [("Training", 0.5)]


def test_two_at_once_build_once(builds: list[str], home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        kits = list(pool.map(lambda _: ensure_kit(None), range(4)))
    assert len(builds) == 1
    assert {kit.folder for kit in kits} == {home}


def test_building_again_replaces_the_whole_kit(builds: list[str], home: Path) -> None:
    build_kit(home)
    build_kit(home, again=True)
    assert [p.name for p in home.glob("hub/*/snapshots/*")] == ["2"]
    assert sorted(p.name for p in home.parent.iterdir()) == [".mine.lock", "mine"]


def test_building_again_never_replaces_another_folder(builds: list[str], home: Path) -> None:
    home.mkdir(parents=True)
    (home / "thesis.txt").write_text("four years")
    with pytest.raises(Misuse, match="is not a kit"):
        build_kit(home, again=True)
    assert (home / "thesis.txt").is_file()


def test_a_failed_build_leaves_nothing_and_the_next_one_succeeds(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def fails(module: str, arguments: list[str], *rest: object) -> None:
        (Path(arguments[1]) / "half").write_text("")
        raise Fault("no space left")

    monkeypatch.setattr("assay.kit.cache.run_module", fails)
    with pytest.raises(Fault):
        ensure_kit(None)
    assert [p.name for p in home.parent.iterdir()] == [".mine.lock"]
    monkeypatch.setattr("assay.kit.cache.run_module", a_build([]))
    assert ensure_kit(None).folder == home


def test_the_rest_of_a_killed_build_is_swept(builds: list[str], home: Path) -> None:
    left_over = home.parent / ".mine.abc.building"
    left_over.mkdir(parents=True)
    ensure_kit(None)
    assert not left_over.exists()


def test_a_place_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ASSAY_KIT", str(tmp_path / "file" / "kit"))
    with pytest.raises(Misuse, match="set ASSAY_KIT"):
        ensure_kit(None)


def test_without_ASSAY_KIT_the_user_s_cache_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # noqa: N802
    monkeypatch.delenv("ASSAY_KIT", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder().parent == tmp_path / "assay"
