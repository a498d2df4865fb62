"""Decides what a draft asserts: runs the notebook, asks the judge which assertions hold, and tries first mistakes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.command.lessons import Lesson
from assay.command.session import Result, Session
from assay.course import LessonFiles
from assay.drafting.candidates import STARTING, Chosen, candidates, choose
from assay.drafting.changes import first_changes
from assay.drafting.needs import needs_of
from assay.drafting.outline import Outline
from assay.drafting.texts import Criteria, checks_text, rubric_text
from assay.execution.parent import WarmParent
from assay.failure import Fault
from assay.kit import Kit
from assay.proof import Mistake, Variant, apply
from assay.rubric import load_rubric, verify_checks

SECRET = b"a draft asks nothing that is hidden"
JUDGE_S = 600.0
LIMIT_S = 7200.0  # of the first run, whose length nobody knows yet; the draft's own limits follow from it

Say = Callable[[str], None]


@dataclass(frozen=True)
class Seen:
    """What the first run gave: the criteria of each exercise, and the seconds that the cells took."""

    criteria: Criteria
    seconds: float


@dataclass
class Tried:
    """The mistakes that were caught, and the exercises that run alone, with the cells that they need."""

    mistakes: list[Mistake] = field(default_factory=list)
    alone: dict[int, tuple[str, ...]] = field(default_factory=dict)


class Drafting:
    """The runs for one draft; `reference` is the notebook, `place` a folder for them, `say` tells what goes on."""

    def __init__(self, plan: Outline, reference: Path, kit: Kit, warm: WarmParent, place: Path, say: Say) -> None:
        self._plan, self._reference, self._kit, self._warm = plan, reference, kit, warm
        self._place, self._say = place, say

    def look(self) -> Seen:
        """Run the notebook and keep the assertions that hold.

        Raises:
            Fault: the notebook could not be run on this machine.
        """
        self._say(f"running {self._plan.file} as it is; this takes as long as it takes")
        lesson = self._lesson("first", rubric_text(self._plan, {}, LIMIT_S / 10), checks_text(self._plan, {}))
        result = self._graded(lesson, self._reference, "first")
        for exercise in result["exercises"]:
            reason = f": {exercise['reason']}" if exercise["reason"] else ""
            self._say(f"exercise {exercise['number']} ended as {exercise['state']}{reason}")
        evidence = self._place / "first-run" / "evidence"
        held, solid, idle = (self._hold(one) for one in (evidence, self._facts_only(evidence), self._nothing()))
        criteria: dict[int, list[Chosen]] = {}
        for exercise in self._plan.exercises:
            names = {name: (exercise.number, name) in solid for number, name in held if number == exercise.number}
            criteria[exercise.number] = choose(names, [name for _, name in idle])
        self._say(f"{sum(map(len, criteria.values()))} assertions hold on what was seen")
        return Seen(criteria, result["seconds"]["cells"])

    def try_mistakes(self, seen: Seen, rubric: str, checks: str, tries: int) -> Tried:
        """Run at most `tries` small changes of each exercise; those that a criterion catches which no other did are
        its first mistakes."""
        tried = Tried()
        lesson = self._lesson("draft", rubric, checks)
        notebook = json.loads(self._reference.read_text(encoding="utf-8"))
        for exercise in self._plan.exercises:
            needs = needs_of(notebook, exercise.number)
            plain = Variant("as it is", exercise.number, (), needs)
            if not tries or not seen.criteria.get(exercise.number) or self._failed(lesson, notebook, plain) != set():
                continue
            tried.alone[exercise.number] = needs
            every = {chosen.candidate.name.replace("_", "-") for chosen in seen.criteria[exercise.number]}
            changes = first_changes(notebook, exercise.number, needs, tries)
            tried.mistakes += self._caught(lesson, notebook, changes, every)
        return tried

    def _caught(
        self, lesson: Lesson, notebook: dict[str, Any], changes: Iterable[Variant], every: set[str]
    ) -> list[Mistake]:
        found: list[Mistake] = []
        unproven = set(every)
        for change in changes:
            failed = (self._failed(lesson, notebook, change) or set()) if unproven else set()
            if failed & unproven:
                self._say(f"exercise {change.exercise}: {change.name}: caught by {', '.join(sorted(failed))}")
                found.append(Mistake(change.name, change.exercise, change.edits, frozenset(failed), needs=change.needs))
                unproven -= failed
        return found

    def _failed(self, lesson: Lesson, notebook: dict[str, Any], change: Variant) -> set[str] | None:
        """The automatic criteria that fail with this change; None when the exercise does not come to its end, or one of
        them could not be checked."""
        path = self._place / "changed.ipynb"
        path.write_text(json.dumps(apply(notebook, change)), encoding="utf-8")
        result = self._graded(lesson, path, "changed")
        (own,) = [one for one in result["exercises"] if one["number"] == change.exercise]
        states = {c["id"]: c["state"] for c in own["criteria"] if c["kind"] == "automatic"}
        if own["state"] != "completed" or "unchecked" in states.values():
            return None
        return {name for name, state in states.items() if state == "failed"}

    def _graded(self, lesson: Lesson, path: Path, name: str) -> Result:
        slug = self._plan.slug
        session = Session({slug: lesson}, slug, self._kit, self._warm, "fork", "limits", SECRET, asked_as="a draft")
        folder = self._place / f"{name}-run"
        shutil.rmtree(folder, ignore_errors=True)
        result = session.grade(str(path), folder, lambda step: None)
        if result["state"] not in ("graded", "tampered"):
            raise Fault(f"{self._plan.file} could not be run: {result['reason']}")
        return result

    def _lesson(self, name: str, rubric: str, checks: str) -> Lesson:
        folder, stem = self._place / name, self._plan.stem
        folder.mkdir()
        files = LessonFiles(
            self._plan.slug, stem, folder / f"{stem}.py", folder / f"{stem}.yaml", self._reference
        )  # fmt: skip
        files.rubric.write_text(rubric, encoding="utf-8")
        files.checks.write_text(checks, encoding="utf-8")
        return Lesson(files, verify_checks(load_rubric(files.rubric), files.checks))

    def _hold(self, evidence: Path) -> set[tuple[int, str]]:
        """(exercise, name) of every candidate that passes on this evidence."""
        numbers = [exercise.number for exercise in self._plan.exercises]
        said = self._warm.call(
            "assay.judging.court:judge", JUDGE_S, evidence=str(evidence), checks=str(STARTING), exercises=numbers,
            wanted=[[number, name] for number in numbers for name in candidates()],
        )  # fmt: skip
        return {(number, name) for number, name, outcome in said["outcomes"] if outcome["state"] == "passed"}

    def _facts_only(self, evidence: Path) -> Path:
        """The same evidence without any tensor: what still passes rests on what the notebook's own process said."""
        folder = self._place / "facts" / "evidence"
        folder.mkdir(parents=True)
        shutil.copy(evidence / "facts.jsonl", folder)
        return folder

    def _nothing(self) -> Path:
        folder = self._place / "nothing" / "evidence"
        folder.mkdir(parents=True)
        (folder / "facts.jsonl").touch()
        return folder
