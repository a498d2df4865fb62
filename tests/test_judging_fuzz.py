"""Whatever the facts say, the judge answers: no evidence ends it, keeps it busy, or makes it grow.

`ASSAY_FUZZ=1000 python -m pytest tests/test_judging_fuzz.py` looks longer.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fuzzing import BOUNDED, EXAMPLES, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.command.verdict import prepare_judge, replay_endings
from assay.execution.room import Room

pytestmark = pytest.mark.slow

SUBMISSIONS = Path(__file__).parent.parent / "submissions"
# A training and its table; pictures, loops and masks; a pair of encoders.
FILES = ("ada_excellent.ipynb", "sol_pastes_at_the_end.ipynb", "oz_loss_by_rows_only.ipynb")
ROOM = Room(memory_bytes=2 * 2**30, cpu_s=30.0)  # these runs take a second, and a tenth of that
PATIENCE_S = 300.0

numbers = st.sampled_from([-(10**12), -1, 0, 1, 2, 77, 49408, 10**6, 10**9, 10**12, 10**40, -0.5, 1e-300, 1e300])
values = (
    st.none() | st.booleans() | numbers | texts | st.sampled_from(["nan", "inf", "1.1", "torch.float16", "unet1"])
    | st.lists(numbers, max_size=5) | st.lists(st.lists(numbers, max_size=3), max_size=3)
    | st.dictionaries(texts, numbers, max_size=3) | st.just([0] * 10**5) | st.just({str(n): [] for n in range(10**4)})
)  # fmt: skip
shares = st.floats(0, 1, exclude_max=True)  # of however many there are
ways = st.sampled_from(["set", "set everywhere", "drop", "drop everywhere", "swap", "gone", "twice"])
changes = st.lists(st.tuples(ways, shares, shares, shares, values), min_size=1, max_size=8)


@pytest.fixture(scope="module", params=FILES, ids=lambda name: name.split("_")[0])
def run(request, session, tmp_path_factory):
    """An honest run: its lesson, its folder, and its facts."""
    folder = tmp_path_factory.mktemp("run") / "run"
    result = session.grade(str(SUBMISSIONS / request.param), folder, lambda step: None)
    assert result["state"] == "graded"
    (folder / "witness.json").unlink()  # then a line is believed whoever wrote it
    facts = [json.loads(line) for line in (folder / "evidence" / "facts.jsonl").read_bytes().splitlines()]
    return session.lessons[result["lesson"]], folder, facts


def changed(facts, changes):
    """The facts with some values, keys and lines of them replaced; each kind of fact is met as often as any other."""
    facts = [dict(fact) for fact in facts]
    for way, of_kinds, of_facts, of_keys, value in changes:
        kinds = sorted({str(fact.get("kind")) for fact in facts})
        same = [fact for fact in facts if str(fact.get("kind")) == share(kinds, of_kinds)]
        fact = share(same, of_facts)
        key = share(sorted(fact.keys() - {"exercise", "cell"}) or ["kind"], of_keys)
        for one in same if way.endswith("everywhere") else [fact]:
            if way.startswith("set"):
                one[key] = value
            elif way.startswith("drop"):
                one.pop(key, None)
        if way == "swap":  # with what any other fact says there
            fact[key] = share([one[key] for one in facts if key in one] or [None], of_facts)
        elif way == "gone" and len(facts) > 1:
            facts.remove(fact)
        elif way == "twice":
            facts.append(dict(fact))
    return facts


def share(things, part):
    return things[int(part * len(things))]


@settings(BOUNDED, max_examples=max(10, EXAMPLES // 3))  # each takes some tenths of a second
@given(changes)
def test_the_judge_answers(run, warm, tmp_path, changes):
    lesson, folder, facts = run
    hostile = tmp_path / "run"
    if not hostile.is_dir():
        shutil.copytree(folder, hostile)
    lines = [json.dumps(fact).encode("utf-8", "replace") for fact in changed(facts, changes)]
    (hostile / "evidence" / "facts.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    said = prepare_judge(lesson, warm).call(
        PATIENCE_S, room=ROOM, evidence=str(hostile / "evidence"), replays=replay_endings(lesson.rubric, hostile)
    )
    assert {(number, name) for number, name, _ in said["outcomes"]} == {(n, name) for n, name in lesson.wanted}
    assert {outcome["state"] for *_, outcome in said["outcomes"]} <= {"passed", "failed", "unchecked"}
    json.dumps(said, allow_nan=False)
