"""Evidence that proves nothing earns nothing: for every check of every lesson, and for the whole rubric at once.

One run of each lesson's reference notebook, with small pictures, is graded with full marks. Then its tensors are
replaced by zeros, ones, NaN, infinities, nothing, and single numbers, and its facts are taken away.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nulls import EVERY, NULLS, copy_of

from assay.command.session import Session
from assay.command.verdict import replay_endings
from assay.course import lesson_files, lessons
from assay.execution.parent import WarmParent
from assay.proof import source_of
from assay.rubric import ExerciseState, Outcome, Rubric, score_exercises

pytestmark = pytest.mark.slow

Earned = set[tuple[int, str]]

# Smaller pictures and fewer denoising steps: what is judged stays, what takes long goes.
SMALLER = {
    "textual-inversion": (
        ("512, 512", "256, 256"),
        ("Resize(512)", "Resize(256)"),
        ("CenterCrop(512)", "CenterCrop(256)"),
        ("num_inference_steps=20", "num_inference_steps=2, height=256, width=256"),
    )
}
FORWARD, TARGET = "the-noisy-latent-follows-the-forward-process", "the-loss-target-is-the-noise"
LEARNED, MOVED = "the-pseudo-token-row-learned", "the-step-moved-the-pseudo-token-row"
ROWS_3 = ("only-the-pseudo-token-rows-changed", "a-prompt-without-the-token-is-unaffected",
          "clip-transformer-is-unchanged", "unet-and-vae-are-unchanged")  # fmt: skip
TRAINED = {(number, FORWARD) for number in (2, 3, 4)} | {(number, TARGET) for number in (2, 3, 4)}
PICTURES = {(3, "pictures-with-and-without-the-token"), (4, "both-methods-share-prompts-and-seeds")}
ROWS = {(1, "the-new-row-is-initialised"), (2, MOVED), (2, "only-the-pseudo-token-rows-changed"),
        (2, "clip-unet-and-vae-are-unchanged"), (3, LEARNED), *((3, name) for name in ROWS_3)}  # fmt: skip

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON: dict[str, dict[str, Earned]] = {
    "textual-inversion": {
        "sample": TRAINED | PICTURES,
        "mean": TRAINED,
        "prediction": {pair for pair in TRAINED if pair[1] == TARGET},
        "gradient": {pair for pair in TRAINED if pair[1] == TARGET},
        "new_values": ROWS,
        "plain": {(3, "a-prompt-without-the-token-is-unaffected")},
        EVERY: TRAINED | PICTURES | ROWS,
    }
}
LOADS = {"load", "tokenizer"}
# One kind of facts alone is no work; these say what little a kind proves by itself.
PROVED_ALONE: dict[str, dict[str, Earned]] = {
    "textual-inversion": {
        "ids": {(1, "the-embedding-table-was-read")},
        "cosine": {(1, "similarities-are-cosines-of-rows")},
    }
}
# What rests on digests, ids and norms that the student's process wrote down: claims, in so far as it can be forged.
CLAIMED: dict[str, Earned] = {
    "textual-inversion": {
        (1, "the-embedding-table-was-read"),
        (1, "similarities-are-cosines-of-rows"),
        (1, "the-table-grew-by-the-new-tokens"),
        (1, "existing-rows-and-transformer-are-unchanged"),
        (2, "the-pseudo-token-was-added"),
        (2, "gradients-reach-exactly-the-prompts-rows"),
        (2, "frozen-parts-have-no-gradient"),
        (3, "the-pseudo-token-was-added"),
        (3, "the-pseudo-token-row-had-a-gradient-at-every-step"),
        (3, "every-step-is-a-fresh-gradient-step"),
        (4, "every-step-is-a-fresh-gradient-step"),
        (4, "only-lora-parameters-had-gradients"),
        (4, "the-adapter-learned"),
        (4, "adapters-start-at-zero"),
        (4, "targets-cover-cross-attention"),
        (4, "lora-size-follows-the-formula"),
        (4, "base-vae-and-clip-are-unchanged"),
    }
}


@dataclass(frozen=True)
class Graded:
    """The reference's run of one lesson: its folder, its result, and the lesson's rubric and checks."""

    folder: Path
    result: dict[str, Any]
    rubric: Rubric
    checks: Path
    wanted: list[list[object]]
    warm: WarmParent

    @property
    def numbers(self) -> list[int]:
        return [exercise.number for exercise in self.rubric.exercises]

    @property
    def replays(self) -> list[dict[str, Any]]:
        return replay_endings(self.rubric, self.folder)

    def earned(self, outcomes: Iterable[list[Any]]) -> Earned:
        """The criteria that score when every exercise ran to its end and these are the judge's outcomes."""
        said = {(number, check.replace("_", "-")): Outcome(**outcome) for number, check, outcome in outcomes}
        completed = {number: ExerciseState("completed") for number in self.numbers}
        exercises, *_ = score_exercises(self.rubric, completed, said)
        return {(e["number"], c["id"]) for e in exercises for c in e["criteria"] if c["score"] > 0}

    def judge_nulls(self, scratch: Path, cases: list[list[str]]) -> list[Earned]:
        """What is still earned when the tensors of a role are replaced by a null, case by case."""
        found = self.warm.call(
            "tests.nulls:judge_nulls", 300.0, run=str(self.folder), scratch=str(scratch), cases=cases,
            checks=str(self.checks), wanted=self.wanted, exercises=self.numbers, replays=self.replays,
        )  # fmt: skip
        return [self.earned(outcomes) for outcomes in found]

    def judge_facts(self, scratch: Path, cases: dict[str, Iterable[dict[str, Any]]]) -> dict[str, Earned]:
        """What is earned on other facts with the same tensors, by name of the case."""
        for name, facts in cases.items():
            lines = "".join(json.dumps(fact) + "\n" for fact in facts)
            (copy_of(self.folder, scratch / name) / "facts.jsonl").write_text(lines)
        found = self.warm.call(
            "tests.nulls:judge_folders", 300.0, folders=[str(scratch / name / "evidence") for name in cases],
            checks=str(self.checks), wanted=self.wanted, exercises=self.numbers, replays=self.replays,
        )  # fmt: skip
        return {name: self.earned(outcomes) for name, outcomes in zip(cases, found, strict=True)}

    @property
    def facts(self) -> list[dict[str, Any]]:
        lines = (self.folder / "evidence" / "facts.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module", params=lessons())
