"""Which walls are chosen, and that one which cannot be had is never replaced in silence by a weaker one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import small_notebook
from engine import run_sections, text_of

from assay.command import main, walls
from assay.command.walls import TRUST, choose_tier
from assay.execution import engine
from assay.execution.parent import clean_environment
from assay.failure import Fault
from assay.sandbox import probe
from assay.sandbox.probe import missing, strongest
from assay.sandbox.territory import survey
from assay.sandbox.tiers import AUTO, LIMITS, LOCKDOWN, NAMESPACES, TIERS, holds

ROOT = Path(__file__).parent.parent
NO_LANDLOCK = "this kernel has no Landlock: use a newer one"


@pytest.fixture
def offers(monkeypatch):
    """Lets the machine offer these tiers and no others."""

    def only(*tiers):
        monkeypatch.setattr(walls, "missing", lambda tier: None if tier in tiers else NO_LANDLOCK)
        monkeypatch.setattr(walls, "strongest", lambda: tiers[-1])

    return only


def test_tiers_grow():
    assert [[holds(tier, least) for least in TIERS] for tier in TIERS] == [
        [True, False, False], [True, True, False], [True, True, True],
    ]  # fmt: skip


def test_auto_takes_the_strongest(offers):
    offers(*TIERS)
    assert choose_tier(AUTO, "fork", trusted=False) == NAMESPACES
    offers(LIMITS, LOCKDOWN)
    assert choose_tier(AUTO, "fork", trusted=False) == LOCKDOWN


def test_limits_alone_are_refused_with_the_missing_wall_and_the_way_out(offers):
    offers(LIMITS)
    with pytest.raises(Fault) as refusal:
        choose_tier(AUTO, "fork", trusted=False)
    assert NO_LANDLOCK in str(refusal.value)
    assert TRUST in str(refusal.value)
    assert choose_tier(AUTO, "fork", trusted=True) == LIMITS


def test_limits_that_were_asked_for_need_trust_too(offers):
    offers(*TIERS)
    with pytest.raises(Fault, match=TRUST):
        choose_tier(LIMITS, "fork", trusted=False)
    assert choose_tier(LIMITS, "fork", trusted=True) == LIMITS


@pytest.mark.parametrize("tier", [LOCKDOWN, NAMESPACES])
def test_a_tier_that_cannot_be_had_is_a_fault_even_with_trust(offers, tier):
    offers(LIMITS)
    with pytest.raises(Fault, match=NO_LANDLOCK):
        choose_tier(tier, "fork", trusted=True)


def test_a_kernel_of_jupyters_has_limits_only(offers):
    offers(*TIERS)
    with pytest.raises(Fault, match="sockets"):
        choose_tier(AUTO, "nbclient", trusted=False)
    with pytest.raises(Fault, match="sockets"):
        choose_tier(LOCKDOWN, "nbclient", trusted=True)
    assert choose_tier(AUTO, "nbclient", trusted=True) == LIMITS


def test_the_command_refuses_before_anything_is_imported_or_built(offers, capsys, monkeypatch, tmp_path):
    offers(LIMITS)
    for dear in ("ensure_kit", "start_warm"):
        monkeypatch.setattr(f"assay.command.run.{dear}", lambda *_: pytest.fail("too late"))
    assert main(["run", str(small_notebook(tmp_path / "mine.ipynb", "x = 1"))]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("grade.py: other people's notebooks")
    assert NO_LANDLOCK in line


def test_what_fails_behind_the_probe_is_a_fault_of_the_machine(warm, kit, tmp_path, monkeypatch):
    """A tier is entered again for each notebook; that it could be had once is no promise."""
    if missing(LOCKDOWN) is not None:
        pytest.skip(f"this machine does not offer lockdown: {missing(LOCKDOWN)}")
    if os.getuid() != 0:
        pytest.skip("only root gives up being somebody")
    engine._needed.cache_clear()
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setenv("LD_LIBRARY_PATH", str(closed))
    closed.chmod(0o700)
    with pytest.raises(Fault, match="unprivileged user when root grades, and that user cannot read") as fault:
        run_sections(warm, kit.folder, tmp_path / "run", [["x = 1"]], tier=LOCKDOWN)
    engine._needed.cache_clear()
    assert str(closed) in str(fault.value)


def test_a_system_without_walls_says_so(monkeypatch):
    monkeypatch.setattr(probe.sys, "platform", "darwin")
    for tier in (LOCKDOWN, NAMESPACES):
        assert "exist on Linux only" in probe.missing.__wrapped__(tier)
    assert probe.missing.__wrapped__(LIMITS) is None


def test_a_processor_whose_calls_are_not_known_gets_no_lockdown(monkeypatch):
    from assay.sandbox import syscalls
    from assay.sandbox import walls as entrance

    monkeypatch.setattr(syscalls, "machine", lambda: "riscv64")
    with pytest.raises(Fault, match="x86_64 and aarch64 only"):
        entrance._require_possible()


def test_a_kernel_without_landlock_gets_no_lockdown(monkeypatch):
    from assay.sandbox import landlock
    from assay.sandbox import walls as entrance

    for abi in (0, 2):
        monkeypatch.setattr(landlock, "version", lambda abi=abi: abi)
        with pytest.raises(Fault, match=r"Linux 6\.2"):
            entrance._require_possible()


def test_the_probe_leaves_nothing_behind_and_agrees_with_itself(tmp_path):
    environment = clean_environment({}) | {"TMPDIR": str(tmp_path)}
    code = "from assay.sandbox.probe import missing, TIERS\nprint([missing(t) is None for t in TIERS])"
    tmp_path.chmod(0o711)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([missing(tier) is None for tier in TIERS])
    assert list(tmp_path.iterdir()) == []
    assert missing(strongest()) is None


class TestTerritory:
    """What is read, what is only listed, what is neither."""

    def make(self, tmp_path):
        for name in ("lib/a.py", "lib/secret/b.py", "lib/secret/kept/c.py", "lib/deep/down/d.py"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("x")
        return tmp_path / "lib"

    def allowed(self, territory, path):
        return any(path.is_relative_to(readable) for readable in territory.readable)

    def test_without_anything_hidden_folders_are_read_whole(self, tmp_path):
        lib = self.make(tmp_path)
        territory = survey((lib,))
        assert str(lib) in territory.readable
        assert str(lib) in territory.places
        assert (territory.listed, territory.covered) == ((), ())
        assert not self.allowed(territory, tmp_path)

    def test_what_is_hidden_is_left_out_and_all_beside_it_stays(self, tmp_path):
        lib = self.make(tmp_path)
        territory = survey((lib, lib / "secret" / "kept"), (lib / "secret", lib / "deep" / "down"))
        assert self.allowed(territory, lib / "a.py")
        assert not self.allowed(territory, lib / "secret" / "b.py")
        assert self.allowed(territory, lib / "secret" / "kept" / "c.py")
        assert not self.allowed(territory, lib / "deep" / "down" / "d.py")
        assert territory.listed == (str(lib), str(lib / "deep"))
        assert set(territory.covered) == {str(lib / "secret"), str(lib / "deep" / "down")}
        assert {str(lib), str(lib / "secret" / "kept")} <= set(territory.places)

    def test_hiding_what_holds_everything_hides_nothing_that_is_needed(self, tmp_path):
        lib = self.make(tmp_path)
        territory = survey((lib, lib / "deep"), (tmp_path,))
        assert self.allowed(territory, lib / "secret" / "b.py")
        assert territory.covered == ()
        assert str(lib / "deep") not in territory.places  # it comes with the folder above it

    def test_settings_homes_and_the_course_are_not_in_it(self):
        territory = survey((ROOT / "assay",))
        for place in ("/etc/passwd", "/etc/shadow", "/root/.ssh", "/home", ROOT / "rubric", ROOT / ".git"):
            assert not self.allowed(territory, Path(place))


@pytest.mark.parametrize("tier", [LOCKDOWN, NAMESPACES])
def test_what_is_hidden_cannot_be_read_below_what_is_needed(warm, kit, tmp_path, tier):
    if (why := missing(tier)) is not None:
        pytest.skip(f"this machine does not offer {tier}: {why}")
    seen, secret = sorted(kit.folder.glob("hub/models--openai*/refs/main"))
    look = f"""
