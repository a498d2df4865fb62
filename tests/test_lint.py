"""The course's lessons fit each other; and whatever stops fitting is one finding, where it stands, in one sentence."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import command, edit, own_course

from assay.command.lessons import load_lessons
from assay.course import lessons
from assay.judging.plugin import Court
from assay.lint import lint
from assay.lint.code import observations
from assay.lint.replays import pipeline_arguments
from assay.replay.library import PIPELINES

CLIP, TEXT, IMG, LORA, UNET = (
    "clip", "text_conditioning_and_guidance", "img2img_and_inpainting", "lora_finetuning", "conditioning_the_unet",
)  # fmt: skip
INVERSION = "textual_inversion"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of the course with its docs, which a test may break."""
    root = own_course(tmp_path / "course", monkeypatch)
    (root / "docs").mkdir()
    shutil.copytree(Path(__file__).parent.parent / "docs" / "proofs", root / "docs" / "proofs")
    return root


@pytest.mark.parametrize("slug", lessons())
def test_the_files_of_every_lesson_fit(slug):
    found = lint([slug])
    assert [str(one) for one in found if one.severity == "error"] == []
    assert [str(one) for one in found if one.kind != "proofs.undated"] == []


def test_no_lesson_is_a_draft():
    assert not [slug for slug, lesson in load_lessons().items() if lesson.rubric.draft]


def test_it_takes_seconds_and_needs_no_torch():
    code = (
        "import sys; from assay.command import main; main(['lint']); "
        "print([name for name in ('torch', 'diffusers', 'numpy', 'pytest') if name in sys.modules])"
    )
    began = time.process_time(), time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.monotonic() - began[1] < 60  # 4 s on an idle core; this catches what runs a notebook


