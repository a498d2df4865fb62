"""The court turns what a check does into one of three states, under no settings but its own."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from assay.judging.court import judge

HEADER = "import warnings\nimport pytest\nfrom assay import Failure\n\n"
FACTS = [
    {"kind": "load", "exercise": 1, "cell": 1, "label": "unet1", "what": "unet", "cls": "X", "source": None,
     "tensors": {}, "plain": None},
    {"kind": "names", "exercise": 2, "cell": 4, "values": {"n": 12}},
]  # fmt: skip


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """The outcome of one check, given as source, on a Run with two facts."""
    monkeypatch.chdir(tmp_path)

    asked = itertools.count()  # one process imports a file of one name once

    def run(source, exercises=(1,), facts=FACTS):
        (tmp_path / "facts.jsonl").write_text("".join(json.dumps(fact) + "\n" for fact in facts))
        checks = tmp_path / f"checks_{next(asked)}.py"
        checks.write_text(HEADER + source)
        answer = judge(str(tmp_path), str(checks), [[n, "it_holds"] for n in exercises], [1, 2])
        outcomes = [outcome for _, name, outcome in answer["outcomes"] if name == "it_holds"]
        assert len(outcomes) == len(exercises)
        return outcomes[0] if len(outcomes) == 1 else outcomes

    return run


CLAIM = '    """It holds."""\n'


def test_a_check_that_returns_has_passed(ask):
    assert ask(f"def check_it_holds(work):\n{CLAIM}") == {"state": "passed", "claim": "It holds."}


def test_a_failure_carries_what_was_seen_and_how_to_go_on(ask):
    raising = "    raise Failure('5 rows moved', misconception='rows are apart', help='Look again.')\n"
    assert ask(f"def check_it_holds(work):\n{CLAIM}{raising}") == {
        "state": "failed",
        "claim": "It holds.",
        "seen": "5 rows moved",
        "misconception": "rows are apart",
        "help": "Look again.",
    }


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("assert work is None", "AssertionError"),
        ("raise LookupError('the kit has none')", "LookupError: the kit has none"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("pytest.fail('no')", "Failed: no"),
        ("pytest.skip('not today')", "Skipped: not today"),
        ("work.facts('load')[0]['nothing']", "KeyError: 'nothing'"),
        ("work.evidence.facts[9]", "IndexError"),
    ],
)
def test_any_other_exception_is_unchecked_and_named(ask, line, named):
    outcome = ask(f"def check_it_holds(work):\n{CLAIM}    {line}\n")
    assert outcome["state"] == "unchecked"
    assert outcome["seen"].startswith("this could not be checked (")
    assert named in outcome["seen"]


def test_an_observation_that_nobody_knows_is_unchecked(ask):
    outcome = ask(f"def check_it_holds(work, tabel):\n{CLAIM}")
    assert (outcome["state"], "FixtureLookupError" in outcome["seen"]) == ("unchecked", True)


@pytest.mark.parametrize(
    ("observation", "seen"),
    [
        ("table", "no text encoder was loaded in this exercise"),
        ("adapter", "no LoRA parameter of a U-Net was trained in this exercise"),
    ],
)
def test_an_observation_that_the_work_lacks_is_a_failure(ask, observation, seen):
    outcome = ask(f"def check_it_holds({observation}):\n{CLAIM}")
    assert (outcome["state"], outcome["seen"]) == ("failed", seen)


def test_a_check_gets_the_work_of_each_exercise_that_wants_it(ask):
    body = '    if work.number == 2: raise Failure(f\'{work.facts("names")[0]["values"]}\')\n'
    first, second = ask(f"def check_it_holds(work):\n{CLAIM}{body}", exercises=(1, 2))
    assert (first["state"], second["state"], second["seen"]) == ("passed", "failed", "{'n': 12}")


def test_checks_that_no_exercise_wants_are_left_out(ask):
    other = "def check_other(work):\n    '''Other.'''\n    1 / 0\n"
    assert ask(f"def check_it_holds(work):\n{CLAIM}\n{other}")["state"] == "passed"


def test_a_claim_is_the_docstrings_first_paragraph_on_one_line(ask):
    source = 'def check_it_holds(work):\n    """It\n    holds.\n\n    For authors.\n    """\n'
    assert ask(source)["claim"] == "It holds."


def test_a_failure_where_the_witness_was_blind_is_for_a_person(ask):
    stumble = {"kind": "stumble", "exercise": 1, "cell": 2, "what": "forward", "error": "X", "label": None}
    outcome = ask(f"def check_it_holds(work):\n{CLAIM}    raise Failure('nothing seen')\n", facts=[*FACTS, stumble])
    assert outcome["state"] == "unchecked"
    assert outcome["seen"].startswith("nothing seen; but this could not be looked at well enough (forward)")
    assert ask(f"def check_it_holds(work):\n{CLAIM}", facts=[*FACTS, stumble])["state"] == "passed"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\nfilterwarnings = error\naddopts = -x --no-such-option\npython_functions = test_*\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\nfilterwarnings = ['error']\naddopts = '--no-such-option'\n"),
        ("tox.ini", "[pytest]\naddopts = --no-such-option\n"),
        ("conftest.py", "raise SystemExit('loaded')\n"),
    ],
)
def test_settings_beside_the_checks_decide_nothing(ask, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert ask(f"def check_it_holds(work):\n{CLAIM}    warnings.warn('old')\n")["state"] == "passed"


def test_settings_in_the_environment_decide_nothing(ask, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "-x -W error --no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    assert ask(f"def check_it_holds(work):\n{CLAIM}    warnings.warn('old')\n")["state"] == "passed"


def test_judging_leaves_the_working_folder_as_it_was(ask):
    here = Path.cwd()
    ask(f"def check_it_holds(work):\n{CLAIM}")
    assert Path.cwd() == here


@pytest.mark.parametrize("source", ["def check_it_holds(work:\n", "import no_such_module\n", "x = 1\n"])
def test_checks_that_cannot_be_asked_are_an_error_and_no_verdict(ask, source):
    with pytest.raises(RuntimeError, match="pytest ended with"):
        ask(source)


def test_checks_that_are_not_there_are_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="pytest ended with"):
        judge(str(tmp_path), str(tmp_path / "none.py"), [[1, "it_holds"]], [1])


def test_nothing_wanted_is_nothing_asked(tmp_path):
    assert judge(str(tmp_path), str(tmp_path / "none.py"), [], [1])["outcomes"] == []