for place in {str(secret)!r}, {str(seen)!r}:
    try:
        print(len(open(place).read()))
    except OSError as error:
        print(type(error).__name__)
"""
    run = run_sections(warm, kit.folder, tmp_path / "run", [[look]], tier=tier, hidden=(secret.parent.parent,))
    refusal, read = text_of(run, 0).splitlines()
    assert (refusal in ("PermissionError", "FileNotFoundError"), read) == (True, "40")


@pytest.mark.parametrize("tier", [LOCKDOWN, NAMESPACES])
def test_what_is_hidden_stays_so_below_a_folder_that_is_written(warm, kit, tmp_path, tier, monkeypatch):
    """As where Python itself lies below /tmp."""
    if (why := missing(tier)) is not None:
        pytest.skip(f"this machine does not offer {tier}: {why}")
    if not tmp_path.is_relative_to("/tmp"):
        pytest.skip("pytest's folders are elsewhere")
    lib = TestTerritory().make(tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(lib))
    engine._needed.cache_clear()
    look = f"""
for name in "a.py", "secret/b.py", "secret/kept/c.py", "deep/down/d.py":
    for how in "r", "a":
        try:
            open({str(lib)!r} + "/" + name, how).close()
            print(name, how)
        except OSError as error:
            pass
"""
    run = run_sections(warm, kit.folder, tmp_path / "run", [[look]], tier=tier, hidden=(lib / "secret",))
    engine._needed.cache_clear()
    assert text_of(run, 0).splitlines() == ["a.py r", "deep/down/d.py r"]