# file, old text, new text -> kind, severity, words of the sentence; the line is where the new text stands
BROKEN = {
    "a key misspelt": (
        f"rubric/{CLIP}.yaml", "level: guided", "levle: guided", "rubric.unsound", "the key 'levle' is not known",
    ),
    "a companion that is none": (
        f"rubric/{INVERSION}.yaml", "requires: [the_table_grew_by_the_new_tokens]", "requires: [the_table_grew]",
        "rubric.unsound", "'the_table_grew' is no check of this exercise (did you mean",
    ),
    "a check misspelt in the rubric": (
        f"rubric/{INVERSION}.yaml", "check: timesteps_vary", "check: timesteps_varied", "rubric.no-such-check",
        "there is no function check_timesteps_varied in textual_inversion.py (did you mean 'timesteps_vary'?)",
    ),
    "a claim that weighs too much": (
        f"rubric/{INVERSION}.yaml", "table_was_read, points: 0.4", "table_was_read, points: 0.9",
        "rubric.claim-too-heavy", "weighs 20% of its exercise; give it at most 10%",
    ),
    "points that are rounded": (
        f"rubric/{CLIP}.yaml", "points: 0.5}", "points: 0.505}", "rubric.points", "more than two decimals",
    ),
    "conservation that stands alone": (
        f"rubric/{INVERSION}.yaml",
        "{check: clip_unet_and_vae_are_unchanged, points: 0.5, requires: [the_step_moved_the_pseudo_token_row]}",
        "{check: clip_unet_and_vae_are_unchanged, points: 0.5}",
        "rubric.conservation", "is true of a notebook that did nothing",
    ),
    "hidden here and public there": (
        f"rubric/{INVERSION}.yaml", "- {check: timesteps_vary, points: 0.5}",
        "- {check: timesteps_vary, points: 0.5, visibility: hidden}", "rubric.told-elsewhere",
        "hidden here and public in exercise 4",
    ),
    "a value that the reference has not": (
        f"rubric/{CLIP}.yaml", "values: [all_predictions", "values: [all_predicted", "rubric.no-such-name",
        "nothing in the reference is called 'all_predicted' (did you mean",
    ),
    "a value that no check asks for": (
        f"rubric/{CLIP}.yaml", "values: [all_predictions", "values: [batch_size, all_predictions", "rubric.values",
        "no check asks for the value of 'batch_size'",
    ),
    "a length that the reference has not": (
        f"rubric/{CLIP}.yaml", "name: n_test", "name: n_tests", "rubric.no-such-name",
        "'n_tests' (did you mean 'n_test'?)",
    ),
    "a length cut to a list": (
        f"rubric/{CLIP}.yaml", "to: 200", "to: [200]", "rubric.shorten", "nothing sets n_test to a literal like [200]",
    ),
    "a replay that no check looks at": (
        f"rubric/{TEXT}.yaml", "name: hidden_guidance", "name: hidden_guide", "rubric.unused-replay",
        "no check looks at the replay 'hidden_guide'",
    ),
    "a function that the reference has not": (
        f"rubric/{TEXT}.yaml", "call: apply_cfg", "call: apply_cgf", "rubric.replay", "no function 'apply_cgf'",
    ),
    "inputs that a function does not take": (
        f"rubric/{TEXT}.yaml", "noise_cond: {draw: normal, shape: [16]}, guidance_scale: 0}",
        "noise_cond: {draw: normal, shape: [16]}}", "rubric.replay", "does not take noise_uncond, noise_cond;",
    ),
    "a class that the reference has not": (
        f"rubric/{UNET}.yaml", "build: AdaGN", "build: AdaptiveGN", "rubric.replay", "no class 'AdaptiveGN'",
    ),
    "a name that nothing binds when it runs again": (
        f"rubric/{CLIP}.yaml", "temperature: 0.5", "temprature: 0.5", "rubric.replay",
        "neither binds nor reads 'temprature' (did you mean 'temperature'?)",
    ),
    "an argument that no pipeline has": (
        f"rubric/{IMG}.yaml", "mask_image: {draw: mask, kind: empty", "mask_picture: {draw: mask, kind: empty",
        "rubric.replay", "no pipeline takes 'mask_picture' (did you mean 'mask_image'?)",
    ),
    "a pipeline that is none": (
        f"rubric/{IMG}.yaml", "empty, size: 512}, num_inference_steps: 4}", "empty, size: 512}}, only: Pipeline",
        "rubric.replay", "no pipeline 'Pipeline' can be changed",
    ),
    "a check that is no Python": (
        f"checks/{CLIP}.py", "\ndef check_", "\ndef def check_", "checks.unreadable", "not valid Python",
    ),
    "a check without a claim": (
        f"checks/{INVERSION}.py", '"""The timesteps are drawn at random over the schedule."""', "pass",
        "checks.unreadable", "check_timesteps_vary has no docstring",
    ),
    "an observation that is none": (
        f"checks/{INVERSION}.py", "def check_timesteps_vary(training)", "def check_timesteps_vary(trainings)",
        "checks.parameter", "asks for 'trainings', which is no observation (did you mean 'training'?)",
    ),
    "a claim that is none": (
        f"checks/{INVERSION}.py", "    require_varied_timesteps,", "    require_various_timesteps,", "checks.import",
        "assay.claims has no 'require_various_timesteps' (did you mean",
    ),
    "the engine's own words": (
        f"checks/{INVERSION}.py", "import torch\n", "import torch\nimport assay.judging\n", "checks.import",
        "assay.judging is no public word",
    ),
    "a check that never fails": (
        f"checks/{INVERSION}.py", "    require_varied_timesteps(training)", "    training.timesteps",
        "feedback.never-fails", "check_timesteps_vary can never raise Failure",
    ),
    "no help": (
        f"checks/{INVERSION}.py", "    require_varied_timesteps(training)",
        "    raise Failure('x', misconception='y')", "feedback.help", "says what to try, and the rubric has no hint",
    ),
    "no misconception": (
        f"checks/{INVERSION}.py", "    require_varied_timesteps(training)", "    raise Failure('x', help='y')",
        "feedback.misconception", "names the idea",
    ),
    "nothing seen": (
        f"checks/{INVERSION}.py", "    require_varied_timesteps(training)",
        "    raise Failure('', misconception='y', help='z')", "feedback.seen", "does not say what was seen",
    ),
    "an edit that does not fit": (
        f"checks/{IMG}/exercise_1.py", 'STRENGTH = "strength=strength,"', 'STRENGTH = "strength = strength,"',
        "mistakes.fit", "occurs 0 times",
    ),
    "an edit that changes nothing": (
        f"checks/{IMG}/exercise_1.py", 'Edit(STRENGTHS, "strengths = [0.1, 0.5, 0.9]")', "Edit(STRENGTHS, STRENGTHS)",
        "mistakes.fit", "'only three strengths' changes nothing",
    ),
    "an edit that leaves no Python": (
        f"checks/{IMG}/exercise_1.py", "strengths = [0.1, 0.5, 0.9]", "strengths = [",
        "mistakes.python", "'only three strengths' leaves a cell that is no Python",
    ),
    "a criterion that is none": (
        f"checks/{IMG}/exercise_1.py", '"all-runs-begin-from-the-same-noise"', '"all-runs-from-the-same-noise"',
        "mistakes.criterion", "names all-runs-from-the-same-noise, which is no criterion of exercise 1 (did you mean",
    ),
    "two of one name": (
        f"checks/{IMG}/exercise_1.py", '_wrong("no generator"', '_wrong("only three strengths"', "mistakes.name",
        "exercise 1 has 'only three strengths' twice",
    ),
    "data that do not run": (
        f"checks/{IMG}/exercise_1.py", 'STRENGTHS = "', "STRENGTHS = 1 / 0\nOTHER = \"", "mistakes.unreadable",
        "ZeroDivisionError: division by zero",
    ),
    "a rule that fits nothing": (
        f"checks/{INVERSION}/legal.py", "LEGAL = (\n", "LEGAL = (\n    Legal(r'no such line', 'x'),\n", "legal.fit",
        "fits no mutant of the reference",
    ),
    "a rule that is no pattern": (
        f"checks/{INVERSION}/legal.py", "LEGAL = (\n", "LEGAL = (\n    Legal(r'((', 'x'),\n", "legal.pattern",
        "is no pattern",
    ),
    "an exercise that the reference has not": (
        f"reference/{CLIP}.ipynb", "## Exercise 4", "## Task 4", "reference.exercise", "exercise 4 has no heading",
    ),
    "another level": (
        f"reference/{CLIP}.ipynb", "[Supported]", "[Guided]", "reference.level",
        "exercise 3 is guided here and supported in the rubric",
    ),
    "a reference of another lesson": (
        f"reference/{LORA}.ipynb", "# LoRA Fine-Tuning", "# Textual Inversion", "reference.recognised",
        "it would be taken for textual-inversion",
    ),
    "a reference that is no JSON": (
        f"reference/{CLIP}.ipynb", '"cells"', '"cells', "reference.unreadable", "the file is not JSON",
    ),
    "a verdict that is gone": (
        f"checks/{CLIP}/exercise_1.py", '"nothing is normalised"', '"none of them is normalised"', "proofs.gone",
        "declares no 'nothing is normalised' any more",
    ),
    "a mistake that has not run": (
        f"checks/{CLIP}/exercise_1.py", '"nothing is normalised"', '"none of them is normalised"', "proofs.not-run",
        "'none of them is normalised' of exercise 1 has not run",
    ),
    "a verdict that is not as declared": (
        "docs/proofs/clip.json", '"caught": ["predictions-are-the-most-similar-prompts"',
        '"wronged": ["predictions-are-the-most-similar-prompts"', "proofs.broken", "was not judged as it is declared",
    ),
    "a verdict on another declaration": (
        "docs/proofs/clip.json", '"caught": ["the-accuracy-counts-right-predictions"]', '"caught": []', "proofs.older",
        "ran when it was declared otherwise",
    ),
    "a verdict on another notebook": (
        "docs/proofs/clip.json", '"ran": "', '"ran": "0000', "proofs.older",
        "'nothing is normalised' ran as another notebook",
    ),
    "a page that shows something else": (
        "docs/proofs/clip.md", "| 1 |", "|  ", "proofs.page", "does not show what clip.json holds",
    ),
    "verdicts on other criteria": (
        "docs/proofs/clip.json", '[1, "the-similarity-matrix-holds-cosines"]', '[1, "the-matrix-holds-cosines"]',
        "proofs.criteria", "on other criteria than the rubric's",
    ),
    "no YAML": (f"rubric/{CLIP}.yaml", "limits: {", "limits: }", "rubric.unreadable", "correct the YAML there"),
    "a reference that is no Python": (
        f"reference/{INVERSION}.ipynb", '"import torch', '"import import torch', "reference.python", "is no Python",
    ),
    "a mistake of an exercise that is none": (
        f"checks/{IMG}/exercise_1.py", "return Mistake(name, 1,", "return Mistake(name, 9,", "mistakes.exercise",
        "there is no exercise 9",
    ),
    "a criterion that must catch and may not": (
        f"checks/{INVERSION}/mistakes.py", "VARIANTS: tuple",
        "BOTH = frozenset({'timesteps-vary'})\nMISTAKES += (Mistake('both', 3, (), BOTH, BOTH),)\nVARIANTS: tuple",
        "mistakes.criterion", "'both' both must be caught by timesteps-vary and leaves it open",
    ),
    "a mistake that nothing catches": (
        f"checks/{INVERSION}/mistakes.py", "VARIANTS: tuple",
        "MISTAKES += (Mistake('none', 3, (), frozenset()),)\nVARIANTS: tuple", "mistakes.criterion",
        "'none' is caught by no criterion",
    ),
    "rules that do not run": (
        f"checks/{INVERSION}/legal.py", "LEGAL = (", "LEGAL = (1,", "legal.unreadable",
        "LEGAL should be a tuple of Legal",
    ),
    "verdicts that were changed by hand": (
        "docs/proofs/clip.json", '"criteria"', '"criterion"', "proofs.unreadable", "is not as it was written",
    ),
    "something that is left to do": (
        f"checks/{CLIP}.py", "\ndef check_", "\n# TODO: say it better\ndef check_", "left.todo",
        "still to do: say it better",
    ),
}  # fmt: skip
NOTES = {"feedback.misconception", "left.todo"}
WITHOUT_LINE = {
    "reference.exercise",
    "reference.level",
    "reference.recognised",
    "proofs.page",
    "proofs.criteria",
    "proofs.not-run",
    "proofs.unreadable",
    "legal.unreadable",
    "reference.python",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_fit_is_told_where_it_stands(course, name):
    file, old, new, kind, words = BROKEN[name]
    edit(course / file, old, new)
    stem = Path(file).stem if "/" in file and not file.startswith("checks") else file.split("/")[1].removesuffix(".py")
    found = [one for one in lint([stem.replace("_", "-")]) if one.kind == kind]
    assert any(words in one.message for one in found), found
    one = next(one for one in found if words in one.message)
    assert one.severity == ("note" if kind in NOTES else "error")
    assert (one.line is None) == (kind in WITHOUT_LINE)
    assert (course / one.file).is_file()
    assert "\n" not in one.message


CRITERIA = {
    "{check: a, points: 0}": ("rubric.points", "error", "exercise 1 earns no points"),
    "{check: a, points: 0.6}": ("rubric.points", "note", "exercise 1 adds up to 0.6 points"),
    "{check: a, points: 1, visibility: hidden}": (
        "rubric.all-hidden",
        "note",
        "students are told nothing of exercise 1",
    ),
    "{manual: a, claim: It is said., points: 1}": ("rubric.no-check", "note", "nothing of exercise 1 is checked"),
}


@pytest.mark.parametrize("criterion", CRITERIA)
def test_what_an_exercise_is_worth_and_tells(course, criterion):
    path = course / "rubric" / f"{CLIP}.yaml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("    criteria:"), text.index("  - number: 2")
    path.write_text(f"{text[:start]}    criteria:\n      - {criterion}\n{text[end:]}", encoding="utf-8")
    kind, severity, words = CRITERIA[criterion]
    (found,) = [one for one in lint(["clip"]) if one.kind == kind]
    assert (found.severity, words in found.message) == (severity, True)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (f"checks/{CLIP}.py", "checks.unreadable"), (f"checks/{CLIP}/mistakes.py", "mistakes.missing"),
        (f"reference/{CLIP}.ipynb", "reference.missing"), ("docs/proofs/clip.json", "proofs.missing"),
        ("docs/proofs/clip.md", "proofs.page"),
    ],
)  # fmt: skip
def test_a_missing_file_is_told(course, file, kind):
    (course / file).unlink()
    assert [one.severity for one in lint(["clip"]) if one.kind == kind] == ["error"]


