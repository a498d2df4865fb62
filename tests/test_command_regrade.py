"""`grade.py regrade`: today's rubric and checks on stored runs; nothing is executed again."""

from __future__ import annotations

import contextlib
import json

import pytest
from commands import command, edit, forbid_execution, own_course, small_notebook

from assay.rubric import validate_result

READ = """
import torch
from transformers import CLIPTextModel, CLIPTokenizer
MODEL = 'stable-diffusion-v1-5/stable-diffusion-v1-5'
tokenizer = CLIPTokenizer.from_pretrained(MODEL, subfolder='tokenizer')
text_encoder = CLIPTextModel.from_pretrained(MODEL, subfolder='text_encoder')
table = text_encoder.get_input_embeddings().weight
rows = [table[tokenizer.encode(word, add_special_tokens=False)[0]] for word in ('cat', 'dog')]
torch.nn.functional.cosine_similarity(*rows, dim=0)
"""


@pytest.fixture
def _warm(warm, monkeypatch):
    """The session's warm parent, instead of one for each command."""
    for module in ("run", "regrade"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", lambda *_: contextlib.nullcontext(warm))


@pytest.fixture
def graded(capsys, _warm, tmp_path, monkeypatch):
    """A copy of the course, and a folder with three results graded by it: a fair one, an empty one, a rejected one."""
    root = own_course(tmp_path / "course", monkeypatch)
    files = [small_notebook(tmp_path / f"{name}.ipynb", source) for name, source in (("b", READ), ("a", "x = 1"))]
    (tmp_path / "c.ipynb").write_text("no notebook")
    assert command(capsys, "run", *files, tmp_path / "c.ipynb", "--out", tmp_path / "out").code == 0
    return root, tmp_path / "out"


@pytest.fixture
def nothing_executes(monkeypatch):
    forbid_execution(monkeypatch)


def results_in(out):
    results = json.loads((out / "results.json").read_text())
    for result in results:
        validate_result(result)
    return results


def without_times(results):
    return [{key: value for key, value in result.items() if key != "seconds"} for result in results]


def test_nothing_changed_gives_the_same_results(capsys, graded, nothing_executes):
    _, out = graded
    before = results_in(out)
    assert command(capsys, "regrade", out).code == 0
    after = results_in(out)
    assert without_times(after) == without_times(before)
    assert [r["seconds"]["total"] for r in after] == [r["seconds"]["total"] for r in before]
    assert after[0]["score"] == 1.8


def test_changed_points_count(capsys, graded, nothing_executes):
    root, out = graded
    before = results_in(out)
    edit(root / "rubric" / "textual_inversion.yaml", "similarities_are_cosines_of_rows, points: 1.4,",
         "similarities_are_cosines_of_rows, points: 7.4,")  # fmt: skip
    assert command(capsys, "regrade", out).code == 0
    after = results_in(out)
    assert [r["score"] for r in after] == [before[0]["score"] + 6, before[1]["score"], None]
    assert after[0]["max_score"] == before[0]["max_score"] + 6
    assert "7.8" in (out / "gradebook.csv").read_text()


def test_a_changed_check_decides_anew(capsys, graded, nothing_executes):
    root, out = graded
    claim = '"""The embedding table was loaded and the ids of several words were looked up."""\n'
    edit(root / "checks" / "textual_inversion.py", claim, claim + "    raise Failure('of another mind')\n")
    assert command(capsys, "regrade", out).code == 0
    criterion = results_in(out)[0]["exercises"][0]["criteria"][0]
    assert (criterion["state"], criterion["seen"], criterion["score"]) == ("failed", "of another mind", 0.0)


def test_a_judge_that_fails_is_a_fault_until_it_is_mended(capsys, graded, nothing_executes):
    root, out = graded
    before = results_in(out)
    checks = root / "checks" / "textual_inversion.py"
    edit(checks, "from assay import Failure\n", "from assay import Failure\nimport no_such_module\n")
    assert command(capsys, "regrade", out).code == 3
    assert [r["state"] for r in results_in(out)] == ["fault", "fault", "rejected"]
    edit(checks, "import no_such_module\n", "")
    assert command(capsys, "regrade", out).code == 0
    assert without_times(results_in(out)) == without_times(before)


def test_a_rubric_that_is_not_sound_leaves_the_results_alone(capsys, graded):
    root, out = graded
    before = (out / "results.json").read_bytes()
    edit(root / "rubric" / "textual_inversion.yaml", "check: timesteps_vary", "check: timestep_varies")
    ended = command(capsys, "regrade", out)
    assert (ended.code, (out / "results.json").read_bytes()) == (2, before)
    assert "did you mean 'timesteps_vary'?" in ended.err


def test_runs_of_another_kit_are_refused(capsys, graded):
    _, out = graded
    before = (out / "results.json").read_bytes()
    for path in out.glob("runs/*/run.json"):
        record = json.loads(path.read_text())
        record["runner"]["kit"] = "another 0123456789ab"
        path.write_text(json.dumps(record))
    ended = command(capsys, "regrade", out)
    assert (ended.code, (out / "results.json").read_bytes()) == (2, before)
    assert "was made with the kit another 0123456789ab" in ended.err


def test_evidence_that_was_changed_is_for_a_person(capsys, graded, nothing_executes):
    _, out = graded
    before = results_in(out)[0]
    with (out / "runs" / "b" / "evidence" / "facts.jsonl").open("a") as file:
        file.write('{"kind": "ids", "exercise": 1, "cell": 3, "ids": [320, 1125]}\n')
    assert command(capsys, "regrade", out).code == 4
    after = results_in(out)[0]
    assert (before["state"], after["state"], after["score"]) == ("graded", "tampered", None)
    assert after["exercises"] == before["exercises"]
    assert "A person must look" in after["reason"]
    assert after["notes"][-1].startswith("evidence/facts.jsonl: 1 lines were not written by the witness")