def graded(request, session: Session, warm, tmp_path_factory) -> Graded:
    """Each lesson's reference, graded."""
    slug = request.param
    files = lesson_files(slug)
    notebook = json.loads(files.reference.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = source_of(cell)
        for long, short in SMALLER.get(slug, ()):
            cell["source"] = cell["source"].replace(long, short)
    folder = tmp_path_factory.mktemp(files.stem)
    path = folder / f"{files.stem}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    result = session.grade(str(path), folder / "run", lambda step: None)
    lesson = session.lessons[slug]
    return Graded(folder / "run", result, lesson.rubric, files.checks, lesson.wanted, warm)


def _slug(graded: Graded) -> str:
    return graded.rubric.slug


def test_the_reference_earns_every_automatic_point(graded):
    assert graded.result["state"] == "graded"
    assert graded.result["score"] == graded.result["max_score"] > 0


def test_a_criterion_that_rests_on_a_tensor_earns_nothing_on_a_null(graded, tmp_path):
    rests_on = RESTS_ON[_slug(graded)]
    cases = [[role, null] for role in rests_on for null in NULLS]
    for (role, null), earned in zip(cases, graded.judge_nulls(tmp_path / "nulls", cases), strict=True):
        assert not earned & rests_on[role], f"{role}: {null}"


def test_what_is_earned_without_any_tensor_is_listed(graded, tmp_path):
    (earned,) = graded.judge_nulls(tmp_path / "nulls", [[EVERY, "flat and empty"]])
    assert earned == CLAIMED[_slug(graded)]


def test_without_facts_or_with_loads_alone_nothing_is_earned(graded, tmp_path):
    loads = [fact for fact in graded.facts if fact["kind"] in LOADS]
    earned = graded.judge_facts(tmp_path, {"nothing": [], "loads": loads})
    assert earned == {"nothing": set(), "loads": set()}


def test_one_kind_of_facts_beside_the_loads_earns_nothing(graded, tmp_path):
    kinds = sorted({fact["kind"] for fact in graded.facts} - LOADS)
    alone = {kind: [fact for fact in graded.facts if fact["kind"] in LOADS | {kind}] for kind in kinds}
    for kind, earned in graded.judge_facts(tmp_path, alone).items():
        assert earned <= PROVED_ALONE[_slug(graded)].get(kind, set()), kind


def test_random_numbers_are_no_cosines(graded, tmp_path):
    draw = random.Random(1)
    facts = [fact for fact in graded.facts if fact["kind"] not in ("cosine", "numbers")]
    many = {"kind": "ids", "exercise": 1, "cell": 5, "ids": list(range(1000, 1064))}
    numbers = {"kind": "numbers", "exercise": 1, "cell": 5, "values": [draw.uniform(-1, 1) for _ in range(2000)]}
    earned = graded.judge_facts(tmp_path, {"numbers": [*facts, many, numbers]})
    assert (1, "similarities-are-cosines-of-rows") not in earned["numbers"]


def test_conservation_never_stands_alone(graded):
    """A criterion that says that something stayed as it was waits for a companion that says that something moved."""
    for exercise in graded.rubric.exercises:
        for criterion in exercise.criteria:
            words = ("unchanged", "unaffected", "only-the", "restored", "frozen", "start-at-zero")
            if any(word in criterion.id for word in words):
                assert criterion.requires, f"exercise {exercise.number}: {criterion.id}"