def test_a_finding_stands_on_the_line_of_what_is_wrong(course):
    path = course / "rubric" / f"{CLIP}.yaml"
    edit(path, "name: n_test", "name: n_tests")
    (found,) = [one for one in lint(["clip"]) if one.severity == "error"]
    assert found.line is not None
    assert "n_tests" in path.read_text().splitlines()[found.line - 1]


def test_a_criterion_without_a_mistake_is_an_error_and_in_a_draft_a_note(course):
    parts = course / "checks" / CLIP / "exercise_1.py"
    parts.unlink()
    unproven = [one for one in lint(["clip"]) if one.kind == "rubric.unproven"]
    assert {one.severity for one in unproven if "no declared mistake" in one.message} == {"error"}
    assert {one.severity for one in unproven if "no variant" in one.message} == {"note"}
    edit(course / "rubric" / f"{CLIP}.yaml", "title: CLIP", "title: CLIP\ndraft: true")
    drafted = lint(["clip"])
    assert {one.severity for one in drafted if one.kind == "rubric.unproven"} == {"note"}
    assert "draft" in {one.kind.removeprefix("rubric.") for one in drafted}


def test_findings_are_told_in_words_and_for_machines(capsys, course):
    edit(course / "rubric" / f"{CLIP}.yaml", "name: n_test", "name: n_tests")
    ended = command(capsys, "lint", "clip", CLIP)
    assert (ended.code, ended.err) == (1, "")
    assert "rubric/clip.yaml:" in ended.out and ": error: nothing in the reference is called 'n_tests'" in ended.out
    assert ended.out.splitlines()[-1] == "1 lesson, 1 error, 0 notes."
    listed = json.loads(command(capsys, "lint", "--json", "-", "clip").out)
    assert [one["kind"] for one in listed if one["severity"] == "error"] == ["rubric.no-such-name"]
    assert set(listed[0]) == {"lesson", "kind", "severity", "file", "line", "message"}


