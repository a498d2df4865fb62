"""Evidence that proves nothing earns nothing: for every check of every lesson, and for the whole rubric at once.

One run of each lesson's reference notebook, with small pictures, is graded with full marks. Then its tensors are
replaced by zeros, ones, NaN, infinities, nothing, and single numbers, and its facts are taken away.
"""

from __future__ import annotations

import json
import random
import runpy
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nulls import EVERY, NULLS, copy_of

from assay.command.lessons import Lesson
from assay.command.session import Session
from assay.command.verdict import call_judge, replay_endings
from assay.course import lesson_files, lessons
from assay.execution.parent import WarmParent
from assay.proof import source_of
from assay.rubric import ExerciseState, Outcome, Rubric, score_exercises

pytestmark = pytest.mark.slow

Earned = set[tuple[int, str]]

LOADS = {"load", "tokenizer"}


def table(slug: str, name: str, missing: Any = None) -> Any:
    """A table of tests/nulls_<stem>.py: what the lesson's criteria rest on."""
    tables = runpy.run_path(str(Path(__file__).parent / f"nulls_{slug.replace('-', '_')}.py"))
    return tables[name] if missing is None else tables.get(name, missing)


@dataclass(frozen=True)
class Graded:
    """The reference's run of one lesson: its folder, its result, and the lesson."""

    folder: Path
    result: dict[str, Any]
    lesson: Lesson
    warm: WarmParent

    @property
    def rubric(self) -> Rubric:
        return self.lesson.rubric

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
            checks=str(self.lesson.files.checks), wanted=self.lesson.wanted, exercises=self.numbers,
            replays=self.replays,
        )  # fmt: skip
        return [self.earned(outcomes) for outcomes in found]

    def judge_facts(self, scratch: Path, cases: dict[str, Iterable[dict[str, Any]]]) -> dict[str, Earned]:
        """What is earned on other facts with the same tensors but without replays, by name of the case."""
        for name, facts in cases.items():
            lines = "".join(json.dumps(fact) + "\n" for fact in facts)
            (copy_of(self.folder, scratch / name) / "facts.jsonl").write_text(lines)
        found = self.warm.call(
            "tests.nulls:judge_folders", 300.0, folders=[str(scratch / name / "evidence") for name in cases],
            checks=str(self.lesson.files.checks), wanted=self.lesson.wanted, exercises=self.numbers, replays=[],
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
        for long, short in table(slug, "SMALLER"):
            cell["source"] = cell["source"].replace(long, short)
    folder = tmp_path_factory.mktemp(files.stem)
    path = folder / f"{files.stem}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    result = session.grade(str(path), folder / "run", lambda step: None)
    return Graded(folder / "run", result, session.lessons[slug], warm)


def _slug(graded: Graded) -> str:
    return graded.rubric.slug


def test_the_reference_earns_every_automatic_point(graded):
    assert graded.result["state"] == "graded"
    assert graded.result["score"] == graded.result["max_score"] > 0


def test_a_judge_that_stands_by_says_what_a_fresh_one_says(graded, tmp_path):
    (copied := copy_of(graded.folder, tmp_path / "half")).joinpath("facts.jsonl").write_text(
        "".join(json.dumps(fact) + "\n" for fact in graded.facts[: len(graded.facts) // 2])
    )
    for evidence in (graded.folder / "evidence", copied):
        fresh = graded.warm.call(
            "assay.judging.court:judge", 300.0, evidence=str(evidence), checks=str(graded.lesson.files.checks),
            wanted=graded.lesson.wanted, exercises=graded.numbers, replays=graded.replays,
        )  # fmt: skip
        standing = call_judge(graded.lesson, graded.warm, evidence=str(evidence), replays=graded.replays)
        assert (standing["outcomes"], standing["exhibits"]) == (fresh["outcomes"], fresh["exhibits"])


def test_a_criterion_that_rests_on_a_tensor_earns_nothing_on_a_null(graded, tmp_path):
    rests_on = table(_slug(graded), "RESTS_ON")
    cases = [[role, null] for role in rests_on for null in NULLS]
    for (role, null), earned in zip(cases, graded.judge_nulls(tmp_path / "nulls", cases), strict=True):
        still = earned & rests_on[role]
        assert not still, f"{role}: {null}"


def test_what_is_earned_without_any_tensor_is_declared_a_claim(graded, tmp_path):
    """Besides what the rubric calls a claim, only numbers that the judge computes again from copies of its own."""
    (earned,) = graded.judge_nulls(tmp_path / "nulls", [[EVERY, "flat and empty"]])
    claims = {(e.number, c.id) for e in graded.rubric.exercises for c in e.criteria if c.claim_only}
    assert earned == claims | table(_slug(graded), "RECOMPUTED", set())


def test_without_facts_or_with_loads_alone_nothing_is_earned(graded, tmp_path):
    loads = [fact for fact in graded.facts if fact["kind"] in LOADS]
    earned = graded.judge_facts(tmp_path, {"nothing": [], "loads": loads})
    assert earned == {"nothing": set(), "loads": set()}


def test_one_kind_of_facts_beside_the_loads_earns_nothing(graded, tmp_path):
    kinds = sorted({fact["kind"] for fact in graded.facts} - LOADS)
    alone = {kind: [fact for fact in graded.facts if fact["kind"] in LOADS | {kind}] for kind in kinds}
    for kind, earned in graded.judge_facts(tmp_path, alone).items():
        assert earned <= table(_slug(graded), "PROVED_ALONE").get(kind, set()), kind


def test_random_numbers_are_no_cosines(graded, tmp_path):
    if not any(c.id == "similarities-are-cosines-of-rows" for c in graded.rubric.exercises[0].criteria):
        return  # the lesson asks for no cosines of rows
    draw = random.Random(1)
    facts = [fact for fact in graded.facts if fact["kind"] not in ("cosine", "numbers")]
    many = {"kind": "ids", "exercise": 1, "cell": 5, "ids": list(range(1000, 1064))}
    numbers = {"kind": "numbers", "exercise": 1, "cell": 5, "values": [draw.uniform(-1, 1) for _ in range(2000)]}
    earned = graded.judge_facts(tmp_path, {"numbers": [*facts, many, numbers]})
    assert (1, "similarities-are-cosines-of-rows") not in earned["numbers"]