def test_a_criterion_that_many_mistakes_name_is_told_once(course):
    edit(course / "rubric" / f"{CLIP}.yaml", "check: the_accuracy_counts", "check: the_acuracy_counts")
    told = [one.message for one in lint([CLIP]) if one.kind == "mistakes.criterion"]
    assert len(told) == 1
    assert "the-accuracy-counts-right-predictions" in told[0] and "more mistakes do" in told[0]


def test_notes_alone_are_nothing_wrong(capsys, course):
    # A verdict from before it was kept which notebook ran.
    kept = course / "docs/proofs/clip.json"
    kept.write_text(re.sub(r', "ran": "\w+"', "", kept.read_text(), count=1))
    ended = command(capsys, "lint", "clip")
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "1 lesson, 0 errors, 1 note."


def test_a_lesson_that_is_none_is_refused(capsys):
    ended = command(capsys, "lint", "textual-invention")
    assert ended.code == 2
    assert "(did you mean 'textual-inversion'?)" in ended.err


def test_what_is_read_off_the_source_is_what_is_there():
    assert observations() == {
        name for name, one in vars(Court).items() if type(one).__name__ == "FixtureFunctionDefinition"
    }
    for name in PIPELINES:
        assert {"prompt", "num_inference_steps", "guidance_scale"} < pipeline_arguments(name)
        assert ("mask_image" in pipeline_arguments(name)) == ("Inpaint" in name)
